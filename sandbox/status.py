"""What of the sandbox is there and runs."""

from dataclasses import dataclass
from typing import Any

from rich.table import Table
from rich.text import Text

from sandbox import images, paths
from sandbox.aws import lifecycle as aws_lifecycle
from sandbox.aws.lifecycle import OfflineAws
from sandbox.cluster import SANDBOX_CONTEXT, lifecycle, users_context
from sandbox.cluster.lifecycle import ProgramStatus
from sandbox.engine import Engine, current_engine
from sandbox.errors import SandboxError


@dataclass(frozen=True)
class Status:
    """The sandbox as it is now.

    Attributes:
        engine: The Pulumi in use; None when it is not built yet.
        context: The context that the sandbox's kubeconfig leads to; None when there is no cluster.
        programs: The programs of the sandbox's own node.
        is_ready: Whether the cluster takes pods.
        images: The content tags of the images that are built for this checkout.
        aws: The offline AWS; None where none runs.
    """

    engine: Engine | None
    context: str | None
    programs: list[ProgramStatus]
    is_ready: bool
    images: list[str]
    aws: OfflineAws | None = None

    def document(self) -> dict[str, Any]:
        """Return the status for programs: plain JSON values."""
        engine = self.engine and {"version": self.engine.version, "path": str(self.engine.pulumi)}
        return {
            "ready": self.is_ready,
            "context": self.context,
            "kubeconfig": str(paths.kubeconfig()) if self.context else None,
            "programs": {program.name: program.pid for program in self.programs},
            "engine": engine,
            "images": self.images,
            "aws": self.aws and {"url": self.aws.url, "account_id": self.aws.account_id, "pid": self.aws.pid},
            "state": str(paths.state_root()),
            "cache": str(paths.cache_root()),
        }


def current_status() -> Status:
    """Look at everything; change nothing."""
    context = users_context.current(paths.kubeconfig())
    return Status(
        engine=current_engine(),
        context=context,
        programs=lifecycle.status(),
        is_ready=_is_ready(context),
        images=sorted(build.tag for build in images.built().values()),
        aws=aws_lifecycle.current(),
    )


def status_table(status: Status) -> Table:
    """Lays the status out for a person."""
    shown = Table(box=None, pad_edge=False, show_header=False)
    shown.add_column(overflow="fold")
    shown.add_column(overflow="fold")
    engine = status.engine
    shown.add_row("Pulumi", f"{engine.version}  {engine.pulumi}" if engine else "not built yet")
    state = Text("ready", "green") if status.is_ready else Text("not ready" if status.context else "not up", "red")
    shown.add_row("cluster", Text.assemble(status.context or "none", "  ", state))
    if status.context == SANDBOX_CONTEXT:
        for program in status.programs:
            shown.add_row(f"  {program.name}", f"process {program.pid}" if program.pid else Text("does not run", "red"))
    shown.add_row("images", "\n".join(status.images) or "none built for this checkout")
    if status.aws is not None:
        shown.add_row("offline AWS", f"{status.aws.url}  account {status.aws.account_id}  process {status.aws.pid}")
    shown.add_row("state", str(paths.state_root()))
    shown.add_row("cache", str(paths.cache_root()))
    return shown


def _is_ready(context: str | None) -> bool:
    if context is None:
        return False
    if context == SANDBOX_CONTEXT:
        return lifecycle.is_ready()
    try:
        users_context.check_answers(lifecycle.of_context(context))
    except SandboxError:
        return False
    return True
