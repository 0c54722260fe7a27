"""The offline AWS as a server of HTTP."""

import logging
import sys
import threading
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from sandbox.aws import executions, fakes, feature_store, hosting
from sandbox.aws.faults import with_faults
from sandbox.aws.place import settle

FAKED = (*fakes.FAKED, *executions.FAKED, *hosting.FAKED, *feature_store.FAKED)
"""One line for each operation that is not moto's own."""

_LOCK = threading.Lock()
_APPLIED: list[bool] = []


def change_moto() -> None:
    """Put everything that is not moto's own into the moto of this process, once."""
    with _LOCK:
        if not _APPLIED:
            fakes.apply()
            executions.apply()
            hosting.apply()
            feature_store.apply()
            _APPLIED.append(True)


def make(host: str, port: int) -> BaseWSGIServer:
    """Return the server, which listens already; port 0 stands for any free one.

    Args:
        host: An address of this machine that no other can reach.
        port: The port.
    """
    change_moto()
    application: Any = DomainDispatcherApplication(create_backend_app)
    server = make_server(host, port, with_faults(feature_store.with_records(application)), threaded=True)
    # Steps that pipelines run put their results into this very server.
    settle(f"http://{host}:{server.server_port}")
    return server


def serve(host: str, port: int) -> None:
    """Serve until the process is told to end. The first line printed is the port."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make(host, port)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    try:
        server.serve_forever()
    finally:
        executions.end()
        hosting.end()
