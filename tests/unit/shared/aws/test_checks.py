from typing import Any

import pytest
from pydantic import TypeAdapter

from pulumi_mlops._shared.arguments import Check
from pulumi_mlops._shared.aws import checks
from pulumi_mlops._shared.aws import scalars as aws_scalars
from pulumi_mlops._shared.aws.instance_types import InstanceUse

DIGEST = "sha256:" + "0123456789abcdef" * 4
ECR = f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/serving@{DIGEST}"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
# A value, whether it is right, and by which check of ours and which type of the configuration.
CASES = [
    (checks.account_id, aws_scalars.AccountId, "123456789012", True),
    (checks.account_id, aws_scalars.AccountId, "12345678901", False),
    (checks.account_id, aws_scalars.AccountId, "12345678901a", False),
    (checks.ecr_image, aws_scalars.EcrImage, ECR, True),
    (checks.ecr_image, aws_scalars.EcrImage, ECR.replace("eu-west-1", "us-gov-west-1"), True),
    (
        checks.ecr_image,
        aws_scalars.EcrImage,
        ECR.replace("eu-west-1.amazonaws.com", "cn-north-1.amazonaws.com.cn"),
        True,
    ),
    (checks.ecr_image, aws_scalars.EcrImage, f"registry.example/team/serving@{DIGEST}", False),
    (checks.ecr_image, aws_scalars.EcrImage, ECR.replace(f"@{DIGEST}", ":latest"), False),
    (checks.ecr_image, aws_scalars.EcrImage, "localhost/pulumi-mlops/serving:0123456789abcdef", False),
    (checks.kms_key_arn, aws_scalars.KmsKeyArn, KEY, True),
    (checks.kms_key_arn, aws_scalars.KmsKeyArn, "arn:aws:kms:eu-west-1:123456789012:alias/models", False),
    (checks.policy_arn, aws_scalars.PolicyArn, "arn:aws:iam::123456789012:policy/boundaries/models", True),
    (checks.policy_arn, aws_scalars.PolicyArn, "arn:aws:iam::aws:policy/PowerUserAccess", True),
    (checks.policy_arn, aws_scalars.PolicyArn, "arn:aws:iam::123456789012:role/models", False),
    (checks.topic_arn, aws_scalars.TopicArn, "arn:aws:sns:eu-west-1:123456789012:alarms", True),
    (checks.topic_arn, aws_scalars.TopicArn, "arn:aws:sqs:eu-west-1:123456789012:alarms", False),
    (checks.subnet_id, aws_scalars.SubnetId, "subnet-0123456789abcdef0", True),
    (checks.subnet_id, aws_scalars.SubnetId, "sg-0123456789abcdef0", False),
    (checks.security_group_id, aws_scalars.SecurityGroupId, "sg-01234567", True),
    (checks.security_group_id, aws_scalars.SecurityGroupId, "subnet-01234567", False),
]


@pytest.mark.parametrize(("check", "kind", "value", "is_right"), CASES)
def test_components_and_configuration_agree(check: Check, kind: Any, value: str, is_right: bool) -> None:
    assert (check(value) is None) is is_right
    configured: TypeAdapter[str] = TypeAdapter(kind)
    if is_right:
        assert configured.validate_python(value) == value
    else:
        with pytest.raises(ValueError, match="expected"):
            configured.validate_python(value)


@pytest.mark.parametrize(
    ("check", "value", "is_right"),
    [
        (checks.region, "eu-west-1", True),
        (checks.region, "eu-west-9", False),
        (checks.role_arn, "arn:aws:iam::123456789012:role/path/name", True),
        (checks.role_arn, "arn:aws:iam::123456789012:user/name", False),
        (checks.bucket_name, "flights-dev-123456789012-eu-west-1", True),
        (checks.bucket_name, "s3://flights", False),
        (checks.bucket_name, "Flights", False),
        (checks.model_package_group, "flights-dev-flight-delay", True),
        (checks.model_package_group, "arn:aws:sagemaker:eu-west-1:123456789012:model-package-group/flights", True),
        (checks.model_package_group, "arn:aws:sagemaker:eu-west-1:123456789012:model-package/flights/1", False),
        (checks.s3_uri, "s3://bucket/models/", True),
        (checks.s3_uri, "bucket/models", False),
        (checks.description, "Delay of flights, in minutes", True),
        (checks.description, "two\nlines", False),
        (checks.aws_name(), "flights-dev-flight-delay", True),
        (checks.aws_name(), "flights--dev", True),
        (checks.aws_name(), "flights-", False),
        (checks.aws_name(), "flights_dev", False),
        (checks.aws_name(longest=64), "a" * 64, True),
        (checks.aws_name(), "a" * 64, False),
        (checks.of_account("123456789012"), KEY, True),
        (checks.of_account("210987654321"), KEY, False),
        (checks.of_region("eu-west-1"), KEY, True),
        (checks.of_region("eu-central-1"), KEY, False),
        (checks.all_of(checks.kms_key_arn, checks.of_region("eu-west-1")), KEY, True),
        (checks.all_of(checks.kms_key_arn, checks.of_region("eu-west-1")), "models", False),
        (checks.instance_type(InstanceUse.TRAINING, "eu-west-1"), "ml.m5.large", True),
        (checks.instance_type(InstanceUse.TRAINING, "mars-north-1"), "ml.m5.large", True),
    ],
)
def test_takes_what_aws_takes(check: Check, value: str, is_right: bool) -> None:
    assert (check(value) is None) is is_right


@pytest.mark.parametrize(
    ("use", "value", "expected", "fix"),
    [
        (
            InstanceUse.ENDPOINT,
            "ml.m5.lrage",
            "an instance type for endpoints in eu-west-1",
            "did you mean ml.m5.large",
        ),
        (InstanceUse.ENDPOINT, "m5.large", "an instance type for endpoints", "did you mean ml.m5.large"),
        (InstanceUse.TRAINING, "ml.t2.medium", "an instance type for training", "this one is for endpoints only"),
        (InstanceUse.PROCESSING, "a laptop", "an instance type for processing", "such as ml.m5.large"),
    ],
)
def test_says_what_is_wrong_with_an_instance_type(use: InstanceUse, value: str, expected: str, fix: str) -> None:
    requirement = checks.instance_type(use, "eu-west-1")(value)
    assert requirement is not None
    assert expected in requirement.expected
    assert fix in requirement.fix


def test_says_which_region_may_have_been_meant() -> None:
    requirement = checks.region("eu-wst-1")
    assert requirement is not None
    assert "eu-west-1" in requirement.fix
