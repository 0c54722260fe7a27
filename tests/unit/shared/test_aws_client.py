import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pulumi_mlops._shared.aws.client import AwsError, MissingError, ask, client, pages

REGION = "eu-west-1"


class Service(ThreadingHTTPServer):
    """A service that answers as it is told, in turn; the last answer is given for ever."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[tuple[int, dict[str, Any]]] = []
        self.requests: list[dict[str, Any]] = []

    def answer(self) -> tuple[int, dict[str, Any]]:
        return self.answers[min(len(self.requests), len(self.answers)) - 1]


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.server.requests.append(json.loads(self.rfile.read(length)))
        status, answer = self.server.answer()
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in http.server
        """Say nothing."""


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    with Service() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "test")
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        yield server
        server.shutdown()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made; each takes no time and moves the clock."""
    made: list[float] = []
    start = time.monotonic()
    monkeypatch.setattr(time, "sleep", made.append)
    monkeypatch.setattr(time, "monotonic", lambda: start + sum(made))
    return made


def error(code: str, message: str = "") -> dict[str, str]:
    return {"__type": code, "message": message}


def test_an_answer_is_handed_on(service: Service) -> None:
    service.answers = [(200, {"EndpointName": "flights"})]
    assert ask(client("sagemaker", REGION), "describe_endpoint", EndpointName="flights")["EndpointName"] == "flights"
    assert service.requests == [{"EndpointName": "flights"}]


def test_a_throttled_request_is_repeated_until_it_is_answered(service: Service, pauses: list[float]) -> None:
    service.answers = [(400, error("ThrottlingException", "Rate exceeded"))] * 8 + [(200, {"EndpointName": "flights"})]
    ask(client("sagemaker", REGION), "describe_endpoint", EndpointName="flights")
    assert len(service.requests) == 9
    assert [pause for pause in pauses if pause in (1.0, 2.0, 4.0)] == [1.0, 2.0]


def test_a_throttled_request_is_given_up_in_the_end(service: Service, pauses: list[float]) -> None:
    service.answers = [(400, error("Throttling", "Rate exceeded"))]
    with pytest.raises(AwsError, match=r"DescribeEndpoint in eu-west-1: got Throttling: Rate exceeded, for 120 sec"):
        ask(client("sagemaker", REGION), "describe_endpoint", EndpointName="flights")
    assert 60 < sum(pauses) <= 180


def test_a_failing_service_is_given_up_after_a_few_attempts(service: Service, pauses: list[float]) -> None:
    service.answers = [(500, error("InternalFailure", "out of order"))]
    with pytest.raises(AwsError, match=r"got InternalFailure: out of order \(HTTP 500, 3 times\), expected an answer"):
        ask(client("sagemaker", REGION), "describe_endpoint", EndpointName="flights")
    assert len(service.requests) == 3
    assert sum(pauses) < 5


def test_a_service_that_recovers_is_answered_from(service: Service, pauses: list[float]) -> None:
    service.answers = [(503, error("ServiceUnavailable")), (200, {"EndpointName": "flights"})]
    assert ask(client("sagemaker", REGION), "describe_endpoint", EndpointName="flights")["EndpointName"] == "flights"


def test_a_service_out_of_reach_is_named_as_such(service: Service, pauses: list[float]) -> None:
    unreachable = client("sagemaker", REGION)
    service.shutdown()
    service.server_close()
    with pytest.raises(
        AwsError, match=r"sagemaker DescribeEndpoint in eu-west-1: got no answer .*, fix: check the net"
    ):
        ask(unreachable, "describe_endpoint", EndpointName="flights")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ValidationException", 'Could not find endpoint "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/flights".'),
        ("ValidationException", "ModelPackage arn:aws:sagemaker:eu-west-1:1:model-package/a/1 does not exist."),
        ("ResourceNotFound", "Endpoint flights."),
    ],
)
def test_what_does_not_exist_is_told_apart(service: Service, code: str, message: str) -> None:
    service.answers = [(400, error(code, message))]
    with pytest.raises(MissingError):
        ask(client("sagemaker", REGION), "describe_endpoint", EndpointName="flights")
    assert len(service.requests) == 1


def test_a_refusal_is_final_and_not_taken_for_absence(service: Service) -> None:
    service.answers = [(400, error("AccessDeniedException", "not authorized to perform: sagemaker:DescribeEndpoint"))]
    with pytest.raises(AwsError, match="got AccessDeniedException: not authorized") as caught:
        ask(client("sagemaker", REGION), "describe_endpoint", EndpointName="flights")
    assert not isinstance(caught.value, MissingError)
    assert len(service.requests) == 1


def test_pages_are_read_to_the_last(service: Service) -> None:
    service.answers = [(200, {"Tags": [{"Key": "a", "Value": "1"}], "NextToken": "more"}), (200, {"Tags": []})]
    found = pages(client("sagemaker", REGION), "list_tags", "Tags", ResourceArn="arn:aws:sagemaker:a:b:endpoint/c")
    assert list(found) == [{"Key": "a", "Value": "1"}]
    assert [request.get("NextToken") for request in service.requests] == [None, "more"]
