import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar
from urllib.parse import parse_qs

import pytest

from mlops_runtime.serving.mlflow_registry import MlflowRegistry
from mlops_runtime.serving.registry import RegistryRefusalError, RegistryUnavailableError

Answer = tuple[int, object]
API = "/api/2.0/mlflow/model-versions"
MODEL_API = "/api/2.0/mlflow/registered-models/get"


class Handler(BaseHTTPRequestHandler):
    """Answers as MLflow's server does, from a table of paths."""

    answers: ClassVar[dict[str, Answer | Callable[[dict[str, list[str]]], Answer]]] = {}

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        answer = self.answers.get(path, (404, {"error_code": "NOT_FOUND"}))
        status, document = answer(parse_qs(query)) if callable(answer) else answer
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    Handler.answers[MODEL_API] = (200, {"registered_model": {"name": "flight-delay"}})
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    Handler.answers.clear()


def version(status: str = "READY") -> dict[str, object]:
    tags = [{"key": "mlops.digest", "value": "sha256:1"}]
    return {"model_version": {"name": "flight-delay", "version": "7", "status": status, "tags": tags}}


def test_a_version_has_its_digest_and_its_address(url: str) -> None:
    Handler.answers[f"{API}/get"] = (200, version())
    Handler.answers[f"{API}/get-download-uri"] = (200, {"artifact_uri": "mlflow-artifacts:/1/models/m-1"})

    found = MlflowRegistry(url).version("flight-delay", "7")

    assert found.digest == "sha256:1"
    assert found.artifact_uri == "mlflow-artifacts:/1/models/m-1"


def test_the_sizes_of_a_versions_files_are_listed_folder_by_folder(url: str) -> None:
    listing = "/api/2.0/mlflow-artifacts/artifacts"
    folders: dict[str, list[dict[str, object]]] = {
        "1/models/m-1": [
            {"path": "MLmodel", "is_dir": False, "file_size": 7},
            {"path": "code", "is_dir": True},
            {"path": "unknown", "is_dir": False},
        ],
        "1/models/m-1/code": [{"path": "tree.py", "is_dir": False, "file_size": 11}],
    }
    Handler.answers[listing] = lambda query: (200, {"files": folders[query["path"][0]]})

    assert sorted(MlflowRegistry(url).sizes("mlflow-artifacts:/1/models/m-1")) == [7, 11]

    Handler.answers[listing] = (403, {"error_code": "PERMISSION_DENIED", "message": "not yours"})
    with pytest.raises(RegistryRefusalError, match="not yours"):
        MlflowRegistry(url).sizes("mlflow-artifacts:/1/models/m-1")


def test_a_version_that_is_not_ready_is_refused(url: str) -> None:
    Handler.answers[f"{API}/get"] = (200, version("FAILED_REGISTRATION"))
    Handler.answers[f"{API}/get-download-uri"] = (200, {"artifact_uri": "mlflow-artifacts:/1/models/m-1"})

    with pytest.raises(RegistryRefusalError, match=r"got FAILED_REGISTRATION .*, expected a version that is READY"):
        MlflowRegistry(url).version("flight-delay", "7")


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (404, "RESOURCE_DOES_NOT_EXIST", RegistryRefusalError),
        (403, "PERMISSION_DENIED", RegistryRefusalError),
        (500, "INTERNAL_ERROR", RegistryUnavailableError),
        (400, "TEMPORARILY_UNAVAILABLE", RegistryUnavailableError),
        (503, "TEMPORARILY_UNAVAILABLE", RegistryUnavailableError),
    ],
)
def test_what_may_pass_is_told_from_what_stays(url: str, status: int, code: str, expected: type[Exception]) -> None:
    Handler.answers[f"{API}/get"] = (status, {"error_code": code, "message": "why"})

    with pytest.raises(expected, match=r"why|50[03]"):
        MlflowRegistry(url).version("flight-delay", "7")


def test_a_server_that_is_down_may_come_back() -> None:
    with pytest.raises(RegistryUnavailableError, match="refused"):
        MlflowRegistry("http://127.0.0.1:9").version("flight-delay", "7")


def test_files_that_are_gone_stay_gone(url: str, tmp_path: Path) -> None:
    with pytest.raises(RegistryRefusalError):
        MlflowRegistry(url).download("mlflow-artifacts:/1/models/m-1", tmp_path)
