from typing import Any

import pytest
from pydantic import TypeAdapter

from pulumi_mlops._shared import rules
from pulumi_mlops._shared.aws import values
from pulumi_mlops._shared.aws.instance_types import InstanceUse
from pulumi_mlops._shared.problems import Check

DIGEST = "sha256:" + "0123456789abcdef" * 4
ECR = f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/serving@{DIGEST}"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
# A value, whether it is right, and by which check of ours and which type of the configuration.
CASES = [
    (values.account_id, values.AccountId, "123456789012", True),
    (values.account_id, values.AccountId, "12345678901", False),
    (values.account_id, values.AccountId, "12345678901a", False),
    (values.ecr_image, values.EcrImage, ECR, True),
    (values.ecr_image, values.EcrImage, ECR.replace("eu-west-1", "us-gov-west-1"), True),
    (
        values.ecr_image,
        values.EcrImage,
        ECR.replace("eu-west-1.amazonaws.com", "cn-north-1.amazonaws.com.cn"),
        True,
    ),
    (values.ecr_image, values.EcrImage, f"registry.example/team/serving@{DIGEST}", False),
    (values.ecr_image, values.EcrImage, ECR.replace(f"@{DIGEST}", ":latest"), False),
    (values.ecr_image, values.EcrImage, "localhost/pulumi-mlops/serving:0123456789abcdef", False),
    (values.kms_key_arn, values.KmsKeyArn, KEY, True),
    (values.kms_key_arn, values.KmsKeyArn, "arn:aws:kms:eu-west-1:123456789012:alias/models", False),
    (values.policy_arn, values.PolicyArn, "arn:aws:iam::123456789012:policy/boundaries/models", True),
    (values.policy_arn, values.PolicyArn, "arn:aws:iam::aws:policy/PowerUserAccess", True),
    (values.policy_arn, values.PolicyArn, "arn:aws:iam::123456789012:role/models", False),
    (values.topic_arn, values.TopicArn, "arn:aws:sns:eu-west-1:123456789012:alarms", True),
    (values.topic_arn, values.TopicArn, "arn:aws:sqs:eu-west-1:123456789012:alarms", False),
    (values.subnet_id, values.SubnetId, "subnet-0123456789abcdef0", True),
    (values.subnet_id, values.SubnetId, "sg-0123456789abcdef0", False),
    (values.security_group_id, values.SecurityGroupId, "sg-01234567", True),
    (values.security_group_id, values.SecurityGroupId, "subnet-01234567", False),
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
        (values.listed_region, "eu-west-1", True),
        (values.listed_region, "eu-west-9", False),
        (values.bucket_name, "flights-dev-123456789012-eu-west-1", True),
        (values.bucket_name, "s3://flights", False),
        (values.bucket_name, "Flights", False),
        (values.model_package_group, "flights-dev-flight-delay", True),
        (values.model_package_group, "arn:aws:sagemaker:eu-west-1:123456789012:model-package-group/flights", True),
        (values.model_package_group, "arn:aws:sagemaker:eu-west-1:123456789012:model-package/flights/1", False),
        (values.description, "Delay of flights, in minutes", True),
        (values.description, "two\nlines", False),
        (values.aws_name(), "flights-dev-flight-delay", True),
        (values.aws_name(), "flights--dev", True),
        (values.aws_name(), "flights-", False),
        (values.aws_name(), "flights_dev", False),
        (values.aws_name(64), "a" * 64, True),
        (values.aws_name(), "a" * 64, False),
        (values.of_account("123456789012"), KEY, True),
        (values.of_account("210987654321"), KEY, False),
        (values.of_region("eu-west-1"), KEY, True),
        (values.of_region("eu-central-1"), KEY, False),
        (rules.all_of(values.kms_key_arn, values.of_region("eu-west-1")), KEY, True),
        (rules.all_of(values.kms_key_arn, values.of_region("eu-west-1")), "models", False),
        (values.listed_instance_type(InstanceUse.TRAINING, "eu-west-1"), "ml.m5.large", True),
        (values.listed_instance_type(InstanceUse.TRAINING, "mars-north-1"), "ml.m5.large", True),
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
    requirement = values.listed_instance_type(use, "eu-west-1")(value)
    assert requirement is not None
    assert expected in requirement.expected
    assert fix in requirement.fix


def test_says_which_region_may_have_been_meant() -> None:
    requirement = values.listed_region("eu-wst-1")
    assert requirement is not None
    assert "eu-west-1" in requirement.fix


@pytest.mark.parametrize("region", ["eusc-de-east-1", "us-isob-east-1", "af-north-7"])
def test_a_region_that_no_list_knows_is_never_taken_for_one_on_another_continent(region: str) -> None:
    assert values.region(region) is None
    requirement = values.listed_region(region)
    assert requirement is not None
    assert "allow_unlisted" in requirement.fix
    assert not any(other in requirement.fix for other in ("us-east-1", "eu-west", "eu-central"))
