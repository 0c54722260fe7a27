"""`mlops pipeline run --local`: a pipeline's steps in this process."""

import json
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pulumi_mlops.cli import targets
from pulumi_mlops.cli.output import WRONG_USE, code_prints_to_stderr, print_json, say_error, told_errors
from pulumi_mlops.cli.progress import RunView
from pulumi_mlops.cli.registered_version import RegisteredVersion, VersionRefusedError
from pulumi_mlops.cli.runs import EXIT_CODES, Run, Status, Step
from pulumi_mlops.cli.scores import Scores, asked_champion
from pulumi_mlops.cli.stacks import Place, place_of
from pulumi_mlops.cli.tracebacks import frames_of_failures
from pulumi_mlops.cli.workload_status import Known
from pulumi_mlops.stack.graphs import GraphError, judge_parameters, load_graph
from pulumi_mlops.stack.model import default_graph

if TYPE_CHECKING:
    from mlops_runtime.gate import Gate
    from mlops_runtime.graph import StepGraph
    from mlops_runtime.local import RunResult
    from mlops_runtime.record import StepRecord


@dataclass(frozen=True)
class Request:
    """What a user asks for.

    Attributes:
        workload: The workload.
        stack: The stack whose graph, parameters and gate count; None for the graph's own.
        graph: The step graph as module:name, before any other; None for the stack's or the usual one.
        parameters: Values as `name=value`, before the stack's.
        workspace: Where the results go; None for `workspace/<workload>`.
    """

    workload: str
    stack: str | None = None
    graph: str | None = None
    parameters: tuple[str, ...] = ()
    workspace: Path | None = None


def run_pipeline(request: Request, *, is_local: bool, as_json: bool) -> None:
    """Run a pipeline and show its steps.

    Args:
        request: What to run.
        is_local: Whether it may run here; in a cluster it is `mlops train` that runs it.
        as_json: Whether to write the run as JSON on standard output; its progress then goes to standard error.

    Raises:
        typer.Exit: With code 0 when the run succeeded, 3 when its gate rejected the model, 1 when it failed, 2 when
            the command is incomplete.
    """
    if not is_local:
        say_error(
            "mlops pipeline run: got no --local, expected it, since that runs here; "
            f"fix: add it, or run mlops train {request.workload} --stack STACK for a run in the cluster"
        )
        raise typer.Exit(WRONG_USE)
    from mlops_runtime.errors import SettingsError  # noqa: PLC0415 - start-up time

    with told_errors(GraphError, SettingsError):
        place = place_of(request.workload, request.stack) if request.stack is not None else None
        reference, parameters, gate = _settings(request, place)
        with code_prints_to_stderr():
            graph = load_graph(reference)
        refuse_parameters(graph, parameters)
        workspace = request.workspace or Path("workspace") / request.workload
        answer_alone = code_prints_to_stderr() if as_json else nullcontext()
        with (
            answer_alone,
            frames_of_failures(),
            RunView(f"{request.workload} in {workspace}", to_standard_error=as_json) as view,
        ):
            run, result = _run(request.workload, graph, workspace, parameters, gate, view)
        scores = Scores(result.metrics, gate, _champion(place) if result.metrics else Known())
    if as_json:
        document = {"workload": request.workload, "workspace": str(workspace)}
        print_json(document | run.to_document() | scores.to_document())
    else:
        typer.echo("".join(f"{line}\n" for line in scores.lines()), nl=False)
    raise typer.Exit(EXIT_CODES[run.status])


def _champion(place: Place | None) -> Known[RegisteredVersion]:
    """Ask a stack's registry for the version that it pins; nothing without a stack."""
    if place is None:
        return Known()
    pin = place.config.workloads[place.workload].model
    if pin is None:
        return Known()
    operations = targets.operations_of(place)
    return asked_champion(pin.version, operations.version, VersionRefusedError, *operations.errors)


def _settings(request: Request, place: Place | None) -> tuple[str, dict[str, object], "Gate | None"]:
    """Return the graph's reference, the parameters and the gate of a request."""
    from mlops_runtime.gate import Gate  # noqa: PLC0415 - start-up time

    reference, gate = request.graph or default_graph(request.workload), None
    parameters: dict[str, object] = {}
    if place is not None:
        config = place.config
        pipeline = config.workloads[request.workload].pipeline
        reference = request.graph or config.graph_of(request.workload)
        parameters.update(pipeline.parameters)
        gate = None if pipeline.gate is None else Gate(**pipeline.gate.model_dump())
    return reference, parameters | dict(map(assignment, request.parameters)), gate


def assignment(text: str) -> tuple[str, object]:
    """Read `name=value`, where the value is JSON or else a text.

    Raises:
        SettingsError: When it has no `=`.
    """
    from mlops_runtime.errors import SettingsError  # noqa: PLC0415 - start-up time

    name, sign, value = text.partition("=")
    if not sign:
        raise SettingsError(f"--parameter: got {text!r}, expected name=value, fix: write --parameter {text}=…")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value


def refuse_parameters(graph: "StepGraph", parameters: Mapping[str, object]) -> None:
    """Hold parameters against a graph.

    Raises:
        SettingsError: With every problem, one to a line.
    """
    from mlops_runtime.errors import SettingsError  # noqa: PLC0415 - start-up time

    problems = [
        f"parameter{' ' if name else 's'}{name}: got {got}, expected {expected}, fix: {fix}"
        for name, got, expected, fix in judge_parameters(graph, parameters)
    ]
    if problems:
        raise SettingsError("\n".join(problems))


def _run(
    name: str,
    graph: "StepGraph",
    workspace: Path,
    parameters: Mapping[str, object],
    gate: "Gate | None",
    view: RunView,
) -> tuple[Run, "RunResult"]:
    from mlops_runtime.local import run_local  # noqa: PLC0415 - start-up time

    steps = {step.name: Step(step.name, step.name, Status.WAITING) for step in graph.ordered_steps}

    def begin(step: str) -> None:
        steps[step] = replace(steps[step], status=Status.RUNNING, started_at=datetime.now(UTC).isoformat())
        view.show(Run(name, Status.RUNNING, steps=tuple(steps.values())))

    def end(record: "StepRecord") -> None:
        steps[record.step] = ended_step(record)
        view.show(Run(name, Status.RUNNING, steps=tuple(steps.values())))

    result = run_local(
        graph,
        workspace,
        parameters,
        gate=gate,
        on_step_begin=lambda step: begin(step.name),
        on_step_end=lambda _, record: end(record),
    )
    run = ended_run(name, tuple(steps.values()), result)
    view.show(run)
    return run, result


def ended_step(record: "StepRecord") -> Step:
    """Describe a step that has ended."""
    started = datetime.fromtimestamp(record.started, UTC)
    finished = started + timedelta(seconds=record.seconds)
    status = Status(record.status)
    return Step(record.step, record.step, status, record.message, started.isoformat(), finished.isoformat())


def ended_run(name: str, steps: tuple[Step, ...], result: "RunResult") -> Run:
    """Describe a run that has ended."""
    if result.failed is not None:
        return Run(name, Status.FAILED, f"{result.failed.step}: {result.failed.message}", steps)
    if result.rejected is not None:
        return Run(name, Status.REJECTED, result.rejected.message, steps)
    version = None if result.model is None else int(result.model.version)
    digest = None if result.model is None else result.model.digest
    return Run(name, Status.SUCCEEDED, steps=steps, model_version=version, model_digest=digest)
