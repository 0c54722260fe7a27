"""The model that is served: the worked example, trained here once and kept."""

import hashlib
import shutil
import tempfile
from pathlib import Path

from bench.errors import NotMeasurableError
from flight_delay.graph import GRAPH
from mlops_runtime.local import run_local
from sandbox import paths, progress

TRAINING_ROWS = 60_000


def flight_delay_model() -> Path:
    """Folder of the model artifact, trained unless it is there from an earlier run of the same code.

    The number of trees, which decides what a prediction costs, is the example's own; the flights are fewer.

    Raises:
        NotMeasurableError: The training ended without a model.
    """
    folder = paths.claim(paths.cache_root()) / "bench" / f"flight-delay-{_code_key()}"
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="training-", dir=folder.parent) as workspace:
        with progress.step("train the model to serve") as current:
            result = run_local(
                GRAPH,
                Path(workspace, "run"),
                {"training_rows_max": TRAINING_ROWS},
                on_step_begin=lambda step: current.detail(step.name),
            )
        ended_early = result.failed or result.rejected
        if ended_early is not None or result.model is None:
            raise NotMeasurableError(f"the training ended without a model: {ended_early}")
        finished = Path(workspace, "model")
        shutil.copytree(Path(workspace, "run", "outputs", "train", "model"), finished)
        finished.rename(folder)
    return folder


def _code_key() -> str:
    digest = hashlib.sha256(str(TRAINING_ROWS).encode())
    sources = sorted([*(paths.checkout() / "pipelines").rglob("*.py"), paths.checkout() / "uv.lock"])
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]
