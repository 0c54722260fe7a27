import threading
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

REGION = "eu-west-1"


@pytest.fixture(scope="session")
def offline_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an offline AWS in this process."""
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
