"""A run's record and a registry of models in the workspace: for runs without a server."""

import json
import shutil
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlops_runtime.artifact import ArtifactError, digest_directory, verify_directory
from mlops_runtime.errors import TrackingError
from mlops_runtime.record import Dataset, RegisteredModel
from mlops_runtime.tracking import DIGEST_TAG, RunStatus
from mlops_runtime.workspace import Workspace

NOTE = "run.json"


class FileTracker:
    """Notes the run in `run/run.json`, its artifacts in `artifacts/` and models in `models/<name>/<version>/`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def open(self, *, run_name: str, parameters: Mapping[str, object], tags: Mapping[str, str]) -> str:
        """Begins the run, or finds it again."""
        note = self._read() or {
            "run_id": uuid.uuid4().hex,
            "name": run_name,
            "started": time.time(),
            "parameters": dict(parameters),
            "tags": {},
            "metrics": {},
            "datasets": {},
        }
        note["status"] = "running"
        note["tags"].update(tags)
        self._write(note)
        return str(note["run_id"])

    def log_metrics(self, metrics: Mapping[str, float]) -> None:
        """Record measured numbers."""
        note = self._opened()
        note["metrics"].update(metrics)
        self._write(note)

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Record texts."""
        note = self._opened()
        note["tags"].update(tags)
        self._write(note)

    def log_dataset(self, dataset: Dataset, step: str) -> None:
        """Record data that a step read."""
        note = self._opened()
        note["datasets"][dataset.name] = {**dataset.model_dump(exclude_none=True), "step": step}
        self._write(note)

    def log_artifact(self, path: Path, folder: str) -> None:
        """Copy a file or a folder to the run's artifacts."""
        destination = self._workspace.root / "artifacts" / folder
        destination.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, destination, dirs_exist_ok=True)
        else:
            shutil.copy2(path, destination / path.name)

    def close(self, status: RunStatus) -> None:
        """End the run."""
        note = self._opened()
        note.update(status=status, ended=time.time())
        self._write(note)

    def register(self, directory: Path, name: str, tags: Mapping[str, str]) -> RegisteredModel:
        """Copy a model to the next version's folder and verify the copy."""
        run_id = self._opened()["run_id"]
        versions = self._workspace.root / "models" / name
        for path in sorted(versions.glob("*/version.json"), key=lambda path: int(path.parent.name)):
            known = json.loads(path.read_text(encoding="utf-8"))
            if known["run_id"] == run_id and known["tags"][DIGEST_TAG] == tags[DIGEST_TAG]:
                return RegisteredModel(name=name, version=path.parent.name, digest=tags[DIGEST_TAG])
        taken = [int(path.name) for path in versions.glob("*") if path.name.isdigit()]
        version = str(max(taken, default=0) + 1)
        partial = versions / f".{version}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(directory, partial / "model")
        digest = digest_directory(partial / "model")
        if digest != tags[DIGEST_TAG]:
            raise TrackingError(
                f"model {name}: got {digest} back, expected what was stored, {tags[DIGEST_TAG]}, fix: is the disk full?"
            )
        (partial / "version.json").write_text(json.dumps({"run_id": run_id, "tags": dict(tags)}), encoding="utf-8")
        partial.rename(versions / version)
        return RegisteredModel(name=name, version=version, digest=digest)

    def fetch(self, name: str, version: str, digest: str, destination: Path) -> Path:  # noqa: ARG002 - nothing to copy
        """Find a version in the workspace and verify it."""
        directory = self._workspace.root / "models" / name / version / "model"
        try:
            verify_directory(directory, digest)
        except ArtifactError as error:
            raise TrackingError(
                f"model {name} version {version}: got {error}, expected it in the workspace: there is no registry,"
                " fix: run the pipeline here first, or name a tracking server"
            ) from error
        return directory

    def _read(self) -> dict[str, Any] | None:
        text = self._workspace.note(NOTE)
        return json.loads(text) if text else None

    def _opened(self) -> dict[str, Any]:
        note = self._read()
        if note is None:
            raise TrackingError(f"{self._workspace.run_folder / NOTE}: got no file, expected the run's record")
        return note

    def _write(self, note: Mapping[str, object]) -> None:
        self._workspace.write_note(NOTE, json.dumps(note, indent=2, sort_keys=True) + "\n")
