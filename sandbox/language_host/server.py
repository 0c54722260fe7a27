"""Serving the engine, until it interrupts this process or is gone."""

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from pulumi.runtime.proto import language_pb2_grpc

from .children import Children
from .service import LanguageHost

_ENGINE_CHECK_SECONDS = 1.0
_MESSAGE_LIMIT_BYTES = 400 * 1024 * 1024
_REQUEST_THREADS = 16


def serve(engine_address: str, executor: Path, version: str) -> None:
    """Print the port that it serves on, and serve.

    Args:
        engine_address: Where the engine listens; empty when the handshake will bring it.
        executor: The SDK's `pulumi-language-python-exec`.
        version: The version to report.
    """
    children = Children()
    server = grpc.server(
        ThreadPoolExecutor(_REQUEST_THREADS),
        options=[
            ("grpc.max_receive_message_length", _MESSAGE_LIMIT_BYTES),
            ("grpc.max_send_message_length", _MESSAGE_LIMIT_BYTES),
        ],
    )
    host = LanguageHost(engine_address, executor, version, children)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    engine = os.getppid()
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    # An engine that was killed can tell nobody: whoever then adopts this process is not the engine.
    while not stopping.wait(_ENGINE_CHECK_SECONDS) and os.getppid() == engine:
        pass
    children.close()
    server.stop(grace=None)
