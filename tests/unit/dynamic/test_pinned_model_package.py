from typing import Any

import pytest
from pulumi.runtime import rpc

from pulumi_mlops._shared.aws import model_packages
from pulumi_mlops._shared.aws.client import AwsError
from pulumi_mlops.dynamic.pinned_model_package import PinnedModelPackageProvider, PinnedPackageError
from tests.moto_account import DIGEST, GROUP_ARN, MODEL_DATA, REGION, Aws

OTHER_DIGEST = "sha256:" + "c" * 64


def pin(arn: str, **changes: Any) -> dict[str, Any]:
    return {
        "region": REGION,
        "package_arn": arn,
        "digest": DIGEST,
        "model_data_url": MODEL_DATA,
        **changes,
    }


def test_an_approved_version_passes_and_tells_where_its_bytes_lie(aws: Aws) -> None:
    arn = aws.register()
    result = PinnedModelPackageProvider().create(pin(arn))
    assert result.id == arn
    assert result.outs == pin(arn)


@pytest.mark.parametrize("status", ["PendingManualApproval", "Rejected"])
def test_refuses_a_version_that_is_not_approved(aws: Aws, status: str) -> None:
    arn = aws.register(status)
    with pytest.raises(PinnedPackageError, match=rf"model package {arn}: got {status}, expected Approved, fix: "):
        PinnedModelPackageProvider().create(pin(arn))


def test_refuses_a_version_with_another_digest(aws: Aws) -> None:
    arn = aws.register(digest=OTHER_DIGEST)
    with pytest.raises(PinnedPackageError, match=f"got {OTHER_DIGEST}, expected {DIGEST}, fix: pin the digest"):
        PinnedModelPackageProvider().create(pin(arn))


def test_refuses_a_version_that_is_not_registered(aws: Aws) -> None:
    aws.register()
    arn = f"{GROUP_ARN.replace('-group/', '/')}/2"
    with pytest.raises(PinnedPackageError, match=f"model package {arn}: got none, expected a registered version"):
        PinnedModelPackageProvider().create(pin(arn))


@pytest.mark.parametrize("elsewhere", [MODEL_DATA.replace("dev-data", "data"), MODEL_DATA.replace("a" * 64, "b" * 64)])
def test_refuses_bytes_that_lie_elsewhere_than_the_pin_says(aws: Aws, elsewhere: str) -> None:
    arn = aws.register(data=elsewhere)
    with pytest.raises(PinnedPackageError, match=f"got {elsewhere}, expected {MODEL_DATA}, fix: set model_data_bucket"):
        PinnedModelPackageProvider().create(pin(arn))


def test_tells_all_that_is_wrong_at_once(aws: Aws) -> None:
    arn = aws.register("Rejected", OTHER_DIGEST, "s3://somewhere-else/model.tar.gz")
    with pytest.raises(PinnedPackageError) as caught:
        PinnedModelPackageProvider().create(pin(arn))
    assert str(caught.value).count(f"model package {arn}: got ") == 3


def test_an_update_to_another_version_is_checked_alike(aws: Aws) -> None:
    first, second = aws.register(), aws.register("PendingManualApproval")
    provider = PinnedModelPackageProvider()
    outs = provider.create(pin(first)).outs
    assert outs is not None
    with pytest.raises(PinnedPackageError, match="got PendingManualApproval"):
        provider.update(first, outs, pin(second))
    aws.sagemaker.update_model_package(
        ModelPackageArn=second,
        ModelApprovalStatus="Approved",
        CustomerMetadataProperties={"mlops.digest": DIGEST},
    )
    assert provider.update(first, outs, pin(second)).outs == pin(second)


def test_is_checked_again_for_another_pin_alone(aws: Aws) -> None:
    arn = aws.register()
    provider = PinnedModelPackageProvider()
    outs = provider.create(pin(arn)).outs
    assert outs is not None
    assert provider.diff(arn, outs, pin(arn)).changes is False
    assert provider.diff(arn, outs, pin(arn, digest=OTHER_DIGEST)).changes is True
    assert provider.diff(arn, outs, pin(f"{arn[:-1]}2")).changes is True


def failures(olds: dict[str, Any], news: dict[str, Any]) -> list[str]:
    checked = PinnedModelPackageProvider().check(olds, news)
    assert checked.inputs == news
    return [failure.reason for failure in checked.failures]


def test_a_preview_refuses_a_version_that_is_not_approved_in_one_line_that_says_how(aws: Aws) -> None:
    arn = aws.register("PendingManualApproval")
    (line,) = failures({}, pin(arn))
    fix = "approve it with mlops approve --version 1, or pin an approved one"
    assert line == f"model package {arn}: got PendingManualApproval, expected Approved, fix: {fix}"
    (line,) = failures({}, pin(arn.replace("/1", "/7")))
    assert "got none, expected a registered version" in line
    assert "\n" not in line


def test_a_preview_lets_pass_what_it_cannot_know_or_has_been_proved(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    arn = aws.register()
    assert failures({}, pin(arn)) == []
    pending = pin(aws.register("Rejected"))
    assert failures(pending, pending) == []
    assert failures({}, {**pending, "model_data_url": rpc.UNKNOWN}) == []
    # No such credentials, no such network: the update asks again, and fails then.
    refuse = AwsError("sagemaker DescribeModelPackage: got AccessDenied")

    def denied(*_: object) -> None:
        raise refuse

    monkeypatch.setattr(model_packages, "describe", denied)
    assert failures({}, pending) == []
    with pytest.raises(AwsError):
        PinnedModelPackageProvider().create(pending)
