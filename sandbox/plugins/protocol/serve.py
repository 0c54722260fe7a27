"""Runs a plugin until the engine has no more use for it."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from sandbox.plugins.protocol.engine import Engine
from sandbox.plugins.protocol.server import Servicer

_THREADS = 128
"""Each operation holds one while it waits, and the engine asks for as many at once as the person allows."""

_LOOK_SECONDS = 0.5


def serve(arguments: list[str], make_servicer: Callable[[Engine], Servicer[Any]]) -> None:
    """Serve the protocol on a port of the local host, which is printed as the first line.

    Args:
        arguments: The engine's address, when the engine starts the plugin.
        make_servicer: Makes what answers the requests.
    """
    engine = Engine()
    engine.attach(next((each for each in arguments if not each.startswith("-")), ""))
    servicer = make_servicer(engine)
    unlimited = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    server = grpc.server(ThreadPoolExecutor(max_workers=_THREADS), options=unlimited)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    stopping = _stop_on_signals(servicer)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    _wait(stopping)
    servicer.cancelled.set()
    server.stop(grace=0.5).wait()


def _stop_on_signals(servicer: Servicer[Any]) -> threading.Event:
    """End the operations under way on a signal, and the plugin when there are none, or when it is told to end."""
    stopping = threading.Event()

    def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the form of signal handlers
        # The terminal sends Ctrl-C to everybody, but the engine still wants to know what came of its requests.
        was_busy = servicer.is_busy
        servicer.cancelled.set()
        if number == signal.SIGTERM or not was_busy:
            stopping.set()

    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    return stopping


def _wait(stopping: threading.Event) -> None:
    """Wait until the plugin is told to end, or the engine has died without doing so."""
    parent = os.getppid()
    while not stopping.wait(_LOOK_SECONDS) and os.getppid() == parent:
        pass
