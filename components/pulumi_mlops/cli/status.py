"""`mlops status`: what is pinned, registered and serving, workload by workload. What cannot be asked is said so."""

import http.client
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pulumi_mlops.cli.kubernetes.cluster import Cluster, ClusterError, Replicas, ServiceAddress, cluster_of
from pulumi_mlops.cli.output import print_json, told_errors
from pulumi_mlops.cli.registry import latest_version
from pulumi_mlops.cli.stacks import Place
from pulumi_mlops.stack import StackConfig, Target
from pulumi_mlops.stack.file import load_stack_file
from pulumi_mlops.stack.problems import ConfigError
from pulumi_mlops.stack.project import Project, find_project

ENDPOINT_PORT = 80
# Where no terminal sets a width, lines are as long as they need to be.
FILE_WIDTH = 240
# What reading an answer raises that is no answer to the question.
ODD_ANSWER = (KeyError, TypeError, ValueError, AttributeError, http.client.HTTPException)
Value = TypeVar("Value")


@dataclass(frozen=True)
class Known(Generic[Value]):
    """Something that was asked for.

    Attributes:
        value: The answer; None where there is nothing, or no answer.
        problem: Why there is no answer; None where there is one.
    """

    value: Value | None = None
    problem: str | None = None

    def to_document(self) -> Any:
        """Return the value, or why there is none."""
        return self.value if self.problem is None else {"problem": self.problem}


@dataclass(frozen=True)
class Version:
    """One version of a model, by number and digest."""

    number: int
    digest: str

    def __str__(self) -> str:
        return f"{self.number} ({self.digest.removeprefix('sha256:')[:8]})" if self.digest else str(self.number)


@dataclass(frozen=True)
class WorkloadStatus:
    """How one workload of one stack stands.

    Attributes:
        stack: The stack.
        workload: The workload; empty where the stack's configuration is refused.
        pinned: The version in the stack file.
        registered: The newest version in the registry.
        serving: The version that the endpoint itself reports.
        healthy: Whether every replica is ready and serves what is pinned.
    """

    stack: str
    workload: str
    pinned: Known[Version]
    registered: Known[Version]
    serving: Known[Version]
    healthy: Known[str]

    def to_document(self) -> dict[str, Any]:
        """Return the status as plain data: each cell is its value, null, or `{"problem"}`."""
        cells: dict[str, Any] = {"stack": self.stack, "workload": self.workload, "healthy": self.healthy.to_document()}
        for name in ("pinned", "registered", "serving"):
            known: Known[Version] = getattr(self, name)
            version = known.value
            cells[name] = (
                known.to_document() if version is None else {"version": version.number, "digest": version.digest}
            )
        return cells


def status(stack: str | None, *, as_json: bool) -> None:
    """Print how workloads stand.

    Args:
        stack: The stack. Defaults to all of the project.
        as_json: Whether to write `{"workloads": […]}` for programs.
    """
    with told_errors():
        project = find_project()
        stacks = [stack] if stack is not None else project.stack_names()
        for name in stacks:
            project.stack_file(name)
    with ThreadPoolExecutor(max_workers=max(1, len(stacks))) as threads:
        rows = [row for found in threads.map(lambda name: _stack_status(project, name), stacks) for row in found]
    if as_json:
        print_json({"workloads": [row.to_document() for row in rows]})
    else:
        table, notes = to_table(rows)
        console = Console(highlight=False, soft_wrap=True)
        if not console.is_terminal:
            console.width = FILE_WIDTH
        console.print(table)
        for note in notes:
            console.print(note, markup=False)


def _stack_status(project: Project, stack: str) -> list[WorkloadStatus]:
    try:
        config = load_stack_file(project.stack_file(stack), project)
    except ConfigError as error:
        refused: Known[Any] = Known(problem=str(error.problems[0]))
        return [WorkloadStatus(stack, "", refused, refused, refused, refused)]
    return [workload_status(Place(stack, workload, config)) for workload in sorted(config.workloads)]


def workload_status(place: Place, connect: Callable[[StackConfig], Cluster] = cluster_of) -> WorkloadStatus:
    """Ask how a workload stands. Whatever gives no answer becomes the problem of its own cell.

    Args:
        place: The workload.
        connect: Returns the cluster of a configuration.
    """
    if place.config.platform.target is Target.SAGEMAKER:
        from pulumi_mlops.cli.sagemaker import status as on_sagemaker  # noqa: PLC0415 - start-up time

        return on_sagemaker.workload_status(place)
    pin = place.config.workloads[place.workload].model
    pinned = Known(Version(pin.version, pin.digest) if pin is not None else None)
    try:
        cluster = connect(place.config)
    except ClusterError as error:
        lost: Known[Any] = Known(problem=str(error))
        return WorkloadStatus(place.stack, place.workload, pinned, lost, lost, lost)
    registered = _asked("the registry", lambda: _registered(cluster, place))
    deployment = _asked("the cluster", lambda: cluster.replicas(place.namespace, place.workload))
    absent = deployment.problem is None and deployment.value is None
    serving: Known[Version] = Known() if absent else _asked("the endpoint", lambda: _serving(cluster, place))
    healthy = judge_health(pinned.value, serving, deployment)
    return WorkloadStatus(place.stack, place.workload, pinned, registered, serving, healthy)


def judge_health(pinned: Version | None, serving: Known[Version], replicas: Known[Replicas]) -> Known[str]:
    """Say whether what is pinned is what serves, on every replica that there should be.

    Args:
        pinned: The version in the stack file.
        serving: The version that the endpoint reports.
        replicas: How many pods there are.
    """
    why = f" ({replicas.value.trouble})" if replicas.value is not None and replicas.value.trouble else ""
    problem = replicas.problem or serving.problem
    if problem is not None:
        return Known(problem=problem if not why or why in problem else problem + why)
    if replicas.value is None or serving.value is None:
        return Known("waiting-for-model" if pinned is None else "not deployed")
    if serving.value != pinned:
        return Known(f"no: serves {serving.value}, pinned is {pinned or 'nothing'}{why}")
    found = replicas.value
    if not found.ready >= found.wanted > 0:
        return Known(f"no: {found.ready} of {found.wanted} ready{why}")
    # One answer speaks for all pods only when they are all of one kind.
    if not found.updated == found.total == found.ready:
        return Known(f"no: an update is under way, {found.updated} of {found.total} pods are new{why}")
    return Known(f"yes ({found.ready} of {found.wanted})")


def _asked(whom: str, question: Callable[[], Value | None]) -> Known[Value]:
    try:
        return Known(question())
    except ClusterError as error:
        return Known(problem=str(error))
    except ODD_ANSWER as error:
        return Known(problem=f"{whom} answered in another form ({type(error).__name__}: {error})")


def _registered(cluster: Cluster, place: Place) -> Version | None:
    found = latest_version(cluster, place.config, place.workload)
    return None if found is None else Version(*found)


def _serving(cluster: Cluster, place: Place) -> Version:
    service = ServiceAddress(place.namespace, place.workload, ENDPOINT_PORT)
    identity = cluster.request(service, "/mlops/identity")
    return Version(int(identity["version"]), str(identity["digest"]))


def to_table(rows: list[WorkloadStatus]) -> tuple[Table, list[str]]:
    """Lay statuses out as a table.

    Returns:
        The table, and the notes that its cells refer to: why something is not known.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    notes: list[str] = []
    for heading in ("stack", "workload", "pinned", "registered", "serving"):
        table.add_column(heading, no_wrap=True)
    table.add_column("healthy", overflow="fold")
    for row in rows:
        cells = [_cell(known, notes) for known in (row.pinned, row.registered, row.serving, row.healthy)]
        table.add_row(row.stack, row.workload, *cells)
    return table, [f"({number}) {note}" for number, note in enumerate(notes, 1)]


def _cell(known: Known[Any], notes: list[str]) -> str:
    if known.problem is None:
        return "-" if known.value is None else escape(str(known.value))
    if known.problem not in notes:
        notes.append(known.problem)
    return f"[yellow]unknown ({notes.index(known.problem) + 1})[/]"
