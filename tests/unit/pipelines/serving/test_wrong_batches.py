"""What a wrong request costs: what is kept of it, where it is read, and who waits meanwhile."""

import json
import struct
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import Any

import numpy
import pytest

from mlops_runtime.sagemaker.invocation_protocol import InvocationProtocol
from mlops_runtime.sagemaker.serving import SageMakerServer
from mlops_runtime.serving.contract import Feature, ModelOutput, ServingContract
from mlops_runtime.serving.drain import Drain
from mlops_runtime.serving.endpoint_server import EndpointServer
from mlops_runtime.serving.input_error import COUNTED_PROBLEMS, SHOWN_CHARACTERS, SHOWN_PROBLEMS, InputError
from mlops_runtime.serving.matrix import CHUNK_ROWS, MatrixBuilder
from mlops_runtime.serving.protocol_v1 import PredictProtocol
from mlops_runtime.serving.protocol_v2_binary import BinaryInferProtocol
from mlops_runtime.serving.request_path import (
    CLOUD_EVENT_LIMIT_BYTES,
    DECODED_IN_PLACE_BYTES,
    OTHER_BODY_LIMIT_BYTES,
)
from mlops_runtime.serving.served_model import ServedModel
from tests.unit.pipelines.serving.artifacts import CONTRACT, ROW
from tests.unit.pipelines.serving.listening import ask_raw, connect, listening, post, read_answer

pytestmark = pytest.mark.filterwarnings("ignore:ORJSONResponse is deprecated")

PREDICT = "/v1/models/flight-delay:predict"
INFER = "/v2/models/flight-delay/infer"
CLOUD_EVENT = ("ce-id: 1", "ce-source: test", "ce-type: row", "ce-specversion: 1.0")
BODY_LIMIT_BYTES = 1_500_000
ANSWER_BYTES_MAX = 20_000
ROWS = 10_000
WIDTH = len(CONTRACT.features)


def v1(*rows: object) -> bytes:
    return json.dumps({"instances": rows}, separators=(",", ":")).encode()


def v2(data: list[Any], rows: int, *, name: str = "features", datatype: str = "FP32", **more: object) -> bytes:
    shape = [rows, WIDTH] if name == "features" else [rows]
    tensor = {"name": name, "shape": shape, "datatype": datatype, "data": data}
    return json.dumps({"inputs": [tensor], **more}, separators=(",", ":")).encode()


def rows_of(row: object) -> bytes:
    return v1(*[row] * ROWS)


V1_BATCHES = {
    "unknown columns": rows_of({**ROW, "flight_id": "X1", "booked_at": "2026", "segment": "gold"}),
    "texts": rows_of({name: str(value) for name, value in ROW.items()}),
    "booleans": rows_of([True] * WIDTH),
    "nulls": rows_of([None] * WIDTH),
    "no cells": rows_of([]),
    "no columns": rows_of({}),
    "no rows": rows_of(1),
    "nested": rows_of([[[]]] * WIDTH),
    "one wide row": v1({f"column_{number:06}": 0 for number in range(ROWS * WIDTH)}),
    "one wide list": v1([0] * ROWS * WIDTH),
    "a long name": v1({"n" * 2_000_000: 1}),
    "a long value": v1({**ROW, "origin": "e\u0301" * 300_000}),
    "all wrong at the end": v1(*[list(ROW.values())] * ROWS, *[[True] * WIDTH] * ROWS),
}
V2_BATCHES = {
    "booleans": v2([True] * ROWS * WIDTH, ROWS),
    "nested": v2([[[]] * WIDTH] * ROWS, ROWS),
    "texts": v2(["1"] * ROWS * WIDTH, ROWS),
    "unknown tensors": json.dumps(
        {"inputs": [{"name": f"x{each}", "shape": [1], "datatype": "FP32", "data": [1]} for each in range(ROWS)]}
    ).encode(),
    "one feature of four": v2([""] * ROWS, ROWS, name="carrier", datatype="BYTES"),
    "a long shape": json.dumps(
        {"inputs": [{"name": "features", "shape": [2**63] * ROWS, "datatype": "FP32", "data": []}]}
    ).encode(),
    "a long tensor name": v2([1], 1, name="n" * 2_000_000),
    "many outputs": v2([], 0, outputs=[{}] * ROWS),
}


def refused(decode: Callable[[bytes], object], body: bytes) -> InputError:
    with pytest.raises(InputError) as caught:
        decode(body)
    return caught.value


def peak_bytes(decode: Callable[[bytes], object], body: bytes) -> int:
    tracemalloc.start()
    try:
        with suppress(InputError):
            decode(body)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def readers(served: ServedModel, batches: dict[str, bytes]) -> list[Callable[[bytes], object]]:
    own = served.predict_protocol if batches is V1_BATCHES else served.infer_protocol
    return [own.decode, InvocationProtocol(served).decode]


@pytest.mark.parametrize(
    ("batches", "shape"),
    [(each, shape) for each in (V1_BATCHES, V2_BATCHES) for shape in each],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_is_told_of_a_wrong_batch_does_not_grow_with_it(
    served: ServedModel, batches: dict[str, bytes], shape: str
) -> None:
    for decode in readers(served, batches):
        error = refused(decode, batches[shape])

        assert 1 <= len(error.problems) <= SHOWN_PROBLEMS
        assert len(json.dumps(error.to_document())) < ANSWER_BYTES_MAX
        assert all(len(problem.got) <= SHOWN_CHARACTERS + 40 for problem in error.problems)


@pytest.mark.parametrize("shape", V1_BATCHES)
def test_a_wrong_batch_takes_about_the_memory_of_a_good_one(served: ServedModel, shape: str) -> None:
    wrong = V1_BATCHES[shape]
    row = json.dumps(list(ROW.values()))
    good = v1(*[list(ROW.values())] * (len(wrong) // len(row)))

    decode = served.predict_protocol.decode

    # What orjson makes of so many bytes is the caller's choice: an empty list takes twenty times its two characters.
    assert peak_bytes(decode, wrong) < 4 * peak_bytes(decode, good) + 24 * len(wrong)


class CountingRows(list[object]):
    """Rows that remember how many of them were read."""

    read = 0

    def __getitem__(self, key: Any) -> Any:
        part = super().__getitem__(key)
        self.read += len(part) if isinstance(key, slice) else 1
        return part


def test_reading_stops_where_nobody_counts_any_more() -> None:
    rows = CountingRows([[True] * WIDTH] * 1_000_000)

    with pytest.raises(InputError, match=f"and at least {COUNTED_PROBLEMS - SHOWN_PROBLEMS} more$"):
        MatrixBuilder(CONTRACT).from_rows(rows, lambda row, feature: f"{row}.{feature}")

    assert rows.read <= 2 * CHUNK_ROWS + COUNTED_PROBLEMS


def test_problems_are_found_in_every_part_of_a_batch() -> None:
    good = list(ROW.values())
    rows: list[object] = [good] * (3 * CHUNK_ROWS)
    places = (1, CHUNK_ROWS - 1, CHUNK_ROWS, 3 * CHUNK_ROWS - 1)
    for place in places:
        rows[place] = [*good[:-1], "far"]

    with pytest.raises(InputError) as caught:
        MatrixBuilder(CONTRACT).from_rows(rows, lambda row, feature: f"{row}.{feature}")

    assert [problem.place for problem in caught.value.problems] == [f"{place}.wind_speed" for place in places]


def test_a_batch_of_several_parts_is_read_in_order() -> None:
    rows = [{**ROW, "wind_speed": number} for number in range(3 * CHUNK_ROWS + 7)]
    omitted = [{key: value for key, value in row.items() if key != "carrier"} for row in rows]

    for given in (rows, omitted):
        matrix = MatrixBuilder(CONTRACT).from_rows(given, lambda row, feature: f"{row}.{feature}")

        assert matrix[:, 3].tolist() == list(range(len(rows)))


def test_a_wide_contract_is_told_in_short() -> None:
    features = tuple(Feature(name=f"feature_{number}") for number in range(3000))
    contract = ServingContract(features=features, outputs=(ModelOutput(name="y"),))
    protocol = PredictProtocol(contract, MatrixBuilder(contract))

    for body in (v1({"feature_x": 1}, [1]), v1(*[{"q" * 79: 1}] * 30)):
        assert len(json.dumps(refused(protocol.decode, body).to_document())) < 2 * ANSWER_BYTES_MAX


@pytest.mark.parametrize("deep", [b"[" * 100_000, b'{"instances":' * 50_000, b'{"instances":[' + b"[" * 100_000])
def test_a_deeply_nested_body_is_no_json(served: ServedModel, deep: bytes) -> None:
    assert "expected JSON" in str(refused(served.predict_protocol.decode, deep))


def binary(head: object, raw: bytes) -> tuple[bytes, bytes]:
    text = json.dumps(head).encode()
    return text + raw, str(len(text)).encode()


def binary_tensor(raw: bytes, datatype: str = "FP32", rows: int = 1, **more: object) -> dict[str, object]:
    parameters = {"binary_data_size": len(raw)}
    return {"name": "features", "shape": [rows, 4], "datatype": datatype, "parameters": parameters, **more}


@pytest.mark.parametrize(
    ("tensor", "raw", "expected"),
    [
        (binary_tensor(bytes(15)), bytes(15), "inputs[0].data: got 15 bytes, expected whole numbers of 4 bytes each"),
        (binary_tensor(bytes(20)), bytes(20), "features.data: got a list of 5, expected 4 values"),
        (binary_tensor(bytes(16), parameters={"binary_data_size": 17}), bytes(16), "got 17, expected at most the 16"),
        (binary_tensor(bytes(16), parameters={"binary_data_size": -1}), bytes(16), "got -1, expected at most the 16"),
        (binary_tensor(bytes(16), parameters={"binary_data_size": True}), bytes(16), "got true, expected at most"),
        (binary_tensor(bytes(16), parameters={}), bytes(16), "request: got 16 bytes behind the last tensor"),
        (binary_tensor(bytes(16), "BF16"), bytes(16), "features.datatype: got 'BF16', expected FP32"),
        (binary_tensor(bytes(16), name="carrier", shape=[4], datatype="BYTES"), b"\1\0\0\0\xff" + bytes(11), "no text"),
        (binary_tensor(bytes(6), name="carrier", shape=[2], datatype="BYTES"), bytes(6), "data[1]: got fewer bytes"),
        (
            binary_tensor(struct.pack("<4f", 1, float("inf"), 0, 1)),
            struct.pack("<4f", 1, float("inf"), 0, 1),
            "features.data[0] carrier: got inf, expected a place in the vocabulary, 0 to 2 or null",
        ),
        ([], b"", "inputs[0]: got a list of 0, expected an object"),
    ],
)
def test_binary_tensors_that_are_wrong_are_told(served: ServedModel, tensor: object, raw: bytes, expected: str) -> None:
    body, json_bytes = binary({"inputs": [tensor]}, raw)

    assert expected in str(refused(BinaryInferProtocol(served.infer_protocol, json_bytes).decode, body))


@pytest.mark.parametrize("header", [b"-1", b"99999", b"1e3", b"", b"\xb2", b"9" * 5000])
def test_a_header_that_is_no_number_of_json_bytes_is_told(served: ServedModel, header: bytes) -> None:
    body, _ = binary({"inputs": [binary_tensor(bytes(16))]}, bytes(16))
    reader = BinaryInferProtocol(served.infer_protocol, header)

    assert str(refused(reader.decode, body)).startswith("Inference-Header-Content-Length: got ")


@pytest.mark.parametrize(("datatype", "form"), [("FP16", "e"), ("FP64", "d"), ("INT8", "b"), ("UINT64", "Q")])
def test_binary_tensors_of_every_number_type_are_read(served: ServedModel, datatype: str, form: str) -> None:
    raw = struct.pack(f"<4{form}", 12, 1, 1, 8)
    body, json_bytes = binary({"inputs": [binary_tensor(raw, datatype)]}, raw)

    matrix, _ = BinaryInferProtocol(served.infer_protocol, json_bytes).decode(body)

    assert isinstance(matrix, numpy.ndarray)
    assert matrix.tolist() == [[12, 1, 1, 8]]


def test_binary_texts_are_read_and_nan_is_null(served: ServedModel) -> None:
    numbers = struct.pack("<2f", 12.5, float("nan"))
    texts = b"".join(struct.pack("<I", len(text)) + text for text in (b"B6", b"JFK"))
    tensors = [
        {"name": name, "shape": [1], "datatype": kind, "parameters": {"binary_data_size": size}}
        for name, kind, size in (
            ("departure_delay_minutes", "FP32", 4),
            ("wind_speed", "FP32", 4),
            ("carrier", "BYTES", 6),
            ("origin", "BYTES", 7),
        )
    ]
    body, json_bytes = binary({"inputs": tensors}, numbers + texts)

    matrix, _ = BinaryInferProtocol(served.infer_protocol, json_bytes).decode(body)
    by_json, _ = served.predict_protocol.decode(v1({**ROW, "wind_speed": None}))

    assert isinstance(matrix, numpy.ndarray)
    assert isinstance(by_json, numpy.ndarray)
    assert matrix.tobytes() == by_json.tobytes()


@pytest.fixture(scope="module", params=[EndpointServer, SageMakerServer])
def server(served: ServedModel, request: pytest.FixtureRequest) -> EndpointServer:
    made: EndpointServer = request.param(
        served, port=8080, drain=Drain(0), grace_seconds=1, body_limit_bytes=BODY_LIMIT_BYTES
    )
    return made


@pytest.fixture(scope="module")
def port(server: EndpointServer) -> Iterator[int]:
    with listening(server) as own:
        yield own


@pytest.fixture
def health(server: EndpointServer) -> tuple[str, ...]:
    routes = ("/v2/health/live", "/v2/health/ready", "/v2/models/flight-delay/ready", "/v1/models/flight-delay")
    return (*routes, "/ping") if isinstance(server, SageMakerServer) else routes


def large(body: bytes) -> bytes:
    assert len(body) > DECODED_IN_PLACE_BYTES
    return body


@pytest.mark.parametrize(
    ("path", "body", "headers"),
    [
        (PREDICT, large(V1_BATCHES["unknown columns"]), ()),
        (INFER, large(V2_BATCHES["booleans"]), ()),
        (PREDICT, large(V1_BATCHES["booleans"]), CLOUD_EVENT),
        (INFER, large(V2_BATCHES["booleans"]), CLOUD_EVENT),
        (INFER, large(V2_BATCHES["booleans"]), ("Inference-Header-Content-Length: 10",)),
        ("/invocations", large(V1_BATCHES["unknown columns"]), ()),
        ("/v2/models/other/infer", v2([1, 1, 1, 1], 1), ()),
    ],
)
def test_health_is_answered_while_a_request_is_being_read(
    server: EndpointServer, port: int, health: tuple[str, ...], path: str, body: bytes, headers: tuple[str, ...]
) -> None:
    if path == "/invocations" and not isinstance(server, SageMakerServer):
        path = PREDICT
    begun, release = threading.Event(), threading.Event()

    def keep_busy() -> None:
        begun.set()
        release.wait(60)

    busy = server.threads.decoder.submit(keep_busy)
    assert begun.wait(60)
    try:
        with closing(connect(port)) as connection:
            connection.sendall(b"".join(post(path, body, *headers)))
            # Whatever reads the request waits for the one thread, which is ours: nobody else waits with it.
            for route in health:
                assert ask_raw(port, f"GET {route} HTTP/1.1\r\nHost: endpoint\r\n\r\n".encode()).status == 200
            assert ask_raw(port, *post(PREDICT, v1(ROW))).status == 200
            connection.setblocking(False)
            with pytest.raises(BlockingIOError):
                connection.recv(1)
            connection.settimeout(60)
            release.set()
            answer = read_answer(connection)
    finally:
        release.set()
        busy.result()
    assert answer.status == (404 if "other" in path else 400)
    assert len(answer.body) < ANSWER_BYTES_MAX


LIMITS = [
    (PREDICT, BODY_LIMIT_BYTES),
    (INFER, BODY_LIMIT_BYTES),
    ("/v2/models/flight-delay/versions/7/infer", BODY_LIMIT_BYTES),
]
LIMITS += [
    (path, OTHER_BODY_LIMIT_BYTES)
    for path in (
        "/v1/models/flight-delay:explain",
        "/v1/models/other:predict",
        "/v2/models/other/infer",
        "/v2/repository/models/flight-delay/load",
        "/nowhere",
    )
]
EVENTS = (CLOUD_EVENT, ("Content-Type: application/cloudevents+json",))
HEADERS: list[tuple[str, ...]] = [
    (),
    *EVENTS,
    ("Inference-Header-Content-Length: 2",),
    ("Content-Type: application/octet-stream",),
]


@pytest.mark.parametrize("headers", HEADERS, ids=str)
@pytest.mark.parametrize(("path", "limit"), LIMITS)
def test_the_limit_of_a_body_holds_on_every_route_with_every_header(
    server: EndpointServer, port: int, path: str, limit: int, headers: tuple[str, ...]
) -> None:
    if isinstance(server, SageMakerServer) and path == PREDICT:
        path = "/invocations"
    elif limit == BODY_LIMIT_BYTES and headers in EVENTS:
        limit = CLOUD_EVENT_LIMIT_BYTES
    large_body = b"[" * (limit + 1)
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (large_body[:limit], large_body[limit:]))
    head, _ = post(path, large_body, *headers)
    chunked = head.replace(b"Content-Length: %d" % len(large_body), b"Transfer-Encoding: chunked")

    for parts in ((head, large_body), (chunked, chunks + b"0\r\n\r\n")):
        answer = ask_raw(port, *parts)

        assert answer.status == 413
        assert f"got more than {limit} bytes" in answer.document["error"]
        assert "connection: close" in answer.head


def test_a_caller_who_asks_first_sends_no_body_in_vain(port: int) -> None:
    head, _ = post(PREDICT, b"[" * (BODY_LIMIT_BYTES + 1), "Expect: 100-continue")

    assert ask_raw(port, head).status == 413


@pytest.mark.parametrize("encoding", ["gzip", "GZIP, br", "zstd"])
def test_a_compressed_body_is_refused_and_never_unpacked(server: EndpointServer, port: int, encoding: str) -> None:
    path = "/invocations" if isinstance(server, SageMakerServer) else PREDICT

    answer = ask_raw(port, *post(path, v1(ROW), f"Content-Encoding: {encoding}"))

    assert answer.status == 415
    assert "send the body uncompressed" in answer.document["error"]
    assert ask_raw(port, *post(path, v1(ROW), "Content-Encoding: identity")).status == 200


def test_a_body_that_ends_before_its_length_is_not_answered(port: int) -> None:
    head, body = post(PREDICT, v1(ROW))
    with closing(connect(port)) as connection:
        connection.sendall(head + body[:-5])
        connection.shutdown(1)
        assert connection.recv(1000) == b""
    assert ask_raw(port, head, body).status == 200


def test_a_byte_order_mark_in_front_of_the_json_is_ignored(server: EndpointServer, port: int) -> None:
    path = "/invocations" if isinstance(server, SageMakerServer) else PREDICT

    assert ask_raw(port, *post(path, b"\xef\xbb\xbf" + v1(ROW))).status == 200
