"""A run's record and the model registry in MLflow."""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mlops_runtime.artifact import ArtifactError, digest_directory, verify_directory
from mlops_runtime.errors import TrackingError
from mlops_runtime.record import Dataset, RegisteredModel
from mlops_runtime.tracking import DIGEST_TAG, RunStatus
from mlops_runtime.workspace import Workspace

NOTE = "mlflow.json"
MODEL_FOLDER = "model"
MLFLOW_STATUS: Mapping[RunStatus, str] = {"finished": "FINISHED", "failed": "FAILED", "stopped": "KILLED"}
LONGEST_TAG = 5000
LONGEST_PARAMETER = 6000
# MLflow's own client repeats what it sends. Seven tries with pauses of 1, 2, 4… seconds outlast a registry's restart
# (about a minute) and still end; its defaults would wait for many.
RETRIES = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "6",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "60",
}
QUIET = {"MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true"}


class MlflowTracker:
    """One MLflow run for the whole pipeline run; its id waits in the workspace for the later steps.

    Args:
        tracking_uri: Of an MLflow server, such as `http://mlflow:5000`, or anything else that MLflow takes.
        experiment: Name of the experiment, made where it is not there.
        workspace: The run's workspace.
    """

    def __init__(self, tracking_uri: str, experiment: str, workspace: Workspace) -> None:
        self._uri = tracking_uri
        self._experiment = experiment
        self._workspace = workspace
        self._run_id = ""
        for name, value in {**RETRIES, **QUIET}.items():
            os.environ.setdefault(name, value)
        from mlflow import MlflowClient  # noqa: PLC0415 - takes a second, and a run without a server has no use for it

        with self._telling("connect"):
            self._client = MlflowClient(tracking_uri=tracking_uri, registry_uri=tracking_uri)

    def open(self, *, run_name: str, parameters: Mapping[str, object], tags: Mapping[str, str]) -> str:
        """Begins the run, or finds it again."""
        note = json.loads(self._workspace.note(NOTE) or "{}")
        with self._telling("begin the run" if not note else "find the run again"):
            if note.get("tracking_uri") == self._uri:
                self._run_id = self._client.get_run(note["run_id"]).info.run_id
                self._client.update_run(self._run_id, status="RUNNING")
            else:
                run = self._client.create_run(self._experiment_id(), run_name=run_name, tags=_shortened(tags))
                self._run_id = run.info.run_id
                self._workspace.write_note(NOTE, json.dumps({"tracking_uri": self._uri, "run_id": self._run_id}))
                for name, value in parameters.items():
                    self._client.log_param(self._run_id, name, str(value)[:LONGEST_PARAMETER])
        return self._run_id

    def log_metrics(self, metrics: Mapping[str, float]) -> None:
        """Record measured numbers."""
        with self._telling("record metrics"):
            for name, value in metrics.items():
                self._client.log_metric(self._run_id, name, value, synchronous=True)

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Record texts."""
        with self._telling("record tags"):
            for name, value in _shortened(tags).items():
                self._client.set_tag(self._run_id, name, value, synchronous=True)

    def log_dataset(self, dataset: Dataset, step: str) -> None:
        """Record data that a step read as an input of the run."""
        from mlflow.entities import Dataset as MlflowDataset  # noqa: PLC0415 - as above
        from mlflow.entities import DatasetInput, InputTag  # noqa: PLC0415

        entity = MlflowDataset(
            name=dataset.name,
            # MLflow keeps 36 characters of a dataset's digest; the whole one stands in its profile.
            digest=dataset.digest.removeprefix("sha256:")[:36],
            source_type="external",
            source=json.dumps({"uri": dataset.source}),
            profile=json.dumps({"digest": dataset.digest, "rows": dataset.rows}),
        )
        with self._telling("record a dataset"):
            self._client.log_inputs(
                self._run_id, [DatasetInput(entity, [InputTag("mlflow.data.context", step)])], models=None
            )

    def log_artifact(self, path: Path, folder: str) -> None:
        """Upload a file or a folder to the run's artifacts."""
        with self._telling(f"upload {path.name}"):
            if path.is_dir():
                self._client.log_artifacts(self._run_id, str(path), folder or None)
            else:
                self._client.log_artifact(self._run_id, str(path), folder or None)

    def close(self, status: RunStatus) -> None:
        """End the run."""
        with self._telling("end the run"):
            self._client.set_terminated(self._run_id, MLFLOW_STATUS[status])

    def register(self, directory: Path, name: str, tags: Mapping[str, str]) -> RegisteredModel:
        """Upload a model, download it again and compare, and only then make it a version."""
        with self._telling(f"register the model {name}"):
            for known in self._client.search_model_versions(f"name='{name}' and run_id='{self._run_id}'"):
                if known.tags.get(DIGEST_TAG) == tags[DIGEST_TAG]:
                    return RegisteredModel(name=name, version=str(known.version), digest=tags[DIGEST_TAG])
            self._client.log_artifacts(self._run_id, str(directory), MODEL_FOLDER)
            source = f"{self._client.get_run(self._run_id).info.artifact_uri}/{MODEL_FOLDER}"
        with tempfile.TemporaryDirectory(prefix="mlops-read-back-") as temporary:
            self._download(source, tags[DIGEST_TAG], Path(temporary), f"model {name} of run {self._run_id}")
        with self._telling(f"register the model {name}"):
            self._make_registered_model(name)
            made = self._client.create_model_version(
                name, source, run_id=self._run_id, tags=_shortened(tags), await_creation_for=0
            )
            version = str(made.version)
            stored = self._client.get_model_version(name, version)
        if stored.status != "READY" or stored.source != source or stored.tags.get(DIGEST_TAG) != tags[DIGEST_TAG]:
            raise TrackingError(
                f"model {name} version {version}: got {stored.source} ({stored.status}) with"
                f" {stored.tags.get(DIGEST_TAG)} back, expected {source} with {tags[DIGEST_TAG]},"
                " fix: see who else writes to the registry, and run the pipeline again"
            )
        return RegisteredModel(name=name, version=version, digest=tags[DIGEST_TAG])

    def fetch(self, name: str, version: str, digest: str, destination: Path) -> Path:
        """Download a registered version and verify it."""
        with self._telling(f"find model {name} version {version}"):
            source = self._client.get_model_version_download_uri(name, version)
        return self._download(source, digest, destination, f"model {name} version {version}")

    def _download(self, source: str, digest: str, destination: Path, what: str) -> Path:
        from mlflow import artifacts  # noqa: PLC0415 - as above

        destination.mkdir(parents=True, exist_ok=True)
        with self._telling(f"download {what}"):
            directory = Path(
                artifacts.download_artifacts(
                    artifact_uri=source, dst_path=str(destination), tracking_uri=self._uri, registry_uri=self._uri
                )
            )
        try:
            verify_directory(directory, digest)
        except ArtifactError as error:
            raise TrackingError(
                f"{what} at {self._uri}: got {_digest_or_none(directory)}, expected digest {digest}:"
                " the stored files are not the registered ones"
            ) from error
        return directory

    def _experiment_id(self) -> str:
        from mlflow.exceptions import MlflowException  # noqa: PLC0415 - as above

        known = self._client.get_experiment_by_name(self._experiment)
        if known is None:
            try:
                return str(self._client.create_experiment(self._experiment))
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":  # another run may have been quicker
                    raise
            known = self._client.get_experiment_by_name(self._experiment)
            if known is None:
                raise TrackingError(
                    f"experiment {self._experiment!r} at {self._uri}: its name is taken, and got no experiment of it,"
                    " expected the one that another run has just made, fix: see what the server has, and run this again"
                )
        return str(known.experiment_id)

    def _make_registered_model(self, name: str) -> None:
        from mlflow.exceptions import MlflowException  # noqa: PLC0415 - as above

        try:
            self._client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    @contextmanager
    def _telling(self, what: str) -> Iterator[None]:
        from mlflow.exceptions import MlflowException  # noqa: PLC0415 - as above
        from requests import RequestException  # noqa: PLC0415

        try:
            yield
        except (MlflowException, RequestException, OSError) as error:
            reason = " ".join(str(error).split())[:600]
            raise TrackingError(
                f"MLflow at {self._uri}: got {reason}, expected it to {what} (where it did not answer,"
                f" {os.environ['MLFLOW_HTTP_REQUEST_MAX_RETRIES']} more tries were made), fix: look at its log"
            ) from error


def _shortened(tags: Mapping[str, str]) -> dict[str, Any]:
    return {name: value[:LONGEST_TAG] for name, value in tags.items()}


def _digest_or_none(directory: Path) -> str:
    try:
        return digest_directory(directory)
    except ArtifactError:
        return "nothing"
