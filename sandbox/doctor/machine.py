"""Looking at the machine itself; nothing here changes it."""

import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path

from sandbox import commands, paths
from sandbox.cluster import cgroups
from sandbox.doctor.finding import Finding, State
from sandbox.packages import apt, private
from sandbox.packages.catalog import NODE, Group

MINIMUM_MEMORY_GIB = 4.0

_ARCHITECTURES = ("x86_64", "aarch64")
_BASE_PROGRAMS = ("ip", "mount", "nsenter", "unshare")


def operating_system(system: str | None = None, machine: str | None = None) -> Finding:
    """Linux on a processor that its packages exist for."""
    system, machine = system or platform.system(), machine or platform.machine()
    fits = system == "Linux" and machine in _ARCHITECTURES
    fix = "" if fits else "use Linux on x86_64 or aarch64, for example in a virtual machine"
    return Finding("Linux", State.FOUND if fits else State.MISSING, f"{system} {machine}", fix)


def python(version: tuple[int, int] | None = None) -> Finding:
    """Look for a Python that the project runs with."""
    major, minor = version or sys.version_info[:2]
    fits = (3, 11) <= (major, minor) < (3, 14)
    fix = "" if fits else "install Python 3.11, 3.12 or 3.13 and name it: make PYTHON=python3.11"
    return Finding("Python 3.11 to 3.13", State.FOUND if fits else State.MISSING, f"{major}.{minor}", fix)


def administrator(user: int | None = None) -> Finding:
    """Look for the rights to start containers."""
    is_root = (os.geteuid() if user is None else user) == 0
    fix = "" if is_root else 'sudo -E env "PATH=$PATH" make up'
    return Finding("root", State.FOUND if is_root else State.MISSING, "yes" if is_root else "no", fix)


def base_programs() -> Finding:
    """Programs of every Linux that containers need to be started."""
    absent = [name for name in _BASE_PROGRAMS if shutil.which(name, path=private.environment()["PATH"]) is None]
    fix = "apt-get install iproute2 mount util-linux" if absent else ""
    found = f"no {', '.join(absent)}" if absent else ", ".join(_BASE_PROGRAMS)
    return Finding("base programs", State.MISSING if absent else State.FOUND, found, fix)


def overlay_mounts(folder: Path | None = None) -> Finding:
    """Overlay mounts in the folder of the containers: they are tried where nobody else sees them."""
    place = nearest_existing(folder or paths.state_root())
    name = "overlay mounts"
    script = 'cd "$1" && mkdir lower upper work merged && mount -t overlay overlay -o "$2" merged'
    options = "lowerdir=lower,upperdir=upper,workdir=work"
    try:
        with tempfile.TemporaryDirectory(prefix=".overlay-", dir=place) as trial:
            shell = ["/bin/sh", "-c", script, "trial", trial, options]
            commands.run(["unshare", "--mount", "--propagation", "private", *shell], timeout_seconds=30)
    except (commands.CommandError, OSError) as error:
        reason = str(error).strip().splitlines()[-1].strip()
        fix = "export MLOPS_SANDBOX_STATE=<a folder on ext4 or xfs>; in a container: run it privileged"
        return Finding(name, State.MISSING, f"refused in {place}: {reason}", fix)
    return Finding(name, State.FOUND, f"work in {place}")


def control_groups(root: Path = cgroups.ROOT) -> Finding:
    """Control groups, version 1 or 2, with what Kubernetes needs of them, and writable."""
    absent = cgroups.missing_controllers(root)
    version = "version 2" if cgroups.is_unified(root) else "version 1"
    if absent:
        fix = "mount them: apt-get install cgroupfs-mount && cgroupfs-mount"
        return Finding("control groups", State.MISSING, f"no {', '.join(absent)} in {root}", fix)
    if not os.access(root, os.W_OK):
        fix = "in a container: docker run --privileged --cgroupns=host"
        return Finding("control groups", State.MISSING, f"{version}, read-only", fix)
    return Finding("control groups", State.FOUND, version)


def node_programs() -> Finding:
    """containerd, runc, network plugins and nft."""
    return packaged("containers", NODE)


def memory(information: str | None = None) -> Finding:
    """Memory for the cluster, the registry and a training run."""
    text = information if information is not None else Path("/proc/meminfo").read_text()
    available = next(int(line.split()[1]) for line in text.splitlines() if line.startswith("MemAvailable:")) / 2**20
    fits = available >= MINIMUM_MEMORY_GIB
    return Finding(
        f"{MINIMUM_MEMORY_GIB:.0f} GiB of memory",
        State.FOUND if fits else State.NOTED,
        f"{available:.1f} GiB available" + ("" if fits else "; training may be ended for lack of memory"),
        "" if fits else "end other programs, or give the machine more",
    )


def packaged(name: str, group: Group) -> Finding:
    """Programs of a group of packages: there, or fetched with apt."""
    absent = private.missing(group)
    if not absent:
        return Finding(name, State.FOUND, ", ".join(group.packages))
    listed = ", ".join(absent)
    if apt.is_available():
        return Finding(name, State.NOTED, f"{listed} not there; fetched with apt and unpacked privately, not installed")
    return Finding(name, State.MISSING, f"no {listed}, and no apt to fetch them", f"install {' '.join(group.packages)}")


def nearest_existing(folder: Path) -> Path:
    """Return the folder, or the nearest above it that exists already."""
    return next(path for path in (folder, *folder.parents) if path.is_dir())
