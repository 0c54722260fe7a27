"""`train`: the step of a graph that makes the model, as a SageMaker training job."""

import logging
import os
import shutil
import sys
from pathlib import Path

from mlops_runtime.artifact import ArtifactError, digest_directory
from mlops_runtime.errors import PipelineError, SettingsError, StepError
from mlops_runtime.process import progress_on_stdout, stopped_by_sigterm
from mlops_runtime.reference import load_graph
from mlops_runtime.runner import StepStopped, run_step
from mlops_runtime.sagemaker.composition import composed
from mlops_runtime.sagemaker.folders import Folders, folders_from_environment, write_reason
from mlops_runtime.sagemaker.hyperparameters import read_hyperparameters
from mlops_runtime.sagemaker.job_settings import settings_of_job
from mlops_runtime.sagemaker.job_tracker import TrainingTracker
from mlops_runtime.step import Step

logger = logging.getLogger("mlops_runtime.sagemaker")


def main() -> int:
    """Trains, and leaves the artifact's files, and nothing else, where SageMaker packs them as `model.tar.gz`.

    Returns:
        0 when there is a model; otherwise 1, with the reason where SageMaker shows it.
    """
    folders = folders_from_environment()
    with progress_on_stdout(), stopped_by_sigterm():
        try:
            print(_run(folders), flush=True)
        except (PipelineError, ArtifactError, StepStopped) as error:
            return _fail(folders, str(error))
        except Exception as error:
            logger.exception("the training job failed")
            return _fail(folders, f"{type(error).__name__}: {error}")
    return 0


def _run(folders: Folders) -> str:
    hyperparameters = read_hyperparameters(folders.hyperparameters)
    graph = load_graph(hyperparameters.graph)
    step = graph.step(hyperparameters.step)
    if not step.model_output:
        raise SettingsError(f"step {step.name}: got no model_output, expected one, fix: run it as a processing job")
    settings = settings_of_job(os.environ, graph)
    _must_be_empty(folders.model)
    with composed(graph, step, folders.channels, folders.training_notes) as workspace:
        tracker = TrainingTracker(workspace)
        record = run_step(graph, step.name, workspace, settings, lambda _settings, _workspace: tracker)
        if record.status != "succeeded":
            raise StepError(f"step {step.name} {record.status}: {record.message}")
        try:
            digest = _hand_on(step, workspace.output(step.name), folders.model)
        except BaseException:
            # What a training job leaves is packed however it ends: half a model must not be.
            _clear(folders.model)
            raise
    return f"{step.name}: {record.status} after {record.seconds:.1f} s: {record.message}; model {digest}"


def _must_be_empty(model: Path) -> None:
    model.mkdir(parents=True, exist_ok=True)
    found = sorted(path.name for path in model.iterdir())
    if found:
        raise SettingsError(f"{model}: got {', '.join(found)}, expected an empty folder for the model")


def _hand_on(step: Step, output: Path, model: Path) -> str:
    """Brings the artifact to where it is packed.

    Returns:
        Its digest.

    Raises:
        StepError: The step left no artifact, or something beside it, which no later step could read.
    """
    artifact = output / step.model_output
    if not artifact.is_dir() or not any(artifact.iterdir()):
        raise StepError(
            f"step {step.name}: got no model, expected it in the folder {step.model_output!r} of its output"
        )
    beside = [path for path in sorted(output.rglob("*")) if path.is_file() and not path.is_relative_to(artifact)]
    if beside:
        names = ", ".join(path.relative_to(output).as_posix() for path in beside)
        raise StepError(
            f"step {step.name}: got {names}, expected its model {step.model_output!r} alone: a training job hands"
            " on nothing else, fix: write these into the model's folder, or in another step"
        )
    digest = digest_directory(artifact)
    shutil.copytree(artifact, model, dirs_exist_ok=True)
    shutil.rmtree(output)
    if digest_directory(model) != digest:
        raise StepError(f"{model}: got {digest_directory(model)}, expected {digest}, fix: look for a full disk")
    return digest


def _clear(folder: Path) -> None:
    """Empty a folder, which itself is a mount and stays."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _fail(folders: Folders, reason: str) -> int:
    print(f"training failed: {reason}", file=sys.stderr, flush=True)
    write_reason(folders.failure, reason)
    return 1


if __name__ == "__main__":
    sys.exit(main())
