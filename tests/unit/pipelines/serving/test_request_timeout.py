"""How long a request may take, on both servers: what is answered when its time is over, and what goes on meanwhile."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from mlops_runtime.artifact import digest_directory
from mlops_runtime.sagemaker.serving import SageMakerServer
from mlops_runtime.serving.drain import Drain
from mlops_runtime.serving.endpoint_server import EndpointServer
from mlops_runtime.serving.matrix import Matrix
from mlops_runtime.serving.pace import QUICK_SECONDS
from mlops_runtime.serving.runtimes.onnx import OnnxScorer
from mlops_runtime.serving.scorer import Answers
from mlops_runtime.serving.served_model import ServedModel, UnservableModelError
from sandbox.ports import free_port
from tests.unit.pipelines.sagemaker.servers import running, sagemaker_server
from tests.unit.pipelines.serving.artifacts import ROW, write_slow_artifact
from tests.unit.pipelines.serving.listening import ask_raw, connect, listening, post, read_answer

pytestmark = pytest.mark.filterwarnings("ignore:ORJSONResponse is deprecated")

PREDICT = "/v1/models/flight-delay:predict"
INFER = "/v2/models/flight-delay/infer"
ONE = json.dumps({"instances": [ROW]}).encode()
CLOUD_EVENT = ("ce-id: 1", "ce-source: test", "ce-type: row", "ce-specversion: 1.0")
TIMEOUT_SECONDS = 0.4
ENDLESS = json.dumps({"instances": [[1]] * 50_000}, separators=(",", ":")).encode()
LARGE = json.dumps({"instances": [ROW] * 2_000}).encode()
REASON = "the request: got no answer within 0.4 seconds; send fewer rows at a time, or raise the endpoint's"


@pytest.fixture(scope="module", params=[EndpointServer, SageMakerServer])
def server(served: ServedModel, request: pytest.FixtureRequest) -> EndpointServer:
    made: EndpointServer = request.param(
        served,
        port=8080,
        drain=Drain(0),
        grace_seconds=1,
        body_limit_bytes=1_000_000,
        request_timeout_seconds=TIMEOUT_SECONDS,
    )
    return made


@pytest.fixture(scope="module")
def port(server: EndpointServer) -> Iterator[int]:
    with listening(server) as own:
        yield own


@contextmanager
def busy(server: EndpointServer) -> Iterator[None]:
    """The one thread that reads large requests is at work, and cannot be interrupted."""
    begun, release = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        release.wait(60)

    future = server.threads.decoder.submit(work)
    assert begun.wait(60)
    try:
        yield
    finally:
        release.set()
        future.result(60)


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: endpoint\r\n\r\n".encode()


def counted(port: int, status: int) -> float:
    """How many requests have been answered so."""
    metrics = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    lines = (line for line in metrics.splitlines() if line.startswith("mlops_request_seconds_count{"))
    return sum(float(line.rpartition(" ")[2]) for line in lines if f'status="{status}"' in line)


@pytest.mark.parametrize(
    ("path", "body", "headers", "counts"),
    [
        (PREDICT, LARGE, (), 1),
        (INFER, LARGE, (), 1),
        ("/invocations", LARGE, (), 1),
        (PREDICT, ONE, CLOUD_EVENT, 1),
        ("/v2/models/other/infer", ONE, (), 0),
    ],
)
def test_a_request_without_an_answer_in_time_is_answered_504_and_the_connection_stays(
    server: EndpointServer, port: int, path: str, body: bytes, headers: tuple[str, ...], counts: int
) -> None:
    if path == "/invocations" and not isinstance(server, SageMakerServer):
        path = PREDICT
    health = ["/v2/health/live", "/v2/models/flight-delay/ready"]
    health += ["/ping"] if isinstance(server, SageMakerServer) else []
    before = counted(port, 504)
    with busy(server), closing(connect(port)) as connection:
        connection.sendall(b"".join(post(path, body, *headers)))
        late = read_answer(connection)
        # The thread is still at work.
        assert [ask_raw(port, get(route)).status for route in health] == [200] * len(health)
        connection.sendall(b"".join(post(PREDICT, ONE)))
        assert read_answer(connection).status == 200

    assert (late.status, list(late.document)) == (504, ["error"])
    assert late.document["error"].startswith(REASON)
    assert counted(port, 504) == before + counts
    assert ask_raw(port, *post(PREDICT, LARGE)).status == 200


def test_a_request_that_has_not_come_whole_in_time_is_answered_408_and_the_connection_ends(
    server: EndpointServer, port: int
) -> None:
    path = "/invocations" if isinstance(server, SageMakerServer) else PREDICT
    before = counted(port, 408)
    head, body = post(path, ONE)
    with closing(connect(port)) as connection:
        connection.sendall(head + body[:5])
        answer = read_answer(connection)
        # Whoever goes on sending is not reset.
        connection.sendall(body[5:])
        assert connection.recv(1000) == b""

    assert answer.status == 408
    assert answer.document["error"].startswith("the request's body: got only a part of it within 0.4 seconds; ")
    assert "connection: close" in answer.head
    assert counted(port, 408) == before + 1


@pytest.fixture(scope="module")
def slow_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ml") / "model"
    write_slow_artifact(folder, rounds_per_row=500)
    return folder


@contextmanager
def kubernetes(model: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    port = free_port()
    command = [
        *(sys.executable, "-m", "mlops_runtime.serving.server", "--model-directory", str(model)),
        *("--name", "flight-delay", "--version", "7", "--port", str(port)),
        *("--drain-seconds", "1", "--request-timeout-seconds", "2"),
    ]
    with running(command, os.environ, f"http://127.0.0.1:{port}", "/v2/models/flight-delay/ready") as started:
        yield started


@contextmanager
def sagemaker(model: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    variables = {
        "MLOPS_MODEL_NAME": "flight-delay",
        "MLOPS_MODEL_VERSION": "7",
        "MLOPS_MODEL_DIGEST": digest_directory(model),
        "MLOPS_REQUEST_TIMEOUT_SECONDS": "2",
    }
    with sagemaker_server(model.parent, variables) as started:
        yield started


@pytest.mark.parametrize(
    ("started", "path", "ready"),
    [(kubernetes, PREDICT, "/v2/models/flight-delay/ready"), (sagemaker, "/invocations", "/ping")],
)
def test_a_model_that_goes_on_for_ever_costs_the_server_neither_its_health_nor_its_end(
    slow_model: Path, started: Any, path: str, ready: str
) -> None:
    with started(slow_model) as (process, url):
        assert httpx.post(f"{url}{path}", content=ENDLESS, timeout=60).status_code == 504
        assert httpx.get(f"{url}{ready}", timeout=10).status_code == 200
        assert httpx.post(f"{url}{path}", json={"instances": [[3]]}, timeout=60).json() == {"predictions": [3.0]}

        process.send_signal(signal.SIGTERM)

        assert process.wait(60) == 0


def test_a_model_that_cannot_answer_its_golden_rows_in_time_is_not_served(
    served: ServedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_score = OnnxScorer.score

    def slow(scorer: OnnxScorer, matrix: Matrix) -> Answers:
        time.sleep(2 * QUICK_SECONDS)
        return own_score(scorer, matrix)

    monkeypatch.setattr(OnnxScorer, "score", slow)
    server = EndpointServer(
        served, port=0, drain=Drain(0), grace_seconds=1, body_limit_bytes=1_000_000, request_timeout_seconds=0.001
    )
    with pytest.raises(UnservableModelError, match="got status 504"):
        server.run()
