"""What goes wrong with AWS, and what comes of it."""

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sandbox.plugins.protocol.errors import CancelledError, FailedOutcomeError, ProviderError
from tests.unit.sandbox.plugins.aws.hosting import A_MODEL, ENDPOINT, MODEL, serve
from tests.unit.sandbox.plugins.aws.stack import Stack


class Aws:
    """Asks the offline AWS for faults."""

    def __init__(self, url: str) -> None:
        self.url = url

    def fault(self, operation: str, kind: str, **others: Any) -> None:
        fault = {"service": "SageMaker", "operation": operation, "kind": kind, **others}
        httpx.post(f"{self.url}/_faults", json=fault).raise_for_status()


@pytest.fixture
def aws(endpoint: str) -> Iterator[Aws]:
    yield Aws(endpoint)
    httpx.delete(f"{endpoint}/_faults").raise_for_status()


@pytest.fixture
def served(stack: Stack) -> Stack:
    """A stack with an endpoint."""
    serve(stack)
    return stack


def test_throttled_requests_are_repeated(stack: Stack, aws: Aws) -> None:
    aws.fault("CreateModel", "throttle", times=3)
    assert stack.up(MODEL, **A_MODEL) == "created"


def test_throttling_without_end_is_told(stack: Stack, aws: Aws) -> None:
    stack.restart(most_retries=1)
    aws.fault("CreateModel", "throttle", times=9)
    with pytest.raises(ProviderError, match=r"creating sagemaker.Model flights: CreateModel: ThrottlingException"):
        stack.up(MODEL, **A_MODEL)


def test_a_broken_service_fails_within_seconds(stack: Stack, aws: Aws) -> None:
    aws.fault("CreateModel", "fail", times=99)
    started = time.monotonic()
    with pytest.raises(ProviderError, match="CreateModel: InternalFailure"):
        stack.up(MODEL, **A_MODEL)
    assert time.monotonic() - started < 10


def test_no_connection_fails_within_seconds_and_says_where_it_was_looked_for(stack: Stack) -> None:
    inputs = stack.check(MODEL, "model", **A_MODEL)
    stack.restart(endpoints={"sagemaker": "http://127.0.0.1:1"})
    started = time.monotonic()
    with pytest.raises(ProviderError, match=r"http://127.0.0.1:1 does not answer: no connection; is it running"):
        stack.provider.create(stack.resource(MODEL, "model"), inputs, is_preview=False)
    assert time.monotonic() - started < 10


def test_a_request_that_may_have_been_done_is_not_repeated(stack: Stack) -> None:
    inputs = stack.check(MODEL, "model", **A_MODEL)
    asked = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                asked.append(connection.recv(1))
                connection.close()

        threading.Thread(target=hang_up, daemon=True).start()
        stack.restart(endpoints={"sagemaker": f"http://127.0.0.1:{server.getsockname()[1]}"})
        with pytest.raises(ProviderError, match="the connection was closed before the answer"):
            stack.provider.create(stack.resource(MODEL, "model"), inputs, is_preview=False)
    assert len(asked) == 1


def test_an_update_that_is_turned_back_counts_as_done_and_shows_in_the_next_one(served: Stack, aws: Aws) -> None:
    aws.fault("UpdateEndpoint", "roll_back", reason="an alarm went off")
    new = {"name": "flights", "endpointConfigName": "flights-2"}
    assert served.up(ENDPOINT, **new) == "updated endpointConfigName"
    assert served.state["x"].outputs["endpointConfigName"] == "flights-1", "the state says what AWS says"
    old = served.check(ENDPOINT, "x", name="flights", endpointConfigName="flights-1")
    assert served.diff(ENDPOINT, "x", old).changes == (), "the old pin is clean"
    assert served.up(ENDPOINT, **new) == "updated endpointConfigName"
    assert served.up(ENDPOINT, **new) == "same"


def test_an_endpoint_that_fails_is_kept_in_the_state_with_the_reason(served: Stack, monkeypatch: Any) -> None:
    from moto.sagemaker.models import FakeEndpoint  # noqa: PLC0415 - changed by the offline AWS first

    made = FakeEndpoint.__init__

    def failing(self: Any, *arguments: Any, **others: Any) -> None:
        made(self, *arguments, **others)
        self.endpoint_status, self.failure_reason = "Failed", "the container did not pass its health check"

    monkeypatch.setattr(FakeEndpoint, "__init__", failing)
    with pytest.raises(FailedOutcomeError, match=r"was created, but is not ready: Failed: the container did not pass"):
        served.up(ENDPOINT, "other", name="other", endpointConfigName="flights-1")
    assert served.state["other"].id == "other"
    assert served.state["other"].outputs["arn"].endswith(":endpoint/other")
    served.down(ENDPOINT, "other")


def test_a_cancelled_wait_ends_at_once_and_keeps_the_object(served: Stack, monkeypatch: Any) -> None:
    from moto.sagemaker.models import FakeEndpoint  # noqa: PLC0415 - changed by the offline AWS first

    made = FakeEndpoint.__init__

    def slow(self: Any, *arguments: Any, **others: Any) -> None:
        made(self, *arguments, **others)
        self.endpoint_status = "Creating"

    monkeypatch.setattr(FakeEndpoint, "__init__", slow)
    threading.Timer(0.5, served.cancelled.set).start()
    started = time.monotonic()
    with pytest.raises(FailedOutcomeError, match="cancelled while it was Creating"):
        served.up(ENDPOINT, "slow", name="slow", endpointConfigName="flights-1")
    assert time.monotonic() - started < 5
    assert served.state["slow"].id == "slow"


def test_a_cancelled_pause_between_requests_ends_at_once(stack: Stack, aws: Aws) -> None:
    aws.fault("CreateModel", "throttle", times=99)
    threading.Timer(0.5, stack.cancelled.set).start()
    started = time.monotonic()
    with pytest.raises(CancelledError, match=r"creating sagemaker.Model flights: cancelled"):
        stack.up(MODEL, **A_MODEL)
    assert time.monotonic() - started < 5


def test_a_timeout_of_the_resource_is_obeyed(served: Stack, monkeypatch: Any) -> None:
    from moto.sagemaker.models import FakeEndpoint  # noqa: PLC0415 - changed by the offline AWS first

    made = FakeEndpoint.__init__

    def slow(self: Any, *arguments: Any, **others: Any) -> None:
        made(self, *arguments, **others)
        self.endpoint_status = "Creating"

    monkeypatch.setattr(FakeEndpoint, "__init__", slow)
    monkeypatch.setattr(Stack, "timeout_seconds", 0.5)
    with pytest.raises(FailedOutcomeError, match=r"still Creating after 0.5 s"):
        served.up(ENDPOINT, "slow", name="slow", endpointConfigName="flights-1")
