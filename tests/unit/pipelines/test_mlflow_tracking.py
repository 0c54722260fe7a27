import json
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from mlops_runtime.errors import TrackingError
from mlops_runtime.gate import Gate
from mlops_runtime.local import run_local
from mlops_runtime.mlflow_tracking import MlflowTracker
from mlops_runtime.workspace import Workspace
from tests.unit.pipelines.example_steps import GRAPH

pytestmark = pytest.mark.filterwarnings("ignore")
NO_SERVER = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real MLflow store, without the server before it."""
    pytest.importorskip("alembic", reason="needs the extra `registry`")
    folder = tmp_path_factory.mktemp("mlflow")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield f"sqlite:///{folder}/mlflow.db"


@pytest.fixture
def client(uri: str) -> Any:
    with warnings.catch_warnings(action="ignore"):
        from mlflow import MlflowClient  # noqa: PLC0415 - warns when it is imported

        return MlflowClient(tracking_uri=uri, registry_uri=uri)


def only_run(client: Any, workspace: Path) -> Any:
    return client.get_run(json.loads((workspace / "run" / "mlflow.json").read_text())["run_id"])


def test_all_steps_are_one_run_and_its_model_is_found_with_its_origin(uri: str, client: Any, tmp_path: Path) -> None:
    result = run_local(GRAPH, tmp_path, {"error": 0.5}, gate=Gate(metric="error", max=1.0), tracking_uri=uri)

    assert result.failed is None
    assert result.model is not None
    run = only_run(client, tmp_path)
    assert run.info.status == "FINISHED"
    assert run.data.params["error"] == "0.5"
    assert run.data.metrics["error"] == 0.5
    assert run.data.tags["mlops.outcome"] == "succeeded"
    assert run.data.tags["mlops.gate"] == "error <= 1.0"
    assert run.data.tags["mlops.step.train.inputs"] == f"load={result.records[0].output_digest}"
    dataset = run.inputs.dataset_inputs[0].dataset
    assert (dataset.name, json.loads(dataset.profile)["digest"]) == ("numbers", "sha256:" + "1" * 64)
    version = client.get_model_version("example", result.model.version)
    assert version.run_id == run.info.run_id
    assert version.tags["mlops.digest"] == result.model.digest
    assert version.tags["mlops.data_digest"] == "sha256:" + "1" * 64


def test_a_step_that_fails_fails_the_run_with_its_reason(uri: str, client: Any, tmp_path: Path) -> None:
    run_local(GRAPH, tmp_path, {"fail_in": "train"}, tracking_uri=uri)

    run = only_run(client, tmp_path)
    assert run.info.status == "FAILED"
    assert run.data.tags["mlops.reason"] == "train: numbers: got three, expected four, fix: add one"


def test_a_rejected_model_is_a_finished_run_without_a_version(uri: str, client: Any, tmp_path: Path) -> None:
    before = len(client.search_model_versions("name='example'"))
    run_local(GRAPH, tmp_path, {"error": 2.0}, gate=Gate(metric="error", max=1.0), tracking_uri=uri)

    run = only_run(client, tmp_path)
    assert run.info.status == "FINISHED"
    assert run.data.tags["mlops.outcome"] == "rejected"
    assert len(client.search_model_versions("name='example'")) == before


def test_a_registered_version_is_fetched_only_while_it_is_what_was_registered(
    uri: str, client: Any, tmp_path: Path
) -> None:
    model = run_local(GRAPH, tmp_path / "w", tracking_uri=uri).model
    assert model is not None
    tracker = MlflowTracker(uri, "example", Workspace(tmp_path / "other"))

    fetched = tracker.fetch("example", model.version, model.digest, tmp_path / "first")
    assert (fetched / "weights.txt").read_text() == "3 2 1"
    source = Path(client.get_model_version_download_uri("example", model.version).removeprefix("file://"))
    (source / "weights.txt").write_text("tampered")
    with pytest.raises(TrackingError, match=rf"got sha256:.*, expected digest {model.digest}"):
        tracker.fetch("example", model.version, model.digest, tmp_path / "second")
    with pytest.raises(TrackingError, match="expected it to find model example version 999"):
        tracker.fetch("example", "999", model.digest, tmp_path / "third")


def test_a_model_that_is_stored_otherwise_becomes_no_version(
    uri: str, client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = type(client).log_artifacts

    def corrupt(self: Any, run_id: str, local_dir: str, artifact_path: str | None = None) -> None:
        spoiled = tmp_path / "spoiled"
        spoiled.mkdir()
        (spoiled / "weights.txt").write_text("cut o")
        upload(self, run_id, str(spoiled), artifact_path)

    monkeypatch.setattr(type(client), "log_artifacts", corrupt)
    before = len(client.search_model_versions("name='example'"))
    result = run_local(GRAPH, tmp_path / "w", tracking_uri=uri)

    assert result.failed is not None
    assert result.failed.step == "register"
    assert "the stored files are not the registered ones" in result.failed.message
    assert len(client.search_model_versions("name='example'")) == before


def test_fails_when_the_registry_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    result = run_local(GRAPH, tmp_path, tracking_uri=NO_SERVER)

    assert result.failed is not None
    assert result.failed.step == "load"
    assert result.failed.message.startswith(f"MLflow at {NO_SERVER}: got ")
    assert "expected it to begin the run" in result.failed.message
    assert not (tmp_path / "outputs" / "load").exists()


def test_the_store_holds_no_second_run_for_one_workspace(uri: str, tmp_path: Path) -> None:
    run_local(GRAPH, tmp_path, tracking_uri=uri)
    with closing(sqlite3.connect(uri.removeprefix("sqlite:///"))) as store:
        before = store.execute("select count(*) from runs").fetchone()
        tracker = MlflowTracker(uri, "example", Workspace(tmp_path))
        tracker.open(run_name="again", parameters={"error": 1.0}, tags={})
        after = store.execute("select count(*) from runs").fetchone()

    assert before == after


def test_says_so_when_an_experiments_name_is_taken_and_the_experiment_is_not_found(
    uri: str, client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.create_experiment("vanishes")
    tracker = MlflowTracker(uri, "vanishes", Workspace(tmp_path))
    monkeypatch.setattr(tracker._client, "get_experiment_by_name", lambda _name: None)
    with pytest.raises(TrackingError, match=r"experiment 'vanishes' at .*: its name is taken"):
        tracker.open(run_name="run", parameters={}, tags={})
