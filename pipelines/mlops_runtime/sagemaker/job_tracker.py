"""The record of a run and the registry, as a job on SageMaker has them: files that came with it."""

from pathlib import Path

from mlops_runtime.artifact import ArtifactError, verify_directory
from mlops_runtime.errors import TrackingError
from mlops_runtime.file_tracking import FileTracker
from mlops_runtime.record import Dataset
from mlops_runtime.sagemaker.archive import unpack_model
from mlops_runtime.sagemaker.folders import CHAMPION_INPUT, MODEL_ARCHIVE
from mlops_runtime.workspace import Workspace


class ProcessingTracker(FileTracker):
    """Takes the version that serves from an input of the job, and no other than the pinned one."""

    def __init__(self, workspace: Workspace, inputs: Path) -> None:
        super().__init__(workspace)
        self._archive = inputs / CHAMPION_INPUT / MODEL_ARCHIVE

    def fetch(self, name: str, version: str, digest: str, destination: Path) -> Path:
        """Unpacks the champion and verifies it."""
        try:
            unpack_model(self._archive, destination)
            verify_directory(destination, digest)
        except ArtifactError as error:
            raise TrackingError(
                f"model {name} version {version} of the input {CHAMPION_INPUT!r}: got {self._archive}: {error},"
                " expected the pinned version's archive, which the step that decides alone has,"
                " fix: compare with the champion in that step"
            ) from error
        return destination


class TrainingTracker(FileTracker):
    """Refuses what a training job cannot hand on: its model is all that the steps after it see."""

    def log_dataset(self, dataset: Dataset, step: str) -> None:
        """Refuses."""
        raise TrackingError(
            f"step {step}: got the data {dataset.name} from outside, expected none: a training job on SageMaker hands"
            " on nothing but its model, and the data's digest would be lost, fix: read it in a step before, which hands"
            " it on"
        )
