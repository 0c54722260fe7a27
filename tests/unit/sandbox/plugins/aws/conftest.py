"""An offline AWS in this process, and the engine's part in a test's own words."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.offline_aws import served

pytest.register_assert_rewrite("tests.unit.sandbox.plugins.aws.life", "tests.unit.sandbox.plugins.aws.stack")

from tests.unit.sandbox.plugins.aws.stack import Stack, configuration  # noqa: E402 - after the registration


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an offline AWS."""
    with served(tmp_path_factory.mktemp("offline-aws")) as url:
        yield url


@pytest.fixture
def stack(endpoint: str, tmp_path: Path) -> Iterator[Stack]:
    """A stack of its own, with a provider for the offline AWS, which is empty."""
    yield Stack(configuration(endpoint), tmp_path / "journal")
    httpx.post(f"{endpoint}/moto-api/reset").raise_for_status()
