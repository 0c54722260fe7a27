"""The process beside the server that reads its largest requests: what it makes of them, and when it comes and goes."""

import fcntl
import os
import select
import shutil
import signal
import subprocess
import sys
import termios
from array import array
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import numpy
import pytest

from mlops_runtime.artifact import digest_directory
from mlops_runtime.sagemaker.invocation_protocol import InvocationProtocol
from mlops_runtime.sagemaker.serving import SageMakerServer
from mlops_runtime.serving.columns import ColumnReader, Columns
from mlops_runtime.serving.contract import Feature, ModelOutput, ServingContract
from mlops_runtime.serving.decoding_process import DecodingProcess, DecodingProcessError
from mlops_runtime.serving.drain import Drain
from mlops_runtime.serving.endpoint_server import EndpointServer
from mlops_runtime.serving.input_error import InputError
from mlops_runtime.serving.protocol import Body
from mlops_runtime.serving.protocol_v1 import PredictProtocol
from mlops_runtime.serving.protocol_v2_binary import BinaryInferProtocol
from mlops_runtime.serving.request_path import DECODED_IN_THREAD_BYTES
from mlops_runtime.serving.served_model import ServedModel
from mlops_runtime.serving.unknown_categories import UNKNOWN_CATEGORIES, UnknownCategories
from sandbox.ports import free_port
from tests.unit.pipelines.sagemaker.servers import running, sagemaker_server
from tests.unit.pipelines.serving.artifacts import ROW
from tests.unit.pipelines.serving.listening import ask_raw, connect, listening, post, read_answer
from tests.unit.pipelines.serving.test_wrong_batches import V1_BATCHES, V2_BATCHES, binary, v1, v2
from tests.unit.pipelines.test_imports import loaded_by

pytestmark = pytest.mark.filterwarnings("ignore:ORJSONResponse is deprecated")

PREDICT = "/v1/models/flight-delay:predict"
INFER = "/v2/models/flight-delay/infer"
ONE_ROW_OF_MANY_NAMES = v1({f"c{number}": 0 for number in range(150_000)})
MANY_ROWS = v1(*[{**ROW, "carrier": "Zeppelin"}] * 20_000)
MATRIX = v2([1] * 240_000, 60_000, parameters={"padding": " " * 999_999})


def test_the_bodies_are_large() -> None:
    assert min(len(body) for body in (ONE_ROW_OF_MANY_NAMES, MANY_ROWS, MATRIX)) > DECODED_IN_THREAD_BYTES


@pytest.fixture(scope="module")
def process() -> Iterator[DecodingProcess]:
    made = DecodingProcess()
    yield made
    made.close()


def outcome(read: Callable[[Body], tuple[Any, Any]], body: Body) -> object:
    """What is comparable of what became of a body."""
    try:
        batch, request = read(body)
    except InputError as error:
        return error.to_document()
    return (batch if isinstance(batch, Columns) else (batch.tobytes(), batch.dtype, batch.shape)), request


def test_it_reads_as_the_server_itself_does(process: DecodingProcess, served: ServedModel) -> None:
    predict, infer, invocations = served.predict_protocol, served.infer_protocol, InvocationProtocol(served)
    tensor = {"name": "features", "shape": [1, 4], "datatype": "FP32", "parameters": {"binary_data_size": 16}}
    raw, json_bytes = binary({"inputs": [tensor], "id": "one"}, numpy.ones(4, "<f4").tobytes())
    cases: list[tuple[Callable[[Body], tuple[Any, Any]], Body]] = [
        *((read, body) for read in (predict.decode, invocations.decode) for body in (*V1_BATCHES.values(), v1(ROW))),
        *((read, body) for read in (infer.decode, invocations.decode) for body in (*V2_BATCHES.values(), MATRIX)),
        (BinaryInferProtocol(infer, json_bytes).decode, raw),
        (predict.decode, bytearray(v1(ROW))),
    ]
    for read, body in cases:
        assert outcome(partial(process.call, read), body) == outcome(read, body)


def test_it_reads_columns_of_any_types(process: DecodingProcess) -> None:
    features = (
        Feature(name="text", dtype="text", nullable=True),
        Feature(name="code", dtype="category", vocabulary=("a", "b"), nullable=True, unknown_category="missing"),
        Feature(name="vector", dtype="vector", length=2),
    )
    contract = ServingContract(features=features, outputs=(ModelOutput(name="y"),))
    unknown = UnknownCategories(contract, "columns", "1")
    protocol = PredictProtocol(contract, ColumnReader(contract, unknown.count))
    counter = UNKNOWN_CATEGORIES.labels("columns", "1", "code")
    before = counter._value.get()

    for row in (["", "z", [1, 2.5]], [None, "a", [1]], [3, None, [0, 0]]):
        body = v1(row, ["e\u0301", "b", [0, 1e300]])
        assert outcome(partial(process.call, protocol.decode), body) == outcome(protocol.decode, body)
    # The first body is right: read twice, each time with one category that is not known.
    assert counter._value.get() == before + 2


def test_what_goes_wrong_there_is_told_and_the_next_is_read(process: DecodingProcess) -> None:
    with pytest.raises(DecodingProcessError, match="ValueError: invalid literal for int"):
        process.call(int, b"no number")

    # What is printed there gets into no answer.
    assert process.call(print, b"text") is None
    assert process.call(len, b"four") == 4


def test_a_process_that_was_killed_is_started_again() -> None:
    process = DecodingProcess()
    try:
        assert process.call(len, b"one") == 3
        first = process.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)

        assert process.call(len, b"four") == 4
        assert process.pid != first
        with pytest.raises(DecodingProcessError, match=r"exit code 3, .* fix: look for what killed it"):
            process.call(os._exit, 3)  # type: ignore[arg-type]
    finally:
        process.close()
    assert process.pid is None


def test_where_no_process_can_be_started_the_request_is_read_all_the_same(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refuse)

    assert DecodingProcess().call(len, b"four") == 4
    assert "no process to read a large request could be started" in caplog.text


def test_it_loads_neither_the_model_nor_the_server() -> None:
    loaded = loaded_by("mlops_runtime.serving.reading_requests, mlops_runtime.sagemaker.invocation_protocol")
    assert loaded & {"onnxruntime", "kserve", "fastapi", "uvicorn", "pandas"} == set()


@pytest.fixture(params=[EndpointServer, SageMakerServer])
def server(served: ServedModel, request: pytest.FixtureRequest) -> EndpointServer:
    made: EndpointServer = request.param(
        served, port=8080, drain=Drain(0), grace_seconds=1, body_limit_bytes=16 * 1024 * 1024
    )
    return made


@contextmanager
def stopped(server: EndpointServer) -> Iterator[int]:
    """The process does nothing, until it is left to."""
    pid = server.threads.decoding_process.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        yield pid
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def wait_until_asked(server: EndpointServer) -> None:
    """Returns once a part of a request lies before the process."""
    process = server.threads.decoding_process._process
    assert process is not None
    assert process.stdin is not None
    waiting = array("i", [0])
    while not waiting[0]:
        fcntl.ioctl(process.stdin, termios.FIONREAD, waiting)


def test_health_is_answered_while_one_row_of_many_names_is_read(server: EndpointServer) -> None:
    path = "/invocations" if isinstance(server, SageMakerServer) else PREDICT
    health = ["/v2/health/live", "/v2/models/flight-delay/ready"]
    health += ["/ping"] if isinstance(server, SageMakerServer) else []
    with listening(server) as port:
        assert ask_raw(port, *post(path, v1(*[ROW] * 3_000))).status == 200
        # No smaller request starts it.
        assert server.threads.decoding_process.pid is None
        assert ask_raw(port, *post(path, ONE_ROW_OF_MANY_NAMES)).status == 400
        with closing(connect(port)) as connection:
            with stopped(server) as pid:
                connection.sendall(b"".join(post(path, ONE_ROW_OF_MANY_NAMES)))
                # Nobody but that process reads it, and that process stands still.
                for route in health:
                    assert ask_raw(port, f"GET {route} HTTP/1.1\r\nHost: endpoint\r\n\r\n".encode()).status == 200
                assert ask_raw(port, *post(PREDICT, v1(ROW))).status == 200
                connection.setblocking(False)
                with pytest.raises(BlockingIOError):
                    connection.recv(1)
                connection.settimeout(60)
            answer = read_answer(connection)
        assert answer.status == 400
        assert answer.document["problems"][0]["place"] == "instances[0].c0"
    assert server.threads.decoding_process.pid is None
    assert not Path(f"/proc/{pid}").exists()


@contextmanager
def kubernetes(model: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    port = free_port()
    command = [
        *(sys.executable, "-m", "mlops_runtime.serving.server", "--model-directory", str(model)),
        *("--name", "flight-delay", "--version", "7", "--port", str(port), "--drain-seconds", "0"),
    ]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    with running(command, environment, f"http://127.0.0.1:{port}", "/v2/models/flight-delay/ready") as started:
        yield started


@contextmanager
def sagemaker(model: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    root = model.parent / "root"
    shutil.copytree(model, root / "model")
    variables = {
        "MLOPS_MODEL_NAME": "flight-delay",
        "MLOPS_MODEL_VERSION": "7",
        "MLOPS_MODEL_DIGEST": digest_directory(model),
    }
    with sagemaker_server(root, variables) as started:
        yield started


def children(process: int) -> set[int]:
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return {int(child) for task in tasks for child in task.read_text().split()}


@pytest.mark.parametrize(("started", "path"), [(kubernetes, PREDICT), (sagemaker, "/invocations")])
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_the_server_however_that_ends(
    artifact_copy: Path, started: Any, path: str, ending: signal.Signals
) -> None:
    with started(artifact_copy) as (server, url):
        assert httpx.post(f"{url}{path}", content=v1(*[ROW] * 3_000), timeout=60).status_code == 200
        assert children(server.pid) == set()
        assert httpx.post(f"{url}{path}", content=ONE_ROW_OF_MANY_NAMES, timeout=60).status_code == 400
        (reader,) = (os.pidfd_open(child) for child in children(server.pid))

        server.send_signal(ending)

        assert server.wait(60) == (0 if ending == signal.SIGTERM else -ending)
        # The descriptor of a process can be read from once the process has ended.
        assert select.select([reader], [], [], 60)[0] == [reader]
        os.close(reader)


def test_a_request_whose_reader_is_killed_is_answered_500_and_the_next_one_200(server: EndpointServer) -> None:
    with listening(server) as port:
        assert ask_raw(port, *post(INFER, MATRIX)).status == 200
        with closing(connect(port)) as connection, stopped(server) as pid:
            connection.sendall(b"".join(post(PREDICT, MANY_ROWS)))
            wait_until_asked(server)
            os.kill(pid, signal.SIGKILL)
            assert read_answer(connection).status == 500
        assert ask_raw(port, *post(PREDICT, MANY_ROWS)).status == 200


def test_unknown_categories_of_the_largest_requests_are_counted(server: EndpointServer) -> None:
    def counted(port: int) -> float:
        metrics = ask_raw(port, b"GET /metrics HTTP/1.1\r\nHost: endpoint\r\n\r\n").body.decode()
        lines = (line for line in metrics.splitlines() if line.startswith("mlops_unknown_categories_total{"))
        return sum(float(line.rpartition(" ")[2]) for line in lines if 'feature="carrier"' in line)

    with listening(server) as port:
        before = counted(port)
        assert ask_raw(port, *post(PREDICT, MANY_ROWS)).status == 200
        assert counted(port) == before + 20_000
