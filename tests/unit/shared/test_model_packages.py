from collections.abc import Iterator
from dataclasses import replace

import pytest
from moto import mock_aws

from pulumi_mlops._shared.aws import model_packages
from pulumi_mlops._shared.aws.client import MissingError
from tests.moto_account import DIGEST, GROUP, GROUP_ARN, IMAGE, MODEL_DATA, Aws


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield Aws()


@pytest.mark.parametrize("group", [GROUP, GROUP_ARN])
def test_a_version_is_found_by_its_group_and_number(aws: Aws, group: str) -> None:
    aws.register()
    arn = aws.register("PendingManualApproval")
    package = model_packages.describe_version(aws.sagemaker, group, "2")
    assert replace(package, created_at="") == model_packages.ModelPackage(
        arn=arn,
        version="2",
        approval_status=model_packages.PENDING,
        digest=DIGEST,
        model_data_url=MODEL_DATA,
        image=IMAGE,
        metadata={"mlops.digest": DIGEST},
    )


@pytest.mark.parametrize("group", [GROUP, GROUP_ARN])
def test_fails_when_there_is_no_such_version(aws: Aws, group: str) -> None:
    aws.register()
    with pytest.raises(MissingError):
        model_packages.describe_version(aws.sagemaker, group, "2")


def test_versions_are_listed_with_the_newest_first(aws: Aws) -> None:
    for _ in range(11):
        aws.register()
    listed = model_packages.list_versions(aws.sagemaker, GROUP)
    assert [one.version for one in listed] == [str(number) for number in range(11, 0, -1)]
    assert listed[0].arn == model_packages.package_arn(GROUP_ARN, "11")


def test_a_version_is_approved_with_a_reason(aws: Aws) -> None:
    arn = aws.register("PendingManualApproval")
    model_packages.set_approval(aws.sagemaker, arn, model_packages.APPROVED, "ana: better than version 6")
    answer = aws.sagemaker.describe_model_package(ModelPackageName=arn)
    assert (answer["ModelApprovalStatus"], answer["ApprovalDescription"]) == ("Approved", "ana: better than version 6")
    assert model_packages.list_versions(aws.sagemaker, GROUP)[0].approval_status == model_packages.APPROVED


def test_a_version_without_our_metadata_has_no_digest(aws: Aws) -> None:
    aws.register()
    arn = aws.sagemaker.create_model_package(ModelPackageGroupName=GROUP)["ModelPackageArn"]
    package = model_packages.describe(aws.sagemaker, arn)
    assert (package.digest, package.model_data_url, package.image, package.metadata) == ("", "", "", {})
