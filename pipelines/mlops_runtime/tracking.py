"""Where runs are recorded and models registered, as the runner sees it."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, Protocol

from mlops_runtime.record import Dataset, RegisteredModel

RunStatus = Literal["finished", "failed", "stopped"]

DIGEST_TAG = "mlops.digest"
CODE_VERSION_TAG = "mlops.code_version"
IMAGE_TAG = "mlops.image"
DATA_DIGEST_TAG = "mlops.data_digest"
ENVIRONMENT_TAG = "mlops.environment"
OUTCOME_TAG = "mlops.outcome"
REASON_TAG = "mlops.reason"
GATE_TAG = "mlops.gate"
CHAMPION_TAG = "mlops.champion"
GRAPH_TAG = "mlops.graph"
STARTED_BY_TAG = "mlops.started_by"


class Tracker(Protocol):
    """The record of one run, from its first step to its last, and the registry of models.

    Every step makes its own; `open` finds the run that the first one began.

    Raises:
        TrackingError: From every method, when the server cannot be reached or refuses.
    """

    def open(self, *, run_name: str, parameters: Mapping[str, object], tags: Mapping[str, str]) -> str:
        """Begins the run, or finds it again.

        Returns:
            The run's id.
        """
        ...

    def log_metrics(self, metrics: Mapping[str, float]) -> None:
        """Record measured numbers; a later value of a name stands."""
        ...

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Record texts."""
        ...

    def log_dataset(self, dataset: Dataset, step: str) -> None:
        """Record data that a step read."""
        ...

    def log_artifact(self, path: Path, folder: str) -> None:
        """Record a file or a folder with everything in it, under `folder` of the run's artifacts."""
        ...

    def close(self, status: RunStatus) -> None:
        """End the run."""
        ...

    def register(self, directory: Path, name: str, tags: Mapping[str, str]) -> RegisteredModel:
        """Store a model, verify what was stored, then make it a version. The same run registers once."""
        ...

    def fetch(self, name: str, version: str, digest: str, destination: Path) -> Path:
        """Download a registered version and verifies its digest.

        Returns:
            The folder with the artifact's files.
        """
        ...


def data_digest(datasets: Iterable[Dataset]) -> str | None:
    """One digest for all the data that a run read: that of the only dataset, or one over their names and digests."""
    digests = sorted({(dataset.name, dataset.digest) for dataset in datasets})
    if len(digests) <= 1:
        return digests[0][1] if digests else None
    return "sha256:" + hashlib.sha256(json.dumps(digests).encode()).hexdigest()
