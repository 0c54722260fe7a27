"""Programs of the distribution, unpacked into a private folder of the cache instead of installed.

Installing containerd would start a service and may push out the one of an installed Docker.
"""

import functools
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

from sandbox import commands, paths, progress
from sandbox.errors import SandboxError
from sandbox.files import exclusive, write_atomically
from sandbox.packages import apt
from sandbox.packages.catalog import CNI_PROGRAMS, GROUPS, NODE, Group, group_of

_FOLDERS = ("usr/sbin", "usr/bin", "sbin", "bin")
_CNI_FOLDERS = ("/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni")
_COMPLETE = "packages"


def tool(name: str) -> Path:
    """Path of a program: the one on PATH when it works, else one that is fetched now.

    Args:
        name: A program of the catalogue, such as `buildah`.

    Raises:
        SandboxError: When it is neither there nor can be fetched.
    """
    found = find(name)
    if found is None:
        ensure(group_of(name))
        found = find(name)
    if found is None:
        raise SandboxError(
            f"{name}: not in the packages {', '.join(group_of(name).packages)} of this distribution",
            f"install {name} and put it on PATH",
        )
    return found


def find(name: str) -> Path | None:
    """Path of a program, without fetching anything; None when it is not there."""
    on_path = shutil.which(name, path=_users_path())
    if on_path and _works(on_path):
        return Path(on_path)
    group = group_of(name)
    root = private_root(group)
    if not _is_complete(group):
        return None
    return next((path for folder in _FOLDERS if (path := root / folder / name).is_file()), None)


def _users_path() -> str:
    """Return PATH without the folder that `sandbox env` puts there: what stands in it calls what is looked for here."""
    own = str(paths.builder_folder())
    return os.pathsep.join(entry for entry in os.environ.get("PATH", os.defpath).split(os.pathsep) if entry != own)


def cni_folder() -> Path | None:
    """Folder that holds the network plugins, without fetching anything; None when there is none."""
    folders = [Path(folder) for folder in _CNI_FOLDERS]
    if _is_complete(NODE):
        folders.append(private_root(NODE) / "usr/lib/cni")
    return next((folder for folder in folders if all((folder / name).is_file() for name in CNI_PROGRAMS)), None)


def missing(group: Group) -> list[str]:
    """Programs of a group that are neither on PATH nor unpacked."""
    absent = [name for name in group.programs if find(name) is None]
    if group is NODE and cni_folder() is None:
        absent += CNI_PROGRAMS
    return absent


def ensure(group: Group) -> None:
    """Fetch a group's packages unless all of its programs are there already.

    Args:
        group: One of the catalogue's.

    Raises:
        SandboxError: When a program is missing and this machine has no apt.
    """
    absent = missing(group)
    if not absent:
        return
    if not apt.is_available():
        raise SandboxError(
            f"to {group.purpose}: {', '.join(absent)} not found, and this machine has no apt to fetch them",
            f"install {', '.join(absent)}, or use a cluster of your own with MLOPS_KUBE_CONTEXT",
        )
    root = private_root(group)
    with exclusive(paths.claim(paths.cache_root()) / "locks" / f"packages-{group.name}", "fetching packages"):
        if _is_complete(group):
            return
        name = f"fetch {', '.join(group.packages)} ({group.purpose}; unpacked, not installed)"
        if not progress.is_terminal():
            progress.say(f"  {name}")  # a log shows a step at its end, and this is to be said before it is done
        with progress.step(name) as current:
            count, size_mib = _unpack(group, root.parent, current)
            current.note(f"{count} packages, {size_mib:.0f} MiB")


def private_root(group: Group) -> Path:
    """Folder that a group's packages are unpacked into, as `/` would be; it may not exist."""
    release = platform.freedesktop_os_release()
    key = "\n".join([release.get("ID", ""), release.get("VERSION_ID", ""), platform.machine(), *group.packages])
    digest = hashlib.sha256(key.encode()).hexdigest()[:16]
    return paths.cache_root() / "packages" / f"{group.name}-{digest}" / "root"


def environment() -> dict[str, str]:
    """Variables that programs from the private folders need: PATH, and the libraries beside them."""
    roots = [root for group in GROUPS if (root := private_root(group)).is_dir()]
    # /usr/sbin is not on the PATH of every user, and `nft`, `mount` and `ip` live there.
    path = [os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"]
    variables = {"PATH": os.pathsep.join([str(root / folder) for root in roots for folder in _FOLDERS] + path)}
    libraries = [folder for root in roots for folder in _library_folders(root)]
    if libraries:
        variables["LD_LIBRARY_PATH"] = os.pathsep.join(map(str, libraries))
    perl = [folder for root in roots if (folder := root / "usr/share/perl5").is_dir()]
    if perl:
        variables["PERL5LIB"] = os.pathsep.join(map(str, perl))
    return variables


def _is_complete(group: Group) -> bool:
    """Whether a group was unpacked to the end; a kill may leave half of it."""
    return (private_root(group).parent / _COMPLETE).is_file()


def _library_folders(root: Path) -> list[Path]:
    triplet = f"{platform.machine()}-linux-gnu"
    return [folder for part in ("usr/lib", "lib") if (folder := root / part / triplet).is_dir()]


def _unpack(group: Group, folder: Path, current: progress.Step) -> tuple[int, float]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    root = folder / "root"
    # Within the folder, so that the next try clears away what a killed one left.
    with tempfile.TemporaryDirectory(prefix="apt-", dir=folder) as work:
        unpacked = apt.unpack(group.packages, root, Path(work), current)
    write_atomically(folder / _COMPLETE, "\n".join(unpacked) + "\n")
    size = sum(path.lstat().st_size for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    return len(unpacked), size / 2**20


@functools.cache
def _works(program: str) -> bool:
    option = "-h" if program.endswith("containerd-shim-runc-v2") else "--version"
    try:
        commands.run([program, option], timeout_seconds=20)
    except (commands.CommandError, subprocess.SubprocessError):
        return False
    return True
