"""A whole pipeline in one process: on a laptop, in a test, without any server."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mlops_runtime.gate import Gate
from mlops_runtime.graph import StepGraph
from mlops_runtime.parameters import parse_parameters
from mlops_runtime.record import RegisteredModel, StepRecord
from mlops_runtime.runner import run_step
from mlops_runtime.settings import Champion, RunSettings
from mlops_runtime.step import Step
from mlops_runtime.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """How a run ended.

    Attributes:
        records: Of every step that was reached, in order.
        workspace: The folder with the outputs, the record and, without a tracking URI, the registered models.
    """

    records: tuple[StepRecord, ...]
    workspace: Path

    @property
    def failed(self) -> StepRecord | None:
        """The step that failed, if one did."""
        return next((record for record in self.records if record.status == "failed"), None)

    @property
    def rejected(self) -> StepRecord | None:
        """The step that turned the model down, if one did."""
        return next((record for record in self.records if record.status == "rejected"), None)

    @property
    def model(self) -> RegisteredModel | None:
        """What was registered."""
        return next((record.model for record in self.records if record.model), None)

    @property
    def metrics(self) -> dict[str, float]:
        """Everything that the steps measured."""
        return {name: value for record in self.records for name, value in record.metrics.items()}


def run_local(
    graph: StepGraph,
    workspace: Path,
    parameters: Mapping[str, object] | None = None,
    *,
    gate: Gate | None = None,
    champion: Champion | None = None,
    tracking_uri: str | None = None,
    on_step_begin: Callable[[Step], None] | None = None,
    on_step_end: Callable[[Step, StepRecord], None] | None = None,
) -> RunResult:
    """Run every step of a graph, one after the other. Prints nothing; the hooks tell how it goes.

    Args:
        graph: The graph.
        workspace: Folder for the outputs. The steps' outputs of an earlier run there are replaced, its registered
            models are kept.
        parameters: Parameter name to value. Defaults to the graph's own values.
        gate: What the model must reach. Defaults to the steps' own checks alone.
        champion: A registered version to compare with. Defaults to none.
        tracking_uri: MLflow's tracking URI. Defaults to none: the run and its model stay in the workspace.
        on_step_begin: Called before each step.
        on_step_end: Called after each step with its record.

    Returns:
        How it ended. A step that fails ends the run; that is told in the result and not raised.

    Raises:
        SettingsError: The parameters or the gate do not fit the graph; nothing has been run then.
    """
    values = parse_parameters(graph.parameters, parameters or {}, "parameters")
    if gate is not None:
        graph.check_gate(gate)
    settings = RunSettings(
        model_name=graph.name,
        tracking_uri=tracking_uri,
        parameters=values.model_dump(),
        gate=gate,
        champion=champion,
    )
    return run_all(graph, Workspace(workspace), settings, on_step_begin=on_step_begin, on_step_end=on_step_end)


def run_all(
    graph: StepGraph,
    workspace: Workspace,
    settings: RunSettings,
    *,
    on_step_begin: Callable[[Step], None] | None = None,
    on_step_end: Callable[[Step, StepRecord], None] | None = None,
) -> RunResult:
    """Run every step with settings that are already made; see `run_local`."""
    workspace.forget_run()
    records: list[StepRecord] = []
    for step in graph.ordered_steps:
        if on_step_begin is not None:
            on_step_begin(step)
        record = run_step(graph, step.name, workspace, settings)
        records.append(record)
        if on_step_end is not None:
            on_step_end(step, record)
        if record.status == "failed":
            break
    return RunResult(records=tuple(records), workspace=workspace.root)
