"""Faults that a test asks the offline AWS for: a refused request, a failing service, an update that is turned back."""

import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

PATH = "/_faults"
_TARGET_HEADER = "HTTP_X_AMZ_TARGET"


class Kind(str, Enum):
    """What goes wrong."""

    THROTTLE = "throttle"
    """HTTP 400 with ThrottlingException, as AWS answers too many requests."""
    FAIL = "fail"
    """HTTP 500 with InternalFailure."""
    ROLL_BACK = "roll_back"
    """UpdateEndpoint is taken, and the endpoint stays as it was."""
    END_FAILED = "end_failed"
    """CreateEndpoint is taken, and the endpoint ends as Failed."""
    DELAY = "delay"
    """The answer comes `seconds` late."""


@dataclass
class Fault:
    """A fault for the next requests of one operation.

    Attributes:
        service: The service as it stands in the header X-Amz-Target, such as SageMaker.
        operation: The operation, such as UpdateEndpoint.
        kind: What goes wrong.
        times: For how many requests.
        reason: What the answer, or the endpoint, says.
        seconds: How late an answer is.
    """

    service: str
    operation: str
    kind: Kind
    times: int = 1
    reason: str = "a fault that was asked for"
    seconds: float = 0.0


class Faults:
    """The faults that are still to come. Safe to be used by many threads.

    Attributes:
        taken: How many requests have met with one.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []
        self.taken = 0

    def add(self, fault: Fault) -> None:
        """Ask for a fault."""
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Forget all that are still to come."""
        with self._lock:
            self._waiting.clear()

    def take(self, service: str, operation: str, *kinds: Kind) -> Fault | None:
        """Return a fault of one of these kinds for a request, and count it; None where there is none."""
        with self._lock:
            for fault in self._waiting:
                if (fault.service, fault.operation) == (service, operation) and fault.kind in kinds:
                    fault.times -= 1
                    self.taken += 1
                    if fault.times <= 0:
                        self._waiting.remove(fault)
                    return fault
        return None


faults = Faults()
"""Those of this process."""

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def with_faults(application: Application) -> Application:
    """Return an application that fails as it is told at `POST /_faults`, and else answers as this one."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == PATH:
            return _control(environ, start_response)
        service, _, operation = environ.get(_TARGET_HEADER, "").partition(".")
        fault = faults.take(service, operation, Kind.THROTTLE, Kind.FAIL, Kind.DELAY) if operation else None
        if fault is None:
            return application(environ, start_response)
        if fault.kind is Kind.DELAY:
            time.sleep(fault.seconds)
            return application(environ, start_response)
        return _refuse(fault, environ, start_response)

    return answer


def _control(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    method = environ["REQUEST_METHOD"]
    if method == "DELETE":
        faults.clear()
    elif method == "POST":
        given = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
        faults.add(Fault(**{**given, "kind": Kind(given["kind"])}))
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({"taken": faults.taken}).encode()]


def _refuse(fault: Fault, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    status, code = {
        Kind.THROTTLE: ("400 Bad Request", "ThrottlingException"),
        Kind.FAIL: ("500 Internal Server Error", "InternalFailure"),
    }[fault.kind]
    body = json.dumps({"__type": code, "message": fault.reason}).encode()
    start_response(status, [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-errortype", code)])
    return [body]
