from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from pulumi_mlops.dynamic.registered_versions import RegisteredVersionsProvider
from tests.moto_account import GROUP, REGION, Aws
from tests.offline_aws import served

PROPS = {"region": REGION, "group_name": GROUP}


@pytest.fixture
def sagemaker(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """SageMaker of an offline AWS: it deletes no group that has versions, as AWS does."""
    with served(tmp_path_factory.mktemp("offline-aws")) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "offline")
        yield boto3.client("sagemaker", region_name=REGION)


def test_a_group_with_versions_is_emptied_so_that_it_can_go(sagemaker: Any) -> None:
    account = Aws()
    for status in ("Approved", "Rejected", "PendingManualApproval"):
        account.register(status)
    with pytest.raises(ClientError, match="cannot be deleted because it has model packages"):
        sagemaker.delete_model_package_group(ModelPackageGroupName=GROUP)

    provider = RegisteredVersionsProvider()
    provider.delete(provider.create(PROPS).id, PROPS)

    sagemaker.delete_model_package_group(ModelPackageGroupName=GROUP)
    provider.delete(GROUP, PROPS)


def test_another_group_is_another_resource() -> None:
    provider = RegisteredVersionsProvider()
    assert provider.diff(GROUP, PROPS, dict(PROPS)).changes is False
    assert provider.diff(GROUP, PROPS, {**PROPS, "group_name": "flights-prod-flight-delay"}).replaces == ["group_name"]
