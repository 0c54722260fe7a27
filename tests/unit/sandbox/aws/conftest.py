from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.offline_aws import served

REGION = "eu-west-1"


@pytest.fixture(scope="session")
def offline_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an offline AWS in this process."""
    with served(tmp_path_factory.mktemp("offline-aws")) as url:
        yield url


@pytest.fixture
def aws(offline_aws: str) -> Any:
    """Makes clients by service."""

    def client(service: str) -> Any:
        return boto3.session.Session().client(
            service,
            region_name=REGION,
            endpoint_url=offline_aws,
            aws_access_key_id="offline",
            aws_secret_access_key="offline",
            config=Config(retries={"total_max_attempts": 1, "mode": "standard"}),
        )

    return client
