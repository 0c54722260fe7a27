"""An offline AWS in this process, for tests that need no process of its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serves one for as long as the block runs.

    Args:
        folder: Where the jobs and models that it runs have their files.

    Yields:
        Its address.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLOPS_OFFLINE_AWS_FOLDER", str(folder))
        from sandbox.aws.server import make  # noqa: PLC0415 - changes moto for the rest of the process

        server = make("127.0.0.1", 0)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        server.server_close()
        thread.join()
