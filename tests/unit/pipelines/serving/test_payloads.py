"""What a server writes down of its requests, over real HTTP: ids, traces, records, and what may go wrong with them."""

import gzip
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy
import pytest

from mlops_runtime.monitoring.payloads import files
from mlops_runtime.monitoring.payloads.settings import PayloadSettings
from mlops_runtime.monitoring.store import FolderStore
from mlops_runtime.serving.binary_tensors import JSON_BYTES_HEADER
from mlops_runtime.serving.drain import Drain
from mlops_runtime.serving.endpoint_server import EndpointServer
from mlops_runtime.serving.payload_log import kept, payload_log_of
from mlops_runtime.serving.served_model import ServedModel, UnservableModelError
from sandbox.ports import free_port
from tests.unit.pipelines.serving.artifacts import ROW
from tests.unit.pipelines.serving.listening import listening

pytestmark = pytest.mark.filterwarnings("ignore:ORJSONResponse is deprecated")

PREDICT = "/v1/models/flight-delay:predict"
INFER = "/v2/models/flight-delay/infer"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
MATRIX = {"name": "features", "shape": [1, 4], "datatype": "FP32", "data": [12.5, 1, 1, 8]}


@contextmanager
def process(artifact: Path, settings: dict[str, Any]) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    port = free_port()
    command = [
        *(sys.executable, "-m", "mlops_runtime.serving.server", "--model-directory", str(artifact)),
        *("--name", "flight-delay", "--version", "7", "--port", str(port), "--drain-seconds", "0"),
    ]
    environment = {**os.environ, "MLOPS_PAYLOADS": json.dumps(settings), "PYTHONWARNINGS": "ignore"}
    server = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 120
        while not _is_ready(url):
            assert server.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield server, url
    finally:
        server.kill()
        server.wait()


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/v2/models/flight-delay/ready", timeout=10).is_success
    except httpx.TransportError:
        return False


def records(folder: Path) -> list[dict[str, Any]]:
    names = FolderStore(folder).names()
    lines = [line for name in names for line in gzip.decompress((folder / name).read_bytes()).splitlines()]
    return [json.loads(line) for line in lines]


def outcome(url: str, name: str) -> float:
    for line in httpx.get(f"{url}/metrics").text.splitlines():
        if line.startswith("mlops_payloads_total{") and f'outcome="{name}"' in line:
            assert 'model_name="flight-delay"' in line
            assert 'model_version="7"' in line
            return float(line.rpartition(" ")[2])
    raise AssertionError(f"no counter of {name}")


def reaches(url: str, name: str, value: float) -> bool:
    deadline = time.monotonic() + 20
    while outcome(url, name) != value:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_a_request_is_written_down_with_its_id_trace_and_key(artifact: Path, tmp_path: Path) -> None:
    settings = {"location": str(tmp_path), "redacted_features": ["origin"], "text_characters_max": 4}
    with process(artifact, settings) as (server, url):
        digest = httpx.get(f"{url}/mlops/identity").json()["digest"]
        headers = {"x-prediction-id": "mine-1", "traceparent": TRACEPARENT, "x-entity-key": "N14228"}
        rows = [{**ROW, "carrier": "Unheard of"}, [1, None, "EWR", 3]]
        answer = httpx.post(f"{url}{PREDICT}", json={"instances": rows}, headers=headers)
        assert answer.headers["x-prediction-id"] == "mine-1"
        assert answer.headers["traceparent"] == TRACEPARENT
        assert answer.headers["mlops-model-version"] == "7"
        told = answer.json()["predictions"]
        anonymous = httpx.post(f"{url}{PREDICT}", json={"instances": [ROW]})
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) == 0

    first, second, third = records(tmp_path)
    assert first.keys() == {
        *("prediction_id", "row", "time", "model", "version", "digest", "trace_id", "key", "inputs", "outputs"),
        "latency_milliseconds",
    }
    assert (first["prediction_id"], first["row"], second["row"]) == ("mine-1", 0, 1)
    assert (first["model"], first["version"], first["digest"]) == ("flight-delay", "7", digest)
    assert (first["trace_id"], first["key"]) == (TRACE, "N14228")
    # As the caller gave it, though the model knows no such carrier.
    assert first["inputs"] == {**ROW, "carrier": "Unhe…", "origin": "<redacted>"}
    assert second["inputs"] == {
        "departure_delay_minutes": 1,
        "carrier": None,
        "origin": "<redacted>",
        "wind_speed": 3,
    }
    assert [each["outputs"] for each in (first, second)] == [{"arrival_delay_minutes": one} for one in told]
    assert 0 < first["latency_milliseconds"] < 60_000
    assert first["time"].endswith("Z")
    assert (third["prediction_id"], third["trace_id"], third["key"]) == (
        anonymous.headers["x-prediction-id"],
        None,
        None,
    )
    # What an update asks of its golden rows, and the server of itself, is nobody's prediction.
    (name,) = FolderStore(tmp_path).names()
    day, hour, _ = name.split("/")
    assert (day, hour) == (f"date={first['time'][:10]}", f"hour={first['time'][11:13]}")


@contextmanager
def endpoint(served: ServedModel, settings: PayloadSettings | None) -> Iterator[str]:
    server = EndpointServer(
        served, port=0, drain=Drain(0), grace_seconds=1, body_limit_bytes=16_000_000, payloads=settings
    )
    try:
        with kept(server.payloads, served), listening(server) as port:
            yield f"http://127.0.0.1:{port}"
    finally:
        if server.spans is not None:
            server.spans.close()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every look into the queue ends in a file."""
    monkeypatch.setattr(files, "FILE_SECONDS", 0.0)


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        ({"id": "by-protocol", "inputs": [MATRIX]}, {"x-prediction-id": "by-header"}, "by-protocol"),
        ({"inputs": [MATRIX]}, {"x-prediction-id": "by-header"}, "by-header"),
        ({"id": "", "inputs": [MATRIX]}, {}, None),
    ],
)
def test_the_protocols_own_id_goes_before_the_headers(
    served: ServedModel, body: dict[str, Any], headers: dict[str, str], expected: str | None
) -> None:
    with endpoint(served, None) as url:
        answer = httpx.post(f"{url}{INFER}", json=body, headers=headers)
    given = answer.headers["x-prediction-id"]
    assert answer.json()["id"] == given
    assert given == expected if expected else len(given) == 32


@pytest.mark.parametrize(
    ("path", "body", "headers", "place"),
    [
        (INFER, {"id": "two words", "inputs": [MATRIX]}, {}, "id"),
        (INFER, {"id": "x" * 129, "inputs": [MATRIX]}, {}, "id"),
        (INFER, {"id": "a\r\nset-cookie: b", "inputs": [MATRIX]}, {}, "id"),
        (PREDICT, {"instances": [ROW]}, {"x-prediction-id": "a/b"}, "x-prediction-id"),
        (PREDICT, {"instances": [ROW]}, {"x-entity-key": "k" * 257}, "x-entity-key"),
    ],
)
def test_an_id_that_could_not_be_found_again_is_refused(
    served: ServedModel, tmp_path: Path, path: str, body: dict[str, Any], headers: dict[str, str], place: str
) -> None:
    with endpoint(served, PayloadSettings(location=str(tmp_path))) as url:
        answer = httpx.post(f"{url}{path}", json=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["place"] == place
    assert len(answer.headers["x-prediction-id"]) == 32
    assert records(tmp_path) == []


@pytest.mark.parametrize(
    "traceparent",
    ["", "00-0-0-01", f"ff-{TRACE}-00f067aa0ba902b7-01", f"00-{'0' * 32}-00f067aa0ba902b7-01", f"{TRACEPARENT}-more"],
)
def test_what_is_no_traceparent_is_no_trace_and_no_error(served: ServedModel, traceparent: str) -> None:
    with endpoint(served, None) as url:
        answer = httpx.post(f"{url}{PREDICT}", json={"instances": [ROW]}, headers={"traceparent": traceparent})
    assert answer.status_code == 200
    assert "traceparent" not in answer.headers


@pytest.mark.usefixtures("at_once")
def test_every_form_of_a_request_is_written_the_same(served: ServedModel, tmp_path: Path) -> None:
    columns = [
        {"name": name, "shape": [1], "datatype": "BYTES" if isinstance(value, str) else "FP32", "data": [value]}
        for name, value in ROW.items()
    ]
    raw = numpy.array(MATRIX["data"], dtype="<f4").tobytes()
    tensor = {**MATRIX, "parameters": {"binary_data_size": len(raw)}}
    del tensor["data"]
    head = json.dumps({"inputs": [tensor]}).encode()
    with endpoint(served, PayloadSettings(location=str(tmp_path))) as url:
        httpx.post(f"{url}{PREDICT}", json={"instances": [ROW]})
        httpx.post(f"{url}{PREDICT}", json={"instances": [list(ROW.values())]})
        httpx.post(f"{url}{INFER}", json={"inputs": columns})
        httpx.post(f"{url}{INFER}", json={"inputs": [MATRIX]})
        httpx.post(f"{url}{INFER}", content=head + raw, headers={JSON_BYTES_HEADER.decode(): str(len(head))})
        assert reaches(url, "written", 5)
    found = records(tmp_path)
    assert [each["inputs"] for each in found] == [ROW] * 5
    assert len({json.dumps(each["outputs"]) for each in found}) == 1


def test_a_sample_is_the_same_for_everybody(served: ServedModel, tmp_path: Path) -> None:
    for number in (1, 2):
        with endpoint(served, PayloadSettings(location=str(tmp_path / str(number)), sampling_percent=30)) as url:
            for one in range(60):
                httpx.post(f"{url}{PREDICT}", json={"instances": [ROW]}, headers={"x-prediction-id": f"flight-{one}"})
            out = outcome(url, "sampled_out")
    first, second = (sorted(each["prediction_id"] for each in records(tmp_path / name)) for name in "12")
    assert first == second
    assert 5 < len(first) < 35
    assert out == 60 - len(first)


def test_golden_rows_of_an_update_are_not_written(served: ServedModel, tmp_path: Path) -> None:
    from mlops_runtime.serving.truth_check import Pinned, check_endpoint  # noqa: PLC0415

    identity = served.identity
    pinned = Pinned(identity.name, identity.version, identity.digest, served.contract, served.golden)
    with endpoint(served, PayloadSettings(location=str(tmp_path))) as url:
        check_endpoint(url, pinned, connections=1, settle_seconds=0)
        assert outcome(url, "sampled_out") == 2 * len(served.golden.rows)
    assert records(tmp_path) == []


@pytest.mark.usefixtures("at_once")
def test_a_full_volume_costs_records_and_no_request(
    served: ServedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    own = FolderStore.write
    is_full = True

    def write(store: FolderStore, name: str, content: bytes) -> None:
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        # The system refuses to write more than that: the error is that of a quota.
        resource.setrlimit(resource.RLIMIT_FSIZE, (10 if is_full else limits[0], limits[1]))
        try:
            own(store, name, content)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    monkeypatch.setattr(FolderStore, "write", write)
    caplog.set_level("ERROR")
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with endpoint(served, PayloadSettings(location=str(tmp_path))) as url:
            for sent in range(1, 4):
                assert httpx.post(f"{url}{PREDICT}", json={"instances": [ROW]}).status_code == 200
                assert reaches(url, "failed", sent)
            assert [*tmp_path.rglob("*.*")] == []
            is_full = False
            httpx.post(f"{url}{PREDICT}", json={"instances": [ROW]})
            assert reaches(url, "written", 1)
    finally:
        signal.signal(signal.SIGXFSZ, before)
    lines = [each.getMessage() for each in caplog.records if "payloads:" in each.getMessage()]
    assert len(lines) == 1, lines
    assert str(tmp_path) in lines[0]
    assert "File too large" in lines[0]
    assert len(records(tmp_path)) == 1


@pytest.mark.usefixtures("at_once")
def test_a_volume_that_hangs_blocks_no_request(
    served: ServedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging, own = threading.Event(), FolderStore.write

    def write(store: FolderStore, name: str, content: bytes) -> None:
        hanging.wait(60)
        own(store, name, content)

    monkeypatch.setattr(FolderStore, "write", write)
    rows = [ROW] * 2000
    body = json.dumps({"instances": rows}).encode()
    with endpoint(served, PayloadSettings(location=str(tmp_path), queue_mib=1)) as url:
        for _ in range(8):
            assert httpx.post(f"{url}{PREDICT}", content=body, timeout=30).status_code == 200
            time.sleep(0.2)
        dropped = outcome(url, "dropped_queue_full")
        assert dropped >= 2000
        assert dropped % 2000 == 0
        hanging.set()
        assert reaches(url, "written", 8 * 2000 - dropped)
    assert len(records(tmp_path)) == 8 * 2000 - dropped


@pytest.mark.usefixtures("at_once")
def test_what_is_too_large_is_counted_and_not_written(served: ServedModel, tmp_path: Path) -> None:
    with endpoint(served, PayloadSettings(location=str(tmp_path), record_bytes_max=256)) as url:
        httpx.post(f"{url}{PREDICT}", json={"instances": [ROW]})
        assert reaches(url, "dropped_too_large", 1)
    with endpoint(served, PayloadSettings(location=str(tmp_path))) as url:
        # Reading more than a MiB once more would hold the interpreter, and with it the health checks.
        answer = httpx.post(f"{url}{PREDICT}", json={"instances": [ROW] * 16000}, timeout=60)
        assert answer.status_code == 200
        assert outcome(url, "dropped_too_large") == 16000
    assert records(tmp_path) == []


def test_a_name_that_the_model_does_not_have_is_not_taken_for_redacted(served: ServedModel, tmp_path: Path) -> None:
    settings = PayloadSettings(location=str(tmp_path), redacted_features=("carier",))
    with pytest.raises(UnservableModelError, match=r"payloads\.redacted_features: got carier, expected .*carrier"):
        payload_log_of(served, settings)


def test_wrong_settings_serve_nothing(artifact: Path) -> None:
    command = [sys.executable, "-m", "mlops_runtime.serving.server", "--model-directory", str(artifact)]
    ended = subprocess.run(
        [*command, "--name", "flight-delay", "--version", "7"],
        env={**os.environ, "MLOPS_PAYLOADS": '{"sampling_percent": 101, "folder": "x"}'},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    for part in ("MLOPS_PAYLOADS.folder: got an unknown key", "location: got None", "sampling_percent: got 101"):
        assert part in ended.stderr


@pytest.mark.usefixtures("at_once")
def test_a_clock_that_jumps_writes_every_record_into_the_folder_of_its_own_time(
    served: ServedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlops_runtime.serving import request_path  # noqa: PLC0415

    moments: Iterator[float] = iter([1_700_000_000.0, 1_700_000_000.0 - 86_400 * 3])
    clock: Callable[[], float] = lambda: next(moments)  # noqa: E731
    monkeypatch.setattr(request_path, "time", clock)
    with endpoint(served, PayloadSettings(location=str(tmp_path))) as url:
        for sent in (1, 2):
            httpx.post(f"{url}{PREDICT}", json={"instances": [ROW]})
            assert reaches(url, "written", sent)
    days = [name.split("/")[0] for name in FolderStore(tmp_path).names()]
    assert days == ["date=2023-11-11", "date=2023-11-14"]
    assert sorted(each["time"][:10] for each in records(tmp_path)) == ["2023-11-11", "2023-11-14"]
