"""Speaks to the engine that runs this plugin: lines for the person who runs Pulumi."""

import contextlib
import threading
from enum import Enum

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc


class Severity(Enum):
    """How a line is shown."""

    INFO = "info"
    WARNING = "warning"


_SEVERITIES = {Severity.INFO: engine_pb2.INFO, Severity.WARNING: engine_pb2.WARNING}


class Engine:
    """The engine's log. Safe to be used by many threads; a line that cannot be delivered is dropped."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stub: engine_pb2_grpc.EngineStub | None = None
        self._address = ""

    def attach(self, address: str) -> None:
        """Connect to the engine.

        Args:
            address: "host:port".
        """
        with self._lock:
            if address and address != self._address:
                self._address = address
                self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))

    def log(self, severity: Severity, text: str, urn: str = "", *, is_status: bool = False) -> None:
        """Show a line.

        Args:
            severity: How.
            text: What, without secrets.
            urn: The resource that it belongs to.
            is_status: Whether it only tells how a wait is going, and is replaced by the next one.
        """
        if self._stub is None:
            return
        request = engine_pb2.LogRequest(severity=_SEVERITIES[severity], message=text, urn=urn, ephemeral=is_status)
        with contextlib.suppress(grpc.RpcError):
            self._stub.Log(request, timeout=5.0)
