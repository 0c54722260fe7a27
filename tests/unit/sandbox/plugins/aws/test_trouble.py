"""What goes wrong with AWS, and what comes of it."""

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sandbox.plugins.protocol.errors import CancelledError, FailedOutcomeError, ProviderError
from tests.unit.sandbox.plugins.aws.hosting import A_MODEL, MODEL
from tests.unit.sandbox.plugins.aws.stack import Stack

GROUP = "aws:sagemaker/modelPackageGroup:ModelPackageGroup"


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


def stay(monkeypatch: Any, status: str) -> None:
    """Lets every group that is made have a status, and keep it."""
    from moto.sagemaker.models import ModelPackageGroup  # noqa: PLC0415 - changed by the offline AWS first

    made = ModelPackageGroup.__init__

    def staying(self: Any, *arguments: Any, **others: Any) -> None:
        made(self, *arguments, **others)
        self.model_package_group_status = status

    monkeypatch.setattr(ModelPackageGroup, "__init__", staying)


def test_an_object_that_fails_is_kept_in_the_state(stack: Stack, monkeypatch: Any) -> None:
    stay(monkeypatch, "Failed")
    with pytest.raises(FailedOutcomeError, match=r"was created, but is not ready: Failed, and the service gives no"):
        stack.up(GROUP, "other", modelPackageGroupName="other")
    assert stack.state["other"].id == "other"
    assert stack.state["other"].outputs["arn"].endswith(":model-package-group/other")
    stack.down(GROUP, "other")


def test_a_cancelled_wait_ends_at_once_and_keeps_the_object(stack: Stack, monkeypatch: Any) -> None:
    stay(monkeypatch, "InProgress")
    threading.Timer(0.5, stack.cancelled.set).start()
    started = time.monotonic()
    with pytest.raises(FailedOutcomeError, match="cancelled while it was InProgress"):
        stack.up(GROUP, "slow", modelPackageGroupName="slow")
    assert time.monotonic() - started < 5
    assert stack.state["slow"].id == "slow"


def test_a_cancelled_pause_between_requests_ends_at_once(stack: Stack, aws: Aws) -> None:
    aws.fault("CreateModel", "throttle", times=99)
    threading.Timer(0.5, stack.cancelled.set).start()
    started = time.monotonic()
    with pytest.raises(CancelledError, match=r"creating sagemaker.Model flights: cancelled"):
        stack.up(MODEL, **A_MODEL)
    assert time.monotonic() - started < 5


def test_a_timeout_of_the_resource_is_obeyed(stack: Stack, monkeypatch: Any) -> None:
    stay(monkeypatch, "InProgress")
    monkeypatch.setattr(Stack, "timeout_seconds", 0.5)
    with pytest.raises(FailedOutcomeError, match=r"still InProgress after 0.5 s"):
        stack.up(GROUP, "slow", modelPackageGroupName="slow")
