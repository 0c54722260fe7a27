"""Where SageMaker puts a container's files, and where it looks for what the container leaves."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT_VARIABLE = "MLOPS_SAGEMAKER_ROOT"
MODEL_ARCHIVE = "model.tar.gz"
"""What SageMaker makes of a training job's model folder, and gives to the jobs that follow."""
CHAMPION_INPUT = "champion"
RESULT_FILE = "result.json"
REASON_BYTES = 1000
"""SageMaker shows 1 KB of a failure's reason or a job's message, a few characters of it its own."""


@dataclass(frozen=True)
class Folders:
    """A container's files.

    Attributes:
        root: `/opt/ml` on SageMaker.
    """

    root: Path

    @property
    def hyperparameters(self) -> Path:
        """What a training job is told."""
        return self.root / "input" / "config" / "hyperparameters.json"

    @property
    def channels(self) -> Path:
        """A training job's inputs, a folder for each channel."""
        return self.root / "input" / "data"

    @property
    def model(self) -> Path:
        """What a training job leaves becomes `model.tar.gz`; what a model serves is unpacked to."""
        return self.root / "model"

    @property
    def training_notes(self) -> Path:
        """What a training job leaves beside its model; it becomes `output.tar.gz`."""
        return self.root / "output" / "data"

    @property
    def failure(self) -> Path:
        """Why a training job failed."""
        return self.root / "output" / "failure"

    @property
    def message(self) -> Path:
        """A processing job's last words, however it ends."""
        return self.root / "output" / "message"

    @property
    def processing_inputs(self) -> Path:
        """A processing job's inputs, a folder for each."""
        return self.root / "processing" / "input"

    @property
    def processing_output(self) -> Path:
        """What a processing job hands on."""
        return self.root / "processing" / "output"

    @property
    def processing_model(self) -> Path:
        """The model that is to be registered, in a folder named after its digest."""
        return self.root / "processing" / "model"


def folders_from_environment() -> Folders:
    """SageMaker's own folders, or those below MLOPS_SAGEMAKER_ROOT, for a trial elsewhere."""
    return Folders(Path(os.environ.get(ROOT_VARIABLE) or "/opt/ml"))


def write_reason(path: Path, text: str) -> None:
    """Leaves the text where SageMaker shows it, cut in its middle to what SageMaker keeps."""
    content = text.encode()
    if len(content) > REASON_BYTES:
        half = REASON_BYTES // 2 - len(" … ".encode())
        start, end = (part.decode(errors="ignore") for part in (content[:half], content[-half:]))
        content = f"{start} … {end}".encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        print(f"{path}: got {error}, expected a file that can be written", file=sys.stderr, flush=True)
