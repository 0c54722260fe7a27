"""Names at AWS, ARNs, regions and machines: the rule of each, and the type of it in a stack file."""

from typing import Annotated

from pulumi_mlops._shared.aws.instance_types import PREFIX, InstanceUse, regions, supported
from pulumi_mlops._shared.problems import Check, Requirement
from pulumi_mlops._shared.rules import Pattern, Rule, Where
from pulumi_mlops._shared.suggest import did_you_mean

_PARTITION = r"aws(-[a-z]+)*"
_REGION = r"[a-z]{2,}(-[a-z]+)+-[1-9][0-9]*"
_ACCOUNT = r"[0-9]{12}"
_NAME = r"[A-Za-z0-9](-*[A-Za-z0-9])*"
# What a region is not in the lists, but may be at AWS.
UNLISTED_FIX = "set sagemaker.allow_unlisted: true if AWS offers it"


def aws_name(longest: int = 63) -> Pattern:
    """Return the rule of a name that AWS takes for what SageMaker runs."""
    return Pattern(_NAME, "letters, digits and hyphens between them", "choose such a name", max_length=longest)


def listed_region(value: str) -> Requirement | None:
    """Accept the regions that the package's lists know to have SageMaker."""
    if value in regions():
        return None
    # A name on another continent is no slip of the pen.
    near = [known for known in sorted(regions()) if known.split("-")[0] == value.split("-", maxsplit=1)[0]]
    advice = did_you_mean(value, near)
    return Requirement("a region with SageMaker", f"{advice} Or {UNLISTED_FIX}" if advice else UNLISTED_FIX)


def listed_instance_type(use: InstanceUse, in_region: str) -> Check:
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
        advice = did_you_mean(whole, sorted(known)) or "choose one, such as ml.m5.large."
        return Requirement(expected, f"{advice} Or {UNLISTED_FIX}")

    return check


def of_account(account_id: str) -> Check:
    """Accept ARNs of one account, or of AWS itself."""
    fix = "name one of the stack's own account"
    return lambda arn: (
        None if arn.split(":")[4] in (account_id, "aws") else Requirement(f"an ARN of account {account_id}", fix)
    )


def of_region(name: str) -> Check:
    """Accept ARNs of one region: what is referred to must be in it."""
    fix = "name one of the stack's own region, or change sagemaker.region"
    return lambda arn: None if arn.split(":")[3] == name else Requirement(f"an ARN of region {name}", fix)


def ecr_of_region(name: str) -> Check:
    """Accept images of one region's ECR: SageMaker takes no others.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html: the image "must be in the
    same region as the model or endpoint you are creating".
    """
    expected = f"an image in the ECR of region {name}, where it runs"
    fix = "push it there, or change sagemaker.region"
    return lambda image: None if f".ecr.{name}." in image else Requirement(expected, fix)


def _arn(service: str, resource: str, expected: str, example: str, *, region: str = _REGION) -> Pattern:
    return Pattern(rf"arn:{_PARTITION}:{service}:{region}:{resource}", expected, f"write it like {example}")


account_id = Pattern(_ACCOUNT, "the number of an AWS account (12 digits)", 'write it in quotes, like "123456789012"')
region = Pattern(_REGION, "an AWS region", "write it like eu-west-1")
ecr_image = Pattern(
    rf"{_ACCOUNT}\.dkr\.ecr\.{_REGION}\.amazonaws\.(com(\.cn)?|eu)/[a-z0-9][a-z0-9._/-]*@sha256:[0-9a-f]{{64}}",
    "an image in ECR by digest (<account>.dkr.ecr.<region>.amazonaws.com/<repository>@sha256:<64 hex digits>)",
    "push the image to ECR and name it by its digest there",
)
policy_arn = _arn(
    "iam",
    rf"({_ACCOUNT}|aws):policy/[\w+=,.@/-]+",
    "the ARN of a managed policy",
    "arn:aws:iam::123456789012:policy/boundary",
    region="",
)
kms_key_arn = _arn(
    "kms",
    rf"{_ACCOUNT}:key/[A-Za-z0-9-]+",
    "the ARN of a KMS key, and not of an alias",
    "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
)
topic_arn = _arn(
    "sns",
    rf"{_ACCOUNT}:[A-Za-z0-9_-]{{1,256}}",
    "the ARN of an SNS topic",
    "arn:aws:sns:eu-west-1:123456789012:alarms",
)
bucket_name = Pattern(
    r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", "the name of an S3 bucket", "write its name alone, without s3://"
)
model_package_group = Pattern(
    rf"(arn:{_PARTITION}:sagemaker:{_REGION}:{_ACCOUNT}:model-package-group/)?{_NAME}",
    "the name or the ARN of a model package group",
    "write its name, or its ARN where it is another account's",
)
description = Pattern(
    r"[^\x00-\x1f\x7f]{1,1024}", "one line of at most 1024 characters", "shorten it, or write it in one line"
)
subnet_id = Pattern(r"subnet-[0-9a-f]{8,17}", "the id of a subnet", "write it like subnet-0123456789abcdef0")
security_group_id = Pattern(r"sg-[0-9a-f]{8,17}", "the id of a security group", "write it like sg-0123456789abcdef0")
instance_type = Pattern(r"ml\.[a-z0-9-]+\.[a-z0-9-]+", "a SageMaker instance type", "write it like ml.m5.large")


def _is_serverless_memory(value: float) -> Requirement | None:
    if 1024 <= value <= 6144 and value % 1024 == 0:
        return None
    return Requirement("1024, 2048, 3072, 4096, 5120 or 6144", "choose one of these")


serverless_memory_mib: Rule = Where(_is_serverless_memory, {"minimum": 1024, "maximum": 6144, "multipleOf": 1024})

AccountId = Annotated[str, account_id]
Region = Annotated[str, region]
EcrImage = Annotated[str, ecr_image]
KmsKeyArn = Annotated[str, kms_key_arn]
PolicyArn = Annotated[str, policy_arn]
TopicArn = Annotated[str, topic_arn]
SubnetId = Annotated[str, subnet_id]
SecurityGroupId = Annotated[str, security_group_id]
InstanceType = Annotated[str, instance_type]
