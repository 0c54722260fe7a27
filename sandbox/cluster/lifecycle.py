"""Bringing the one-node cluster up, looking at it and taking it down; each can be killed at any moment."""

import contextlib
import shutil
from dataclasses import dataclass
from pathlib import Path

import yaml

from sandbox import paths, progress
from sandbox.cluster import build, cgroups, journal, kubeconfig, machine, node, processes
from sandbox.cluster.journal import Journal
from sandbox.cluster.layout import Layout
from sandbox.cluster.programs import STOP_ORDER
from sandbox.cluster.target import SANDBOX_CONTEXT, Cluster
from sandbox.errors import SandboxError
from sandbox.files import exclusive, write_atomically
from sandbox.packages import private
from sandbox.packages.catalog import NODE

LOCK = Path("/run/lock/pulumi-mlops-sandbox")
_GRACE_SECONDS = 5.0


@dataclass(frozen=True)
class ProgramStatus:
    """One program of the cluster, as it is now.

    Attributes:
        name: The program's name.
        pid: Its process; None when it does not run.
    """

    name: str
    pid: int | None


def up() -> Cluster:
    """Brings the cluster up, or finds it up already.

    Returns:
        The cluster, ready for pods.

    Raises:
        SandboxError: When something is missing, or a program does not become ready.
    """
    layout = Layout.of_state_root()
    paths.claim(paths.state_root())
    private.ensure(NODE)
    binaries = build.ensure()
    with _lock():
        _leave_no_other(layout)
        current_node = node.Node(layout, binaries)
        generation = current_node.generation()
        if _generation(layout) == generation and current_node.is_ready():
            progress.say("✓ cluster: already up")
            _publish(layout)
            return of_sandbox()
        with progress.step("start the cluster") as current:
            if _generation(layout) != generation:
                node.stop(layout, _GRACE_SECONDS)
            current_node.write_files()
            _change_machine(layout)
            write_atomically(layout.generation, current_node.generation())
            current_node.start(current)
            _publish(layout)
            current.note("ready")
    return of_sandbox()


def down(*, keep_data: bool = False) -> None:
    """End the cluster and put the machine back as it was.

    Args:
        keep_data: Keeps the cluster's objects, images and volumes for the next `up`.

    Raises:
        SandboxError: When something does not end.
    """
    layout = Layout.of_state_root()
    if not layout.root.exists() and not _is_owner(layout):
        _clear_lock()
        return
    with _lock(), progress.step("stop the cluster"):
        _stop_and_restore(layout, _GRACE_SECONDS if keep_data else 0.0)
        kubeconfig.withdraw(SANDBOX_CONTEXT)
        if not keep_data and layout.root.exists():
            shutil.rmtree(layout.root)
        LOCK.unlink(missing_ok=True)


def status() -> list[ProgramStatus]:
    """Which of the cluster's programs run."""
    records = Layout.of_state_root().records
    found = {name: processes.running(records, name) for name in STOP_ORDER}
    return [ProgramStatus(name, identity.pid if identity else None) for name, identity in found.items()]


def is_ready() -> bool:
    """Whether the cluster runs and takes pods."""
    layout, binaries = Layout.of_state_root(), build.built()
    if binaries is None or not layout.generation.exists() or private.missing(NODE):
        return False
    return node.Node(layout, binaries).is_ready()


def of_sandbox() -> Cluster:
    """Return the sandbox's own cluster, whether it runs or not."""
    return Cluster(SANDBOX_CONTEXT, paths.kubeconfig(), Layout.of_state_root().containerd_socket)


def of_context(context: str) -> Cluster:
    """Return a cluster of the user's own, whose context was copied before."""
    return Cluster(context, paths.kubeconfig())


def _lock() -> contextlib.AbstractContextManager[None]:
    """There is one node on a machine, whoever started it: so is the lock."""
    return exclusive(LOCK, "the cluster")


def _clear_lock() -> None:
    """Remove the lock of a start that was killed before it had made anything, and none that somebody holds."""
    if LOCK.exists():
        with contextlib.suppress(SandboxError, OSError), exclusive(LOCK, "the cluster", wait_seconds=0.0):
            LOCK.unlink(missing_ok=True)


def _publish(layout: Layout) -> None:
    """Give people the kubeconfig."""
    kubeconfig.publish(yaml.safe_load(layout.kubeconfig("admin").read_text()))


def _generation(layout: Layout) -> str | None:
    return layout.generation.read_text() if layout.generation.exists() else None


def _change_machine(layout: Layout) -> None:
    boot = processes.BOOT_ID.read_text().strip()
    found = journal.load(layout.journal, boot) or Journal(cluster=str(layout.root), boot=boot)
    machine.prepare(layout, found)


def _stop_and_restore(layout: Layout, grace_seconds: float) -> None:
    node.stop(layout, grace_seconds)
    found = journal.load(layout.journal, processes.BOOT_ID.read_text().strip())
    if found is not None:
        machine.restore(found)
        journal.forget(layout.journal)
    layout.generation.unlink(missing_ok=True)


def _is_owner(layout: Layout) -> bool:
    found = Journal.read(journal.OWNER)
    return found is not None and found.cluster == str(layout.root)


def _leave_no_other(layout: Layout) -> None:
    """Make room for a node: another state root's is refused while it runs, and cleared away when it was killed."""
    found = Journal.read(journal.OWNER)
    if found is None or found.cluster == str(layout.root):
        return
    other = Layout(Path(found.cluster))
    if cgroups.members(cgroups.PROGRAMS):
        raise SandboxError(
            f"another cluster of the sandbox runs on this machine, in {other.root}",
            f"take it down with MLOPS_SANDBOX_STATE={other.root.parent} python -m sandbox down",
        )
    _stop_and_restore(other, 0.0)
