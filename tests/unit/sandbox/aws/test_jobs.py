"""What a training job of the offline AWS finds, and what it leaves."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from sandbox.aws.executions import jobs
from sandbox.aws.executions.store import Store

CHECKPOINTS = "s3://runs/delay/e1/train/checkpoints"


class MemoryStore(Store):
    """S3 as a dictionary of texts by address."""

    def __init__(self) -> None:
        self.objects: dict[str, str] = {}

    def download(self, address: str, folder: Path) -> int:
        folder.mkdir(parents=True, exist_ok=True)
        found = {key.removeprefix(address): text for key, text in self.objects.items() if key.startswith(address)}
        for name, text in found.items():
            (folder / name).write_text(text)
        return len(found)

    def upload(self, folder: Path, address: str) -> None:
        for path in folder.iterdir():
            self.objects[f"{address}/{path.name}"] = path.read_text()

    def upload_archive(self, folder: Path, address: str) -> None:
        self.objects[address] = ",".join(path.name for path in folder.iterdir())


class Interrupted:
    """A job that writes the next epoch's checkpoint, and ends well with the second."""

    def run(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> int:
        assert command[0] == sys.executable
        log.write_text("taken back")
        folder = Path(environment["MLOPS_SAGEMAKER_ROOT"]) / "checkpoints"
        epochs = len(list(folder.iterdir()))
        (folder / f"epoch-{epochs + 1}").write_text("weights")
        return 0 if epochs else 137


def arguments(**changes: Any) -> dict[str, Any]:
    return {
        "AlgorithmSpecification": {"ContainerEntrypoint": ["python", "-m", "training"]},
        "OutputDataConfig": {"S3OutputPath": "s3://runs/delay/e1/train"},
        "EnableManagedSpotTraining": True,
        "CheckpointConfig": {"S3Uri": CHECKPOINTS, "LocalPath": "/opt/ml/checkpoints"},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 60},
        **changes,
    }


def test_a_job_that_starts_anew_finds_the_checkpoints_of_the_one_before(tmp_path: Path) -> None:
    store = MemoryStore()
    store.objects["s3://runs/delay/e1/train/checkpoints-of-another/epoch-9"] = "not its own"
    for attempt in ("first", "second"):
        (tmp_path / attempt).mkdir()
    with pytest.raises(jobs.JobError, match="exit code 137: taken back"):
        jobs.train("train-1", arguments(), tmp_path / "first", store, Interrupted())
    jobs.train("train-2", arguments(), tmp_path / "second", store, Interrupted())
    assert sorted(key for key in store.objects if key.startswith(f"{CHECKPOINTS}/")) == [
        f"{CHECKPOINTS}/epoch-1",
        f"{CHECKPOINTS}/epoch-2",
    ]


@pytest.mark.parametrize(
    "stopping", [{"MaxRuntimeInSeconds": 60}, {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 59}]
)
def test_a_spot_job_that_waits_for_less_than_it_may_run_is_refused(stopping: dict[str, int], tmp_path: Path) -> None:
    with pytest.raises(jobs.JobError, match="Invalid MaxWaitTimeInSeconds"):
        jobs.train("train", arguments(StoppingCondition=stopping), tmp_path, MemoryStore(), Interrupted())
    assert list(tmp_path.iterdir()) == []
