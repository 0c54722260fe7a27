"""Running one step: what it needs is there, what it did is recorded, however it ends."""

import hashlib
import logging
import os
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mlops_runtime.artifact import ArtifactError, digest_directory, digest_file
from mlops_runtime.context import StepContext
from mlops_runtime.errors import PipelineError
from mlops_runtime.file_tracking import FileTracker
from mlops_runtime.graph import StepGraph
from mlops_runtime.missing_module import advice
from mlops_runtime.parameters import PipelineParameters
from mlops_runtime.record import StepRecord
from mlops_runtime.reference import load_function
from mlops_runtime.run_parameters import note_parameters, parameters_of_run
from mlops_runtime.settings import RunSettings
from mlops_runtime.step import Step
from mlops_runtime.tracking import (
    CHAMPION_TAG,
    CODE_VERSION_TAG,
    DATA_DIGEST_TAG,
    ENVIRONMENT_TAG,
    GATE_TAG,
    GRAPH_TAG,
    IMAGE_TAG,
    OUTCOME_TAG,
    REASON_TAG,
    STARTED_BY_TAG,
    RunStatus,
    Tracker,
    data_digest,
)
from mlops_runtime.workspace import Workspace, WorkspaceError

logger = logging.getLogger(__name__)


class StepStopped(BaseException):
    """The step was asked to stop, as a pod is when its Job is deleted or over time."""


def make_tracker(settings: RunSettings, workspace: Workspace) -> Tracker:
    """The record of runs that the settings ask for: MLflow where there is a tracking URI, else the workspace."""
    if settings.tracking_uri is None:
        return FileTracker(workspace)
    from mlops_runtime.mlflow_tracking import MlflowTracker  # noqa: PLC0415 - needs MLflow

    return MlflowTracker(settings.tracking_uri, settings.model_name, workspace)


def run_step(
    graph: StepGraph,
    step_name: str,
    workspace: Workspace,
    settings: RunSettings,
    make_tracker: Callable[[RunSettings, Workspace], Tracker] = make_tracker,
) -> StepRecord:
    """Runs one step, or skips it when a step before it has turned the model down.

    Parameters that are not given are those that the run in the workspace began with; others are refused. The first
    step begins the run in the tracker, the last one ends it; one that fails marks it as failed. The record is left in
    the workspace for the steps that follow.

    Args:
        graph: The graph.
        step_name: Which of its steps.
        workspace: The folder that the run's steps share.
        settings: What the run was given.
        make_tracker: Makes the record of the run. Defaults to the one that the settings ask for.

    Returns:
        How it ended. A step that failed is told there and not raised.

    Raises:
        SettingsError: The graph has no such step.
        StepStopped: The step was asked to stop; that is recorded first.
    """
    started = time.time()
    tracker: Tracker | None = None
    step = graph.step(step_name)
    try:
        parameters = parameters_of_run(graph, settings.parameters, workspace)
        if settings.gate is not None:
            graph.check_gate(settings.gate)
        rejection = _rejection_before(graph, step, workspace)
        opening = make_tracker(settings, workspace)
        code_version = settings.code_version or code_digest(graph)
        _open(opening, graph, settings, parameters, code_version)
        tracker = opening
        note_parameters(parameters, workspace)
        if rejection is not None:
            workspace.begin(step.name)
            workspace.abandon(step.name)
            record = StepRecord(step=step.name, status="skipped", message=rejection, started=started)
        else:
            context: StepContext[Any] = StepContext(
                step=step,
                graph=graph,
                parameters=parameters,
                output=workspace.begin(step.name),
                settings=settings,
                code_version=code_version,
                workspace=workspace,
                tracker=tracker,
            )
            record = _run(context, started)
        workspace.write_record(record)
        _record_end(tracker, graph, record, workspace)
    except PipelineError as error:
        return _failed(step_name, str(error), started, workspace, tracker)
    except (StepStopped, KeyboardInterrupt) as stopped:
        _failed(step_name, f"stopped: {str(stopped) or 'interrupted'}", started, workspace, tracker, status="stopped")
        raise
    except Exception as error:  # whatever a step's function raises must be recorded
        logger.exception("step %s failed", step_name)
        message = f"{type(error).__name__}: {error}"
        if isinstance(error, ModuleNotFoundError) and error.name:
            message += f", fix: {advice(error.name, graph.reference)}"
        return _failed(step_name, message, started, workspace, tracker)
    return record


def code_digest(graph: StepGraph) -> str:
    """Identity of the code that a graph runs: every Python file of its package and of this one."""
    packages = sorted({graph.reference.partition(":")[0].partition(".")[0], __name__.partition(".")[0]})
    digest = hashlib.sha256()
    for package in packages:
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            continue
        origin = Path(spec.origin)
        files = sorted(origin.parent.rglob("*.py")) if spec.submodule_search_locations else [origin]
        for path in files:
            digest.update(f"{package} {path.relative_to(origin.parent).as_posix()} {digest_file(path)}\n".encode())
    return f"source-{digest.hexdigest()[:16]}"


def _run(context: StepContext[Any], started: float) -> StepRecord:
    step = context.step
    logger.info("step %s begins", step.name)
    # OpenMP reads this when a step's libraries load it. By default its waiting threads spin, which on cores that
    # others use as well made training ten times slower.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    load_function(step.run)(context)
    if step.is_gate and context.rejection is None and context.gate is not None:
        context.rejection = context.gate.rejection(context.metrics)
    seconds = time.time() - started
    try:
        output_digest = digest_directory(context.output) if any(context.output.iterdir()) else None
    except ArtifactError as error:
        raise WorkspaceError(
            f"step {step.name}: got the output {error}, expected files and folders alone, fix: write nothing else"
        ) from error
    context.workspace.commit(step.name)
    return StepRecord(
        step=step.name,
        status="succeeded" if context.rejection is None else "rejected",
        message=context.rejection or context.message or f"done in {seconds:.1f} s",
        started=started,
        seconds=seconds,
        output_digest=output_digest,
        metrics=context.metrics,
        datasets=tuple(context.datasets),
        model=context.model,
    )


def _rejection_before(graph: StepGraph, step: Step, workspace: Workspace) -> str | None:
    """Why the step must be skipped, if it must.

    Raises:
        WorkspaceError: A step that it comes after has not run here, or failed.
    """
    ancestors = graph.ancestors(step.name)
    for ancestor in graph.ordered_steps:
        record = workspace.record(ancestor.name) if ancestor.name in ancestors else None
        if record is not None and record.status == "rejected":
            return f"skipped: {record.message}"
    for name in step.after:
        record = workspace.record(name)
        if record is None or record.status == "failed":
            raise WorkspaceError(
                f"step {step.name}: got no output of {name}, which"
                f" {'has not run' if record is None else 'failed'} in the workspace {workspace.root},"
                f" expected one, fix: run {name} there first"
            )
    return None


def _open(
    tracker: Tracker,
    graph: StepGraph,
    settings: RunSettings,
    parameters: PipelineParameters,
    code_version: str,
) -> None:
    tags = {
        GRAPH_TAG: graph.reference,
        CODE_VERSION_TAG: code_version,
        IMAGE_TAG: settings.image or "none",
        ENVIRONMENT_TAG: settings.environment,
        GATE_TAG: str(settings.gate or "none"),
        CHAMPION_TAG: f"version {settings.champion.version}, {settings.champion.digest}"
        if settings.champion
        else "none",
        **({STARTED_BY_TAG: settings.started_by} if settings.started_by else {}),
    }
    tracker.open(
        run_name=settings.run_name or settings.model_name, parameters=parameters.model_dump(mode="json"), tags=tags
    )


def _record_end(tracker: Tracker, graph: StepGraph, record: StepRecord, workspace: Workspace) -> None:
    """Adds the step to the run's record, with what makes its output traceable, and ends the run after the last."""
    tracker.log_metrics({f"step.{record.step}.seconds": round(record.seconds, 3)})
    tags: dict[str, str] = {f"mlops.step.{record.step}.status": record.status}
    if record.output_digest:
        tags[f"mlops.step.{record.step}.output_digest"] = record.output_digest
        inputs: Mapping[str, StepRecord | None] = {
            name: workspace.record(name) for name in graph.step(record.step).after
        }
        tags[f"mlops.step.{record.step}.inputs"] = " ".join(
            f"{name}={known.output_digest or 'none'}" for name, known in inputs.items() if known
        )
    records = [known for step in graph.ordered_steps if (known := workspace.record(step.name))]
    digest = data_digest(dataset for known in records for dataset in known.datasets)
    if digest:
        tags[DATA_DIGEST_TAG] = digest
    rejected = next((known for known in records if known.status == "rejected"), None)
    if record.step == graph.ordered_steps[-1].name:
        tags[OUTCOME_TAG] = "rejected" if rejected else "succeeded"
        if rejected:
            tags[REASON_TAG] = rejected.message
    tracker.set_tags({name: value for name, value in tags.items() if value})
    if record.step == graph.ordered_steps[-1].name:
        tracker.close("finished")


def _failed(
    step: str,
    message: str,
    started: float,
    workspace: Workspace,
    tracker: Tracker | None,
    status: RunStatus = "failed",
) -> StepRecord:
    record = StepRecord(step=step, status="failed", message=message, started=started, seconds=time.time() - started)
    workspace.abandon(step)
    workspace.write_record(record)
    if tracker is not None:
        try:
            tracker.set_tags({OUTCOME_TAG: status, REASON_TAG: f"{step}: {message}"})
            tracker.close(status)
        except PipelineError as error:
            logger.error("the run could not be marked as %s: %s", status, error)  # noqa: TRY400 - the text says it all
    return record
