import json
from collections.abc import Iterator
from contextlib import closing

import pytest

from mlops_runtime.sagemaker.serving import SageMakerServer
from mlops_runtime.serving import http_protocol
from mlops_runtime.serving.drain import Drain
from mlops_runtime.serving.endpoint_server import EndpointServer
from mlops_runtime.serving.served_model import ServedModel
from tests.unit.pipelines.serving.artifacts import ROW
from tests.unit.pipelines.serving.listening import ask_raw, connect, listening, post, read_answer

pytestmark = pytest.mark.filterwarnings("ignore:ORJSONResponse is deprecated")

PREDICT = "/v1/models/flight-delay:predict"
INFER = "/v2/models/flight-delay/infer"
INVOCATIONS = "/invocations"
V1_BODY = json.dumps({"instances": [ROW]}).encode()
V2_BODY = json.dumps(
    {"id": "1", "inputs": [{"name": "features", "shape": [1, 4], "datatype": "FP32", "data": [12.5, 1, 1, 8]}]}
).encode()
JAVA = ("Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABkAAQAAP__", "Upgrade: h2c")
"""What the HTTP client of Java 11 and later sends with its requests, unless it is told to speak HTTP/1.1."""
OFFERS = [
    JAVA,
    tuple(reversed(JAVA)),
    tuple(line.upper() for line in JAVA[:1]) + tuple(line.lower() for line in JAVA[2:]),
    ("Upgrade: h2c", "Connection: keep-alive, Upgrade"),
    ("Upgrade: h2c, websocket", "Connection: Upgrade"),
    ("Upgrade: h2c", "Upgrade: TLS/1.0", "Connection: Upgrade"),
    ("Upgrade: TLS/1.0", "Connection: Upgrade"),
    ("Upgrade: websocket", "Connection: Upgrade"),
    (
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
    ),
    ("Upgrade: a-protocol-of-tomorrow/3", "Connection: Upgrade"),
    ("Upgrade: h2c",),
    ("Connection: Upgrade",),
]


ENDPOINT_QUESTIONS = ((PREDICT, V1_BODY), (INFER, V2_BODY))
SAGEMAKER_QUESTIONS = ((INVOCATIONS, V1_BODY), (INVOCATIONS, V2_BODY), *ENDPOINT_QUESTIONS)


@pytest.fixture(scope="module", params=[EndpointServer, SageMakerServer])
def server(served: ServedModel, request: pytest.FixtureRequest) -> EndpointServer:
    made: EndpointServer = request.param(served, port=8080, drain=Drain(0), grace_seconds=1, body_limit_bytes=100_000)
    return made


@pytest.fixture(scope="module")
def port(server: EndpointServer) -> Iterator[int]:
    with listening(server) as own:
        yield own


@pytest.fixture(scope="module")
def questions(server: EndpointServer) -> tuple[tuple[str, bytes], ...]:
    return SAGEMAKER_QUESTIONS if isinstance(server, SageMakerServer) else ENDPOINT_QUESTIONS


@pytest.mark.parametrize("offer", OFFERS, ids=", ".join)
def test_an_offer_to_switch_protocols_costs_a_request_nothing(
    port: int, questions: tuple[tuple[str, bytes], ...], offer: tuple[str, ...]
) -> None:
    for path, body in questions:
        plain = ask_raw(port, *post(path, body))
        assert plain.status == 200
        head, _ = post(path, body, *offer)
        half = len(body) // 2

        for parts in ((head + body,), (head, body), (head[:-30], head[-30:] + body[:half], body[half:])):
            answer = ask_raw(port, *parts)

            assert (answer.status, answer.body) == (200, plain.body)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_an_offer_with_a_chunked_body_or_in_http_1_0_is_ignored_too(port: int, version: str) -> None:
    head, body = post(PREDICT, V1_BODY, *JAVA)
    head = head.replace(b"HTTP/1.1", f"HTTP/{version}".encode())
    if version == "1.1":
        head = head.replace(b"Content-Length: %d" % len(body), b"Transfer-Encoding: chunked")
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)

    assert ask_raw(port, head, body).status == 200


def test_requests_that_follow_on_the_same_connection_are_answered(port: int) -> None:
    offering, plain = b"".join(post(PREDICT, V1_BODY, *JAVA)), b"".join(post(PREDICT, V1_BODY))
    with closing(connect(port)) as connection:
        for request in (offering, offering, plain, offering):
            connection.sendall(request)
            assert read_answer(connection).status == 200
        connection.sendall(offering + plain + offering)
        received = b""
        while received.count(b'{"predictions":[') < 3:
            received += connection.recv(65536)
    assert received.count(b"HTTP/1.1 200 OK") == 3


def test_a_health_check_with_an_offer_is_answered(port: int) -> None:
    head = "\r\n".join(("GET /v2/health/live HTTP/1.1", "Host: endpoint", *JAVA, "", "")).encode()

    assert ask_raw(port, head).status == 200


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"CONNECT endpoint:443 HTTP/1.1\r\nHost: endpoint\r\n\r\n",
        b"CONNECT endpoint:443 HTTP/1.1\r\nHost: endpoint\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: endpoint\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nbody",
        b"POST / HTTP/1.1\r\nHost: endpoint\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: -1\r\n\r\nbody",
    ],
)
def test_what_is_no_request_to_a_server_is_refused(port: int, request_bytes: bytes) -> None:
    assert ask_raw(port, request_bytes).status == 400


def is_listening(port: int) -> bool:
    try:
        connect(port).close()
    except ConnectionRefusedError:
        return False
    except ConnectionResetError:
        return True
    return True


@pytest.mark.parametrize("kind", [EndpointServer, SageMakerServer])
def test_a_caller_who_connected_before_the_server_stops_is_answered(
    served: ServedModel, kind: type[EndpointServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_protocol, "FIRST_REQUEST_SECONDS", 30.0)
    server = kind(served, port=8080, drain=Drain(0), grace_seconds=60, body_limit_bytes=100_000)
    with listening(server) as own, closing(connect(own)) as early:
        # This one came later and is answered, so the earlier one is known to the server.
        assert ask_raw(own, *post(PREDICT, V1_BODY)).status == 200
        server.drain.begin()
        while is_listening(own):
            pass

        early.sendall(b"".join(post(PREDICT, V1_BODY)))

        assert read_answer(early).status == 200
        assert early.recv(1) == b""
