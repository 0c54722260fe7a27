from collections.abc import Iterator

import pytest
from moto import mock_aws

from sandbox.aws.faults import faults
from sandbox.aws.server import change_moto
from tests.moto_account import Aws


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """An AWS account with nothing in it, which refuses what AWS refuses."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "test")
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    change_moto()
    with mock_aws():
        yield Aws()
    faults.clear()
