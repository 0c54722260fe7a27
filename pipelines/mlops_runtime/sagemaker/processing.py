"""`python -m mlops_runtime.sagemaker.processing`: one step of a graph as a SageMaker processing job."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import replace

from mlops_runtime.errors import PipelineError, SettingsError
from mlops_runtime.graph import StepGraph
from mlops_runtime.process import progress_on_stdout, stopped_by_sigterm
from mlops_runtime.record import StepRecord
from mlops_runtime.reference import load_graph
from mlops_runtime.runner import StepStopped, run_step
from mlops_runtime.sagemaker.candidate import hand_on_model
from mlops_runtime.sagemaker.composition import composed
from mlops_runtime.sagemaker.folders import (
    CHAMPION_INPUT,
    RESULT_FILE,
    Folders,
    folders_from_environment,
    write_reason,
)
from mlops_runtime.sagemaker.job_settings import settings_of_job
from mlops_runtime.sagemaker.job_tracker import ProcessingTracker
from mlops_runtime.sagemaker.result import result_document, to_json
from mlops_runtime.sagemaker.verdict import deciding_step, keeps_model_back
from mlops_runtime.settings import RunSettings
from mlops_runtime.step import Step
from mlops_runtime.tracking import OUTCOME_TAG, REASON_TAG, Tracker

logger = logging.getLogger("mlops_runtime.sagemaker")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the step, and leave its output, `result.json` and a last word where SageMaker takes them from.

    Returns:
        0 when the step succeeded, or turned the model down and the pipeline's condition will see it; otherwise 1.
    """
    options = parser().parse_args(arguments)
    folders = folders_from_environment()
    with progress_on_stdout(), stopped_by_sigterm():
        try:
            code, message = _run(options.graph, options.step, folders)
        except (PipelineError, StepStopped) as error:
            code, message = 1, f"{options.step}: failed: {error}"
        except Exception as error:
            logger.exception("step %s failed", options.step)
            code, message = 1, f"{options.step}: failed: {type(error).__name__}: {error}"
    print(message, file=sys.stderr if code else sys.stdout, flush=True)
    write_reason(folders.message, message)
    return code


def _run(graph_reference: str, step_name: str, folders: Folders) -> tuple[int, str]:
    graph = load_graph(graph_reference)
    step = _checked(graph.step(step_name))
    settings = _with_champion(settings_of_job(os.environ, graph), graph, step, folders)
    with composed(graph, step, folders.processing_inputs, folders.processing_output) as workspace:
        tracker = ProcessingTracker(workspace, folders.processing_inputs)
        record = run_step(graph, step.name, workspace, settings, lambda _settings, _workspace: tracker)
        if record.status != "failed" and _is_last_job(graph, step):
            _end_run(tracker, record)
        folder = hand_on_model(graph, record, workspace, folders, settings.allow_code_formats)
        result = to_json(result_document(graph, record, workspace, settings, folder))
        (folders.processing_output / RESULT_FILE).write_text(result, encoding="utf-8")
    message = f"{step.name}: {record.status} after {record.seconds:.1f} s: {record.message}"
    if record.status in {"rejected", "skipped"} and not keeps_model_back(graph, step):
        return 1, f"{message} (the job fails, since no gate comes after it that would keep the model back)"
    return int(record.status == "failed"), message


def _checked(step: Step) -> Step:
    """Return a step that a processing job may run.

    Raises:
        SettingsError: SageMaker runs it in another way.
    """
    if step.model_output:
        raise SettingsError(f"step {step.name}: got a processing job, expected a training job")
    if step.registers_model:
        raise SettingsError(f"step {step.name}: got a processing job, expected a RegisterModel step of the pipeline")
    return step


def _with_champion(settings: RunSettings, graph: StepGraph, step: Step, folders: Folders) -> RunSettings:
    """Without the champion's archive the step that decides compares with nothing, as where nothing serves.

    Raises:
        SettingsError: There is an archive, but no pin that it could be held against.
    """
    is_there = (folders.processing_inputs / CHAMPION_INPUT).is_dir()
    if is_there and settings.champion is None:
        raise SettingsError(
            f"input {CHAMPION_INPUT!r}: got no MLOPS_CHAMPION, expected its version and digest there,"
            " fix: give both or neither"
        )
    if step is deciding_step(graph) and settings.champion is not None and not is_there:
        logger.info(
            "no input %r: the model is not compared with version %s, which serves",
            CHAMPION_INPUT,
            settings.champion.version,
        )
        return replace(settings, champion=None)
    return settings


def _is_last_job(graph: StepGraph, step: Step) -> bool:
    return [each.name for each in graph.ordered_steps if not each.registers_model][-1] == step.name


def _end_run(tracker: Tracker, record: StepRecord) -> None:
    outcome = {OUTCOME_TAG: "succeeded" if record.status == "succeeded" else "rejected"}
    tracker.set_tags(outcome if record.status == "succeeded" else {**outcome, REASON_TAG: record.message})
    tracker.close("finished")


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m mlops_runtime.sagemaker.processing",
        description="Runs one step of a graph in a SageMaker processing job, given by MLOPS_* variables as in a pod.",
    )
    parser.add_argument("--graph", required=True, help="as module:NAME, such as churn.graph:GRAPH")
    parser.add_argument("--step", required=True, help="the step's name")
    return parser


if __name__ == "__main__":
    sys.exit(main())
