"""A model that takes its time: who else is answered meanwhile, and what the server's end waits for."""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from mlops_runtime.sagemaker.serving import SageMakerServer
from mlops_runtime.serving.drain import Drain
from mlops_runtime.serving.endpoint_server import EndpointServer
from mlops_runtime.serving.pace import FADING, QUICK_SECONDS, Pace
from mlops_runtime.serving.served_model import ServedModel, load_served_model
from mlops_runtime.serving.threads import CountingThreads
from sandbox.ports import free_port
from tests.unit.pipelines.sagemaker.servers import running
from tests.unit.pipelines.serving.artifacts import write_slow_artifact
from tests.unit.pipelines.serving.listening import ask_raw, connect, listening, post, read_answer

pytestmark = pytest.mark.filterwarnings("ignore:ORJSONResponse is deprecated")

NAME = "slow"
PREDICT = f"/v1/models/{NAME}:predict"
SOME_ROWS = 250
ENDLESS_ROWS = 50_000


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ml") / "model"
    write_slow_artifact(folder)
    return folder


@pytest.fixture(scope="module")
def served(model: Path) -> ServedModel:
    return load_served_model(model, NAME, "1")


def rows(number: int) -> bytes:
    return json.dumps({"instances": [[1]] * number}, separators=(",", ":")).encode()


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: endpoint\r\n\r\n".encode()


@pytest.mark.parametrize(("kind", "path"), [(EndpointServer, PREDICT), (SageMakerServer, "/invocations")])
def test_health_is_answered_while_a_few_rows_take_their_time(
    served: ServedModel, kind: Callable[..., EndpointServer], path: str
) -> None:
    health = ["/v2/health/live", f"/v2/models/{NAME}/ready", *(["/ping"] if kind is SageMakerServer else [])]
    server = kind(served, port=8080, drain=Drain(0), grace_seconds=1, body_limit_bytes=1_000_000)
    with listening(server) as port, closing(connect(port)) as connection:
        assert ask_raw(port, *post(path, rows(1))).status == 200
        connection.sendall(b"".join(post(path, rows(SOME_ROWS))))
        for route in health:
            assert ask_raw(port, get(route)).status == 200
        connection.setblocking(False)
        with pytest.raises(BlockingIOError):
            connection.recv(1)
        connection.settimeout(60)
        assert read_answer(connection).document == {"predictions": [1.0] * SOME_ROWS}


def test_a_model_is_as_slow_as_it_lately_was() -> None:
    pace = Pace()
    assert pace.is_quick(1_000_000)

    pace.note(10, 10 * QUICK_SECONDS)
    assert (pace.is_quick(1), pace.is_quick(2)) == (True, False)

    answers = 0
    while not pace.is_quick(2):
        pace.note(1, QUICK_SECONDS / 1000)
        answers += 1
    assert FADING**answers <= 0.5 < FADING ** (answers - 1)


def test_threads_know_how_many_are_at_work() -> None:
    threads = CountingThreads("test", max_workers=1)
    begun, release = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        release.wait(60)

    first = threads.submit(work)
    second = threads.submit(work)
    assert begun.wait(60)
    assert threads.working == 1
    second.cancel()
    release.set()
    first.result(60)
    assert threads.working == 0


def test_the_servers_end_does_not_wait_for_a_model_that_nobody_waits_for(model: Path) -> None:
    port = free_port()
    command = [
        *(sys.executable, "-m", "mlops_runtime.serving.server", "--model-directory", str(model)),
        *("--name", NAME, "--version", "1", "--port", str(port), "--drain-seconds", "0", "--grace-seconds", "1"),
    ]
    ready = f"/v2/models/{NAME}/ready"
    with (
        running(command, os.environ, f"http://127.0.0.1:{port}", ready) as (process, _),
        closing(connect(port)) as connection,
    ):
        connection.sendall(b"".join(post(PREDICT, rows(ENDLESS_ROWS))))
        assert ask_raw(port, *post(PREDICT, rows(1))).status == 200

        process.send_signal(signal.SIGTERM)

        assert process.wait(60) == 0
