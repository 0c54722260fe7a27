"""The receiver of Alertmanager's webhook: a small HTTP server that believes nobody without the token."""

import hmac
import json
import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from mlops_runtime.errors import PipelineError
from mlops_runtime.retraining import alerts
from mlops_runtime.retraining.guards import Reason, Verdict

logger = logging.getLogger(__name__)
BODY_BYTES_MAX: Final = 1 << 20
_READ_TIMEOUT_SECONDS = 10
_SCHEME = "Bearer "


@dataclass(frozen=True)
class Listening:
    """What the receiver listens to.

    Attributes:
        workload: The label `workload` of the alerts.
        alerts: The alerts that may start a run.
        token_file: The file with the token that requests carry, read for each: a new one is taken at once.
    """

    workload: str
    alerts: Collection[str]
    token_file: Path


class Metrics:
    """What Prometheus is told of the receiver."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "mlops_retraining_requests",
            "Requests of Alertmanager, by what came of them",
            ["result"],
            registry=self.registry,
        )
        self.stopped = Gauge(
            "mlops_retraining_stopped",
            "1 after too many fruitless runs in a row, until a person resets it",
            registry=self.registry,
        )
        self.last_run = Gauge(
            "mlops_retraining_last_start_timestamp_seconds", "When a run was last started", registry=self.registry
        )

    def observe(self, verdict: Verdict) -> None:
        """Count a verdict."""
        self.requests.labels(verdict.reason.value).inc()
        self.stopped.set(float(verdict.reason is Reason.STOPPED_AS_FRUITLESS))
        if verdict.starts:
            self.last_run.set(time.time())


class Receiver(ThreadingHTTPServer):
    """The server, bound and not yet serving.

    Args:
        address: Host and port.
        listening: What it listens to.
        alerted: What an alert leads to.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], listening: Listening, alerted: Callable[[list[str]], Verdict]) -> None:
        self.listening = listening
        self.alerted = alerted
        self.metrics = Metrics()
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    """One request."""

    timeout = _READ_TIMEOUT_SECONDS
    server: Receiver
    server_version = "mlops-retraining"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer probes and Prometheus."""
        if self.path == "/healthz":
            self._answer(HTTPStatus.OK, b"ok\n", "text/plain")
        elif self.path == "/metrics":
            text = generate_latest(self.server.metrics.registry)
            self._answer(HTTPStatus.OK, text, "text/plain; version=0.0.4")
        else:
            self._tell(HTTPStatus.NOT_FOUND, "not-found", "the path has no meaning here")

    def do_POST(self) -> None:
        """Take alerts."""
        if self.path != "/alerts":
            self.close_connection = True
            self._tell(HTTPStatus.NOT_FOUND, "not-found", "alerts are posted to /alerts")
        elif not is_authentic(self.headers.get("Authorization", ""), self.server.listening.token_file):
            self.server.metrics.requests.labels("forged").inc()
            logger.warning("refused a request from %s: it has not the token", self.client_address[0])
            self.close_connection = True
            self._tell(HTTPStatus.UNAUTHORIZED, "unauthorized", "the request has not the token")
        elif (body := self._body()) is not None:
            self._act(body)

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "")
        if length.isdigit() and int(length) <= BODY_BYTES_MAX:
            return self.rfile.read(int(length))
        self.close_connection = True
        expected = f"expected a body of at most {BODY_BYTES_MAX} bytes"
        self._tell(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", expected)
        return None

    def _act(self, body: bytes) -> None:
        listening = self.server.listening
        try:
            firing = alerts.firing(body, workload=listening.workload, names=listening.alerts)
        except alerts.AlertsError as error:
            self._tell(HTTPStatus.BAD_REQUEST, "unreadable", str(error))
            return
        if not firing:
            self._tell(HTTPStatus.OK, "nothing-fires", "no alert that starts a run fires")
            return
        try:
            verdict = self.server.alerted(firing)
        except PipelineError as error:
            # Alertmanager tries again what is answered 5xx.
            self.server.metrics.requests.labels("failed").inc()
            logger.error("no run: %s", error)  # noqa: TRY400 - the text says it all
            self._tell(HTTPStatus.SERVICE_UNAVAILABLE, "failed", str(error))
            return
        self.server.metrics.observe(verdict)
        self._tell(HTTPStatus.OK, verdict.reason.value, verdict.explanation)

    def _tell(self, status: HTTPStatus, result: str, explanation: str) -> None:
        text = json.dumps({"result": result, "explanation": explanation})
        self._answer(status, text.encode() + b"\n", "application/json")

    def _answer(self, status: HTTPStatus, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Log at the level that is off: Prometheus and the probes ask all the time."""
        logger.debug(format, *args)


def is_authentic(header: str, token_file: Path) -> bool:
    """Tell whether a request's `Authorization` carries the token. An empty token is nobody's.

    Args:
        header: The header's value.
        token_file: The file with the token.
    """
    token = token_file.read_text(encoding="utf-8").strip().encode()
    given = header.removeprefix(_SCHEME).encode() if header.startswith(_SCHEME) else b""
    return bool(token) and hmac.compare_digest(given, token)
