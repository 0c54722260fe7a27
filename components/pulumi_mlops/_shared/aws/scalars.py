"""The single values of a stack file that name something at AWS."""

from typing import Annotated

from pulumi_mlops._shared.scalars import Pattern

_PARTITION = r"aws(-cn|-us-gov)?"
_REGION = r"[a-z]{2}(-[a-z]+)+-[1-9]"

AccountId = Annotated[
    str,
    Pattern(r"[0-9]{12}", "the number of an AWS account (12 digits)", 'write it in quotes, like "123456789012"'),
]
Region = Annotated[str, Pattern(_REGION, "an AWS region", "write it like eu-west-1")]
EcrImage = Annotated[
    str,
    Pattern(
        rf"[0-9]{{12}}\.dkr\.ecr\.{_REGION}\.amazonaws\.com(\.cn)?/[a-z0-9][a-z0-9._/-]*@sha256:[0-9a-f]{{64}}",
        "an image in ECR by digest (<account>.dkr.ecr.<region>.amazonaws.com/<repository>@sha256:<64 hex digits>)",
        "push the image to ECR and name it by its digest there",
    ),
]
KmsKeyArn = Annotated[
    str,
    Pattern(
        rf"arn:{_PARTITION}:kms:{_REGION}:[0-9]{{12}}:key/[A-Za-z0-9-]+",
        "the ARN of a KMS key",
        "write the key's ARN, like arn:aws:kms:eu-west-1:123456789012:key/…, and not that of an alias",
    ),
]
PolicyArn = Annotated[
    str,
    Pattern(
        rf"arn:{_PARTITION}:iam::([0-9]{{12}}|aws):policy/[\w+=,.@/-]+",
        "the ARN of a managed policy",
        "write it like arn:aws:iam::123456789012:policy/boundary",
    ),
]
TopicArn = Annotated[
    str,
    Pattern(
        rf"arn:{_PARTITION}:sns:{_REGION}:[0-9]{{12}}:[A-Za-z0-9_-]{{1,256}}",
        "the ARN of an SNS topic",
        "write it like arn:aws:sns:eu-west-1:123456789012:alarms",
    ),
]
SubnetId = Annotated[
    str, Pattern(r"subnet-[0-9a-f]{8,17}", "the id of a subnet", "write it like subnet-0123456789abcdef0")
]
SecurityGroupId = Annotated[
    str, Pattern(r"sg-[0-9a-f]{8,17}", "the id of a security group", "write it like sg-0123456789abcdef0")
]
InstanceType = Annotated[
    str,
    Pattern(r"ml\.[a-z0-9-]+\.[a-z0-9-]+", "a SageMaker instance type", "write it like ml.m5.large"),
]
