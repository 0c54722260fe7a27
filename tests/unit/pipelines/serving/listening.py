"""The endpoint's server on a port of this process, and requests to it as bytes."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from kserve.model_server import app as kserve_application

from mlops_runtime.serving.endpoint_server import EndpointRestServer, EndpointServer
from mlops_runtime.serving.model import EndpointModel

ANSWER_SECONDS = 60


@dataclass(frozen=True)
class RawAnswer:
    """An answer as it came over the connection."""

    status: int
    head: str
    body: bytes

    @property
    def document(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@contextmanager
def listening(server: EndpointServer) -> Iterator[int]:
    """Serves on a free port, as `EndpointServer.run` does in a process of its own."""
    server.register_model(EndpointModel(server.served))
    rest_server = EndpointRestServer(server.dataplane, server)
    # KServe has one application for each process: the routes of a server before this one would answer first.
    kserve_application.router.routes.clear()
    rest_server.create_application()
    uvicorn_server = rest_server._server
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=uvicorn_server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            uvicorn_server.should_exit = True
            thread.join()
            server.threads.close()


def connect(port: int) -> socket.socket:
    """A connection to the server."""
    return socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS)


def read_answer(connection: socket.socket) -> RawAnswer:
    """The next answer; one that goes on until its Content-Length, or without one is empty."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(connection, received)
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    while len(body) < int(headers.get("content-length", "0")):
        body += _more(connection, body)
    return RawAnswer(int(lines[0].split()[1]), head.decode(), body)


def ask_raw(port: int, *parts: bytes) -> RawAnswer:
    """Sends a request, each part in a packet of its own, over a fresh connection."""
    with closing(connect(port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in parts:
            connection.sendall(part)
        return read_answer(connection)


def post(path: str, body: bytes, *headers: str) -> tuple[bytes, bytes]:
    """A request's head and its body."""
    lines = (f"POST {path} HTTP/1.1", "Host: endpoint", *headers, f"Content-Length: {len(body)}", "", "")
    return "\r\n".join(lines).encode(), body


def _more(connection: socket.socket, so_far: bytes) -> bytes:
    more = connection.recv(65536)
    assert more, f"the connection was closed after {so_far!r}"
    return more
