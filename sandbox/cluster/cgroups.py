"""The cluster's control groups: one for its programs, one for its pods, in every hierarchy of the machine.

They are also the list of everything that the cluster ever started: what is in them is ended with it.
"""

import contextlib
import os
import signal
import time
from pathlib import Path

from sandbox.cluster import settings
from sandbox.errors import SandboxError

ROOT = Path("/sys/fs/cgroup")
PROGRAMS = "programs"
PODS = "node"

_CPUSET_FILES = ("cpuset.cpus", "cpuset.mems")
_CONTROLLERS = ("cpu", "cpuset", "memory", "hugetlb", "pids", "io")
_NEEDED = ("cpu", "cpuset", "memory", "pids")


def is_unified(root: Path = ROOT) -> bool:
    """Whether the machine has control groups of version 2."""
    return (root / "cgroup.controllers").is_file()


def missing_controllers(root: Path = ROOT) -> list[str]:
    """Return the controllers that Kubernetes needs and the machine does not offer."""
    if is_unified(root):
        offered = (root / "cgroup.controllers").read_text().split()
    else:
        offered = [name for folder in _hierarchies(root) for name in folder.name.split(",")]
    return [name for name in _NEEDED if name not in offered]


def controllers_to_enable(root: Path = ROOT) -> list[str]:
    """Return the controllers that groups below the root do not get yet; none with version 1."""
    if not is_unified(root):
        return []
    offered = (root / "cgroup.controllers").read_text().split()
    enabled = (root / "cgroup.subtree_control").read_text().split()
    return [name for name in _CONTROLLERS if name in offered and name not in enabled]


def create(root: Path = ROOT) -> None:
    """Make the groups, where they are missing."""
    for hierarchy in _hierarchies(root):
        top = hierarchy / settings.CGROUP
        for group in (top, top / PROGRAMS, top / PODS):
            group.mkdir(exist_ok=True)
            for name in _CPUSET_FILES:
                _inherit(group / name)
        if is_unified(root):
            offered = (root / "cgroup.controllers").read_text().split()
            wanted = [f"+{name}" for name in _CONTROLLERS if name in offered]
            for folder in (root, top):
                (folder / "cgroup.subtree_control").write_text(" ".join(wanted))


def program_files(root: Path = ROOT) -> list[Path]:
    """Return the files that a program joins the cluster's groups by."""
    wanted = ("pids", "memory")  # one is enough to find it again; the other bounds what it is counted by
    hierarchies = [folder for folder in _hierarchies(root) if is_unified(root) or folder.name in wanted]
    return [folder / settings.CGROUP / PROGRAMS / "cgroup.procs" for folder in hierarchies]


def members(part: str, root: Path = ROOT) -> set[int]:
    """Ids of all processes in one of the groups and those below it."""
    pids: set[int] = set()
    for hierarchy in _hierarchies(root):
        for folder, _, _ in os.walk(hierarchy / settings.CGROUP / part):  # groups vanish while they are walked through
            with contextlib.suppress(OSError):
                pids.update(int(line) for line in Path(folder, "cgroup.procs").read_text().split())
    return pids


def end_members(part: str, grace_seconds: float, root: Path = ROOT) -> None:
    """End every process in one of the groups.

    Args:
        part: `PROGRAMS` or `PODS`.
        grace_seconds: How long they may take to end by themselves.
        root: Where control groups are mounted.

    Raises:
        SandboxError: When some cannot be ended.
    """
    if grace_seconds > 0:
        _send(members(part, root), signal.SIGTERM)
        if _empty_within(part, grace_seconds, root):
            return
    for _ in range(50):  # a process may start another just before it ends
        _send(members(part, root), signal.SIGKILL)
        if _empty_within(part, 0.2, root):
            return
    raise SandboxError(
        f"control group /{settings.CGROUP}/{part}: processes {sorted(members(part, root))} do not end",
        "look at them with `ps`; a process in state D waits for the kernel",
    )


def remove(root: Path = ROOT) -> None:
    """Remove the groups and all below them; they must be empty of processes.

    Raises:
        SandboxError: When one stays busy.
    """
    # Where both versions are mounted, the container runtime makes groups in `unified` too, which we never join.
    for hierarchy in {*_hierarchies(root), root / "unified"}:
        top = hierarchy / settings.CGROUP
        for folder, _, _ in os.walk(top, topdown=False):
            _remove_folder(Path(folder))


def disable_controllers(names: list[str], root: Path = ROOT) -> None:
    """Take controllers back that `create` enabled; one that others have come to use stays."""
    for name in names:
        with contextlib.suppress(OSError):
            (root / "cgroup.subtree_control").write_text(f"-{name}")


def _hierarchies(root: Path) -> list[Path]:
    if is_unified(root):
        return [root]
    # `cpu,cpuacct` is one hierarchy with links from its two names; `unified` holds no controllers.
    folders = (folder for folder in sorted(root.iterdir()) if not folder.is_symlink()) if root.is_dir() else iter(())
    return [folder for folder in folders if (folder / "cgroup.procs").is_file() and folder.name != "unified"]


def _inherit(path: Path) -> None:
    """Fill in a file that version 1 leaves empty, and that no process can join a group without."""
    if not path.is_file():
        return
    parent = path.parent.parent / path.name
    if parent.is_file() and not path.read_text().strip():
        path.write_text(parent.read_text())


def _send(pids: set[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _empty_within(part: str, seconds: float, root: Path) -> bool:
    deadline = time.monotonic() + seconds
    while members(part, root):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _remove_folder(folder: Path) -> None:
    for _ in range(100):
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError:  # the last process is still on its way out
            time.sleep(0.02)
        else:
            return
    raise SandboxError(f"control group {folder}: still busy", "run `python -m sandbox down` again")
