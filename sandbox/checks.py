"""Looking for each prerequisite of the sandbox; nothing here changes the machine."""

import ipaddress
import os
import platform
import re
import shutil
import socket
import struct
import sys
import tempfile
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import yaml

from sandbox import commands, paths, versions
from sandbox.cluster import build, cgroups, lifecycle, settings, users_context
from sandbox.cluster.target import Cluster
from sandbox.engine import build as engine_build
from sandbox.engine import current_engine
from sandbox.errors import SandboxError
from sandbox.packages import apt, private
from sandbox.packages.catalog import NODE, Group

MINIMUM_MEMORY_GIB = 4.0

_ARCHITECTURES = ("x86_64", "aarch64")
_BASE_PROGRAMS = ("ip", "mount", "nsenter", "unshare")
_GETGEN, _NEWGEN = (10 << 8) | 16, (10 << 8) | 15


class State(str, Enum):
    """How a prerequisite stands."""

    FOUND = "found"
    NOTED = "noted"
    """Not there, but it is fetched or made, or there is another way."""
    MISSING = "missing"


@dataclass(frozen=True)
class Finding:
    """What was found of one prerequisite.

    Attributes:
        name: The prerequisite.
        state: How it stands.
        found: What is there instead, or which one.
        fix: The one command that mends it; empty when nothing is to be mended.
    """

    name: str
    state: State
    found: str
    fix: str = ""


def operating_system(system: str | None = None, machine: str | None = None) -> Finding:
    """Linux on a processor that its packages exist for."""
    system, machine = system or platform.system(), machine or platform.machine()
    fits = system == "Linux" and machine in _ARCHITECTURES
    fix = "" if fits else "use Linux on x86_64 or aarch64, for example in a virtual machine"
    return Finding("Linux", State.FOUND if fits else State.MISSING, f"{system} {machine}", fix)


def python(version: tuple[int, int] | None = None) -> Finding:
    """A Python that the project runs with."""
    major, minor = version or sys.version_info[:2]
    fits = (3, 11) <= (major, minor) < (3, 14)
    fix = "" if fits else "install Python 3.11, 3.12 or 3.13 and name it: make PYTHON=python3.11"
    return Finding("Python 3.11 to 3.13", State.FOUND if fits else State.MISSING, f"{major}.{minor}", fix)


def pulumi() -> Finding:
    """Pulumi, which is built from its Go module where there is none."""
    engine = current_engine()
    if engine is not None and not engine.is_built:
        return Finding("Pulumi", State.FOUND, f"{engine.version} (yours: {engine.pulumi})")
    if engine_build.is_built():
        return Finding("Pulumi", State.FOUND, f"{versions.PULUMI} (compiled, in {paths.cache_root()})")
    return Finding("Pulumi", State.NOTED, f"not on PATH; {versions.PULUMI} is compiled, about four minutes, once")


def engine_is_lacking() -> bool:
    """Whether Pulumi must be compiled: there is none of the user's own, and none in the cache."""
    engine = current_engine()
    return (engine is None or engine.is_built) and not engine_build.is_built()


def node_is_lacking() -> bool:
    """Whether Kubernetes must be compiled."""
    return build.built() is None


def compiler(go_version: str | None = None, *, engine: bool = True, node: bool = True) -> Finding:
    """Go, while there is something left to compile.

    Args:
        go_version: What `go env GOVERSION` prints; asked for by default.
        engine: Whether the Pulumi engine is wanted.
        node: Whether a node of the sandbox is wanted.
    """
    name = f"Go {'.'.join(map(str, versions.GO_MINIMUM))}"
    if not (engine and engine_is_lacking()) and not (node and node_is_lacking()):
        return Finding(name, State.FOUND, "not needed: there is nothing to compile")
    fix = "install it from https://go.dev/dl/ and put it on PATH"
    if go_version is None:
        try:
            go_version = commands.run(["go", "env", "GOVERSION"], folder=paths.sources(), timeout_seconds=60)
        except commands.CommandError:
            return Finding(name, State.MISSING, "no go on PATH", fix)
    match = re.match(r"go(\d+)\.(\d+)(?:\.(\d+))?", go_version.strip())
    fits = match is not None and tuple(int(part or 0) for part in match.groups()) >= versions.GO_MINIMUM
    return Finding(name, State.FOUND if fits else State.MISSING, go_version.strip(), "" if fits else fix)


def administrator(user: int | None = None) -> Finding:
    """The rights to start containers."""
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


def nftables() -> Finding:
    """The kernel's packet filter, asked for directly: no program is needed to find it."""
    name = "nftables in the kernel"
    fix = "modprobe nf_tables"
    # A netlink message without attributes: its header, then family, version and resource.
    question = struct.pack("=IHHIIBBH", 20, _GETGEN, 1, 1, 0, 0, 0, 0)
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) as connection:
            connection.settimeout(5)
            connection.bind((0, 0))
            connection.send(question)
            answer = connection.recv(4096)
    except OSError as error:
        return Finding(name, State.MISSING, str(error), fix)
    (kind,) = struct.unpack_from("=H", answer, 4)
    if kind != _NEWGEN:
        (code,) = struct.unpack_from("=i", answer, 16)
        return Finding(name, State.MISSING, os.strerror(-code), fix)
    return Finding(name, State.FOUND, "yes")


def node_programs() -> Finding:
    """containerd, runc, network plugins and nft."""
    return packaged("containers", NODE)


def addresses(routes: str | None = None) -> Finding:
    """Whether the cluster's address ranges are free on this machine."""
    ranges = (settings.POD_RANGE, settings.SERVICE_RANGE, f"{settings.NODE_ADDRESS}/32")
    name = "free address ranges"
    if routes is None:
        if _cluster_runs():
            return Finding(name, State.FOUND, "in use by the sandbox itself")
        routes = Path("/proc/net/route").read_text()
    taken = [
        f"{network} ({interface})"
        for interface, network in _networks(routes)
        if any(network.overlaps(ipaddress.IPv4Network(ours)) for ours in ranges)
    ]
    if taken:
        fix = f"use a cluster of your own: {users_context.VARIABLE}=<context> make up"
        return Finding(name, State.MISSING, f"routes of this machine overlap them: {', '.join(taken)}", fix)
    return Finding(name, State.FOUND, ", ".join(ranges))


def ports() -> Finding:
    """Whether the cluster's ports on 127.0.0.1 are free."""
    name = "free ports"
    if _cluster_runs():
        return Finding(name, State.FOUND, "in use by the sandbox itself")
    taken = [port for port in settings.LOCAL_PORTS if not _is_free(port)]
    if taken:
        listed = ", ".join(map(str, taken))
        filters = " or ".join(f"sport = :{port}" for port in taken)
        return Finding(
            name, State.MISSING, f"in use on 127.0.0.1: {listed}", f"end what holds them: ss -ltnp '{filters}'"
        )
    return Finding(name, State.FOUND, f"{len(settings.LOCAL_PORTS)} on 127.0.0.1")


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


def users_cluster(context: str) -> Finding:
    """Whether the cluster of a context answers."""
    name = f"context {context}"
    try:
        document = users_context.extract(context, users_context.files_for(context, os.environ))
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "kubeconfig"
            copy.touch(mode=0o600)
            copy.write_text(yaml.safe_dump(document))
            users_context.check_answers(Cluster(context, copy))
    except SandboxError as error:
        return Finding(name, State.MISSING, " ".join(error.problem.split()), error.fix)
    return Finding(name, State.FOUND, "its cluster answers")


def packaged(name: str, group: Group) -> Finding:
    """Programs of a group of packages: there, or fetched with apt."""
    absent = private.missing(group)
    if not absent:
        return Finding(name, State.FOUND, ", ".join(group.packages))
    listed = ", ".join(absent)
    if apt.is_available():
        return Finding(name, State.NOTED, f"{listed} not there; fetched with apt and unpacked privately, not installed")
    return Finding(name, State.MISSING, f"no {listed}, and no apt to fetch them", f"install {' '.join(group.packages)}")


def _networks(routes: str) -> list[tuple[str, ipaddress.IPv4Network]]:
    """Reads /proc/net/route: every route but the way out, and those of the pods themselves."""
    found = []
    for line in routes.splitlines()[1:]:
        interface, destination, *others = line.split()
        mask = others[5]
        address = socket.inet_ntoa(struct.pack("<I", int(destination, 16)))
        network = ipaddress.IPv4Network((address, socket.inet_ntoa(struct.pack("<I", int(mask, 16)))))
        if network.prefixlen > 0:
            found.append((interface, network))
    return found


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            connection.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _cluster_runs() -> bool:
    return any(program.pid is not None for program in lifecycle.status()) or bool(cgroups.members(cgroups.PROGRAMS))


def nearest_existing(folder: Path) -> Path:
    """The folder, or the nearest above it that exists already."""
    return next(path for path in (folder, *folder.parents) if path.is_dir())
