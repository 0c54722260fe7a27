"""What single argument values must satisfy that name something at AWS."""

import re
from collections.abc import Callable
from typing import Any

from pulumi_mlops._shared.arguments import Check, Requirement
from pulumi_mlops._shared.aws.instance_types import PREFIX, InstanceUse, regions, supported
from pulumi_mlops._shared.suggest import did_you_mean

ACCOUNT_ID = re.compile(r"[0-9]{12}")
_PARTITION = r"arn:aws(-cn|-us-gov)?"
_REGION = r"[a-z]{2}(-[a-z]+)+-[1-9]"
_ACCOUNT = r"[0-9]{12}"
AWS_NAME = re.compile(r"[A-Za-z0-9](-*[A-Za-z0-9])*")
ECR_IMAGE = re.compile(
    rf"{_ACCOUNT}\.dkr\.ecr\.{_REGION}\.amazonaws\.com(\.cn)?/[a-z0-9][a-z0-9._/-]*@sha256:[0-9a-f]{{64}}"
)
BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
GROUP_ARN = rf"{_PARTITION}:sagemaker:{_REGION}:{_ACCOUNT}:model-package-group/"
ROLE_ARN = rf"{_PARTITION}:iam::{_ACCOUNT}:role/[\w+=,.@/-]+"
POLICY_ARN = rf"{_PARTITION}:iam::({_ACCOUNT}|aws):policy/[\w+=,.@/-]+"
KMS_KEY_ARN = rf"{_PARTITION}:kms:{_REGION}:{_ACCOUNT}:key/[A-Za-z0-9-]+"
TOPIC_ARN = rf"{_PARTITION}:sns:{_REGION}:{_ACCOUNT}:[A-Za-z0-9_-]{{1,256}}"


def _matching(pattern: str | re.Pattern[str], expected: str, fix: str) -> Check:
    compiled = re.compile(pattern)
    return lambda value: None if compiled.fullmatch(value) else Requirement(expected, fix)


def all_of(*checks: Check) -> Check:
    """Accept what every one of the checks accepts; else say what the first that does not expected."""
    return lambda value: next((found for check in checks if (found := check(value))), None)


def aws_name(*, longest: int = 63) -> Callable[[Any], Requirement | None]:
    """Accept names that AWS takes for what SageMaker runs: letters, digits and dashes between them."""

    def check(value: str) -> Requirement | None:
        if AWS_NAME.fullmatch(value) and len(value) <= longest:
            return None
        expected = f"letters, digits and dashes between them, at most {longest} characters"
        fix = f"shorten it: it has {len(value)}" if len(value) > longest else "choose such a name"
        return Requirement(expected, fix)

    return check


def region(value: str) -> Requirement | None:
    """Accept the regions that have SageMaker."""
    if value in regions():
        return None
    return Requirement("a region with SageMaker", did_you_mean(value, sorted(regions())) or "write it like eu-west-1")


def instance_type(use: InstanceUse, in_region: str) -> Check:
    """Accept the instance types for a use in a region. Everything passes in a region that has no list."""

    def check(value: str) -> Requirement | None:
        known = supported(in_region, use)
        if value in known or not known:
            return None
        others = [other.value for other in InstanceUse if value in supported(in_region, other)]
        expected = f"an instance type for {use.value} in {in_region}"
        if others:
            return Requirement(expected, f"choose another: this one is for {' and '.join(others)} only")
        # EC2's own names lack the prefix.
        whole = value if value.startswith(PREFIX) else f"{PREFIX}{value}"
        return Requirement(expected, did_you_mean(whole, sorted(known)) or "choose one, such as ml.m5.large")

    return check


def of_account(account_id: str) -> Check:
    """Accept ARNs of one account: what is referred to must be in it."""
    fix = "name one of the stack's own account"
    return lambda arn: None if arn.split(":")[4] == account_id else Requirement(f"an ARN of account {account_id}", fix)


def of_region(name: str) -> Check:
    """Accept ARNs of one region: what is referred to must be in it."""
    fix = "name one of the stack's own region"
    return lambda arn: None if arn.split(":")[3] == name else Requirement(f"an ARN of region {name}", fix)


account_id = _matching(ACCOUNT_ID, "the number of an AWS account, 12 digits as text", "write the number in quotes")
ecr_image = _matching(
    ECR_IMAGE,
    "an image in ECR pinned by digest, "
    "`<account>.dkr.ecr.<region>.amazonaws.com/<repository>@sha256:<64 hexadecimal digits>`",
    "push the image to ECR and name it by its digest there",
)
role_arn = _matching(ROLE_ARN, "the ARN of a role", "write it like arn:aws:iam::123456789012:role/name")
policy_arn = _matching(
    POLICY_ARN, "the ARN of a managed policy", "write it like arn:aws:iam::123456789012:policy/boundary"
)
kms_key_arn = _matching(
    KMS_KEY_ARN,
    "the ARN of a KMS key",
    "write the key's ARN, like arn:aws:kms:eu-west-1:123456789012:key/…, and not that of an alias",
)
topic_arn = _matching(TOPIC_ARN, "the ARN of an SNS topic", "write it like arn:aws:sns:eu-west-1:123456789012:alarms")
bucket_name = _matching(BUCKET_NAME, "the name of an S3 bucket", "write its name alone, without s3://")
model_package_group = _matching(
    rf"({GROUP_ARN})?[A-Za-z0-9](-*[A-Za-z0-9]){{0,62}}",
    "the name or the ARN of a model package group",
    "write its name, or its ARN where it is another account's",
)
s3_uri = _matching(
    r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^\s]*)?",
    "an S3 location such as s3://bucket/prefix",
    "write the whole location",
)
description = _matching(
    r"[^\x00-\x1f\x7f]{1,1024}", "one line of at most 1024 characters", "shorten it, or write it in one line"
)
subnet_id = _matching(r"subnet-[0-9a-f]{8,17}", "the id of a subnet", "write it like subnet-0123456789abcdef0")
security_group_id = _matching(r"sg-[0-9a-f]{8,17}", "the id of a security group", "write it like sg-0123456789abcdef0")
