"""A way to a cluster's API server that a test can close and open again, with no harm to the cluster."""

import contextlib
import selectors
import socket
import struct
import threading
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from urllib.parse import urlsplit

import yaml

_CHUNK_BYTES = 65536
_POLL_SECONDS = 0.1
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Way(Enum):
    """How a gate behaves."""

    OPEN = "open"
    """It forwards."""
    REFUSES = "refuses"
    """As when the API server is gone: connections are reset and new ones refused."""
    HANGS = "hangs"
    """As when the network is gone: nothing is answered any more."""


class ApiGate:
    """Forwards a local port to the API server for as long as it is open.

    Args:
        kubeconfig: The cluster's kubeconfig.
        folder: Where the kubeconfig that leads through the gate is written.
    """

    def __init__(self, kubeconfig: Path, folder: Path) -> None:
        document = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
        server = urlsplit(document["clusters"][0]["cluster"]["server"])
        self._target = (server.hostname, server.port)
        self._way = Way.OPEN
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._address = self._listener.getsockname()
        document["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{self._address[1]}"
        self.kubeconfig = folder / "kubeconfig-through-gate"
        self.kubeconfig.touch(mode=0o600)
        self.kubeconfig.write_text(yaml.safe_dump(document), encoding="utf-8")
        threading.Thread(target=self._serve, daemon=True).start()

    @contextlib.contextmanager
    def closed(self, way: Way) -> Iterator[None]:
        """Closes the gate in one way or another for as long as the block runs."""
        self._way = way
        if way is Way.REFUSES:
            self._listener.close()
            self._reset_all()
        try:
            yield
        finally:
            self._way = Way.OPEN
            self._reset_all()
            if way is Way.REFUSES:
                self._listener = socket.create_server(self._address)
                threading.Thread(target=self._serve, daemon=True).start()

    def end(self) -> None:
        """Ends the gate for good."""
        self._ended.set()
        self._listener.close()
        self._reset_all()

    def _serve(self) -> None:
        listener = self._listener
        listener.settimeout(_POLL_SECONDS)
        while not self._ended.is_set():
            try:
                inner, _ = listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            threading.Thread(target=self._forward, args=(inner,), daemon=True).start()

    def _forward(self, inner: socket.socket) -> None:
        with contextlib.suppress(OSError), inner, socket.create_connection(self._target) as outer:
            inner.settimeout(None)
            with self._lock:
                self._sockets.update((inner, outer))
            try:
                self._copy(inner, outer)
            finally:
                with self._lock:
                    self._sockets.difference_update((inner, outer))

    def _copy(self, inner: socket.socket, outer: socket.socket) -> None:
        other = {inner: outer, outer: inner}
        with selectors.DefaultSelector() as selector:
            for one in other:
                selector.register(one, selectors.EVENT_READ)
            while not self._ended.is_set():
                for key, _ in selector.select(_POLL_SECONDS):
                    if self._way is Way.HANGS:
                        self._ended.wait(_POLL_SECONDS)
                        continue
                    source = key.fileobj
                    assert isinstance(source, socket.socket)
                    data = source.recv(_CHUNK_BYTES)
                    if not data:
                        return
                    other[source].sendall(data)

    def _reset_all(self) -> None:
        with self._lock:
            for one in self._sockets:
                with contextlib.suppress(OSError):
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
                    one.shutdown(socket.SHUT_RDWR)
