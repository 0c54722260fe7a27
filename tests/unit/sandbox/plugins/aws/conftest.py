"""An offline AWS in this process, and the engine's part in a test's own words."""

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

pytest.register_assert_rewrite("tests.unit.sandbox.plugins.aws.life", "tests.unit.sandbox.plugins.aws.stack")

from tests.unit.sandbox.plugins.aws.stack import Stack, configuration  # noqa: E402 - after the registration


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an offline AWS."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLOPS_OFFLINE_AWS_FOLDER", str(tmp_path_factory.mktemp("offline-aws")))
        from sandbox.aws.server import make  # noqa: PLC0415 - changes moto for the rest of the process

        server = make("127.0.0.1", 0)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def stack(endpoint: str, tmp_path: Path) -> Iterator[Stack]:
    """A stack of its own, with a provider for the offline AWS, which is empty."""
    yield Stack(configuration(endpoint), tmp_path / "journal")
    httpx.post(f"{endpoint}/moto-api/reset").raise_for_status()
