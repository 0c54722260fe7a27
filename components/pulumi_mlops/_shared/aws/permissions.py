"""What roles on SageMaker are allowed: one statement or a few for each thing that is done."""

import re
from collections.abc import Sequence

import pulumi

from pulumi_mlops._shared.aws.account import AwsAccount
from pulumi_mlops._shared.aws.policies import statement
from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.inputs import combine, is_deferred

ECR_IMAGE = re.compile(
    r"(?P<account_id>[0-9]{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/(?P<repository>[^@:]+)@.+"
)


_S3_URI = re.compile(r"s3://(?P<bucket>[^/]+)/?(?P<key>.*)")


def bucket_arn(account: AwsAccount, bucket: pulumi.Input[str]) -> pulumi.Input[str]:
    """Return the ARN of a bucket."""
    return combine(lambda name: account.arn("s3", name), bucket)


def objects_arn(account: AwsAccount, bucket: pulumi.Input[str], prefix: pulumi.Input[str]) -> pulumi.Input[str]:
    """Return what matches the ARN of every object whose key begins with a prefix, such as `runs/flights/`."""
    return combine(lambda name, known: account.arn("s3", f"{name}/{known}*"), bucket, prefix)


def read_objects(
    account: AwsAccount, bucket: pulumi.Input[str], prefixes: Sequence[pulumi.Input[str]], *, sid: str = "ReadObjects"
) -> list[Document]:
    """Allow to find and read a bucket's objects below prefixes.

    Args:
        account: The account and region.
        bucket: The bucket's name.
        prefixes: Each ends with a slash, such as `runs/flights/`.
        sid: Beginning of the statements' names.
    """
    keys = [combine(lambda known: f"{known}*", prefix) for prefix in prefixes]
    return [
        statement(["s3:GetObject"], [objects_arn(account, bucket, prefix) for prefix in prefixes], sid=sid),
        statement(
            ["s3:ListBucket"],
            [bucket_arn(account, bucket)],
            sid=f"{sid}List",
            conditions={"StringLike": {"s3:prefix": keys}},
        ),
    ]


def write_objects(
    account: AwsAccount, bucket: pulumi.Input[str], prefixes: Sequence[pulumi.Input[str]], *, sid: str = "WriteObjects"
) -> Document:
    """Allow to write a bucket's objects below prefixes. What is there can be replaced, and the bucket keeps the old."""
    return statement(
        ["s3:PutObject", "s3:AbortMultipartUpload"],
        [objects_arn(account, bucket, prefix) for prefix in prefixes],
        sid=sid,
    )


def read_location(account: AwsAccount, uri: pulumi.Input[str], sid: str) -> list[Document]:
    """Allow to read what is at a location: an object, or everything whose key begins so, as SageMaker takes it."""
    keys = {"StringLike": {"s3:prefix": combine(lambda known: _part("{key}*", known), uri)}}
    return [
        statement(["s3:GetObject"], [_location_arn(account, uri, "{bucket}/{key}*")], sid=sid),
        statement(["s3:ListBucket"], [_location_arn(account, uri, "{bucket}")], sid=f"{sid}List", conditions=keys),
    ]


def _location_arn(account: AwsAccount, uri: pulumi.Input[str], form: str) -> pulumi.Input[str]:
    """Return an ARN made of the bucket and the key of a location, as the form says."""
    return combine(lambda known: account.arn("s3", _part(form, known)), uri)


def _part(form: str, uri: str) -> str:
    found = _S3_URI.fullmatch(uri)
    return form.format(**found.groupdict()) if found else ""


def pull_images(account: AwsAccount, images: Sequence[pulumi.Input[str]]) -> list[Document]:
    """Allow to pull images from their repositories in ECR, which may be another account's."""
    repositories = [combine(lambda known: repository_arn(account, known), image) for image in images]
    unique = repositories if is_deferred(repositories) else sorted({str(repository) for repository in repositories})
    actions = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    return [
        statement(actions, unique, sid="PullImages"),
        statement(["ecr:GetAuthorizationToken"], ["*"], sid="PullImagesToken"),
    ]


def repository_arn(account: AwsAccount, image: str) -> str:
    """Return the ARN of the repository that an image in ECR is in.

    Raises:
        ValueError: When the image is none of ECR's.
    """
    found = ECR_IMAGE.fullmatch(image)
    if found is None:
        raise ValueError(
            f"image: got {image!r}, expected <account>.dkr.ecr.<region>.amazonaws.com/<repository>@<digest>, "
            "fix: push it to ECR"
        )
    place = {"region": found["region"], "account_id": found["account_id"]}
    return account.arn("ecr", f"repository/{found['repository']}", **place)


def write_logs(account: AwsAccount, log_groups: Sequence[str]) -> Document:
    """Allow to write log groups, such as `/aws/sagemaker/TrainingJobs`, and to create them."""
    groups = [account.arn("logs", f"log-group:{group}") for group in log_groups]
    actions = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    # A group's streams have the group's ARN and more.
    return statement(actions, [*groups, *(f"{group}:*" for group in groups)], sid="WriteLogs")


def put_metrics() -> Document:
    """Allow to write the metrics that SageMaker keeps of its machines: CPU, memory, disk."""
    return statement(
        ["cloudwatch:PutMetricData"],
        ["*"],
        sid="PutMetrics",
        conditions={"StringLike": {"cloudwatch:namespace": "/aws/sagemaker/*"}},
    )


def use_key(key_arn: pulumi.Input[str], *, volumes: bool) -> list[Document]:
    """Allow to read and write what is encrypted with a key.

    Args:
        key_arn: The key's ARN.
        volumes: Whether machines' volumes are encrypted with it too.
    """
    actions = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"]
    statements = [statement(actions, [key_arn], sid="UseKey")]
    if volumes:
        for_service: dict[str, dict[str, pulumi.Input[str]]] = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
        statements.append(statement(["kms:CreateGrant"], [key_arn], sid="UseKeyVolumes", conditions=for_service))
    return statements


def start_encrypted(key_arn: pulumi.Input[str]) -> list[Document]:
    """Allow to start jobs whose volumes are encrypted, and to read what they left."""
    for_service: dict[str, dict[str, pulumi.Input[str]]] = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    return [
        statement(["kms:Decrypt", "kms:DescribeKey"], [key_arn], sid="ReadEncrypted"),
        statement(["kms:CreateGrant"], [key_arn], sid="EncryptVolumes", conditions=for_service),
    ]


def use_network(
    account: AwsAccount, subnet_ids: Sequence[pulumi.Input[str]], security_group_ids: Sequence[pulumi.Input[str]]
) -> list[Document]:
    """Allow to put network interfaces into subnets, with security groups, and to remove them again."""
    interfaces = account.arn("ec2", "network-interface/*")
    subnets = [combine(lambda known: account.arn("ec2", f"subnet/{known}"), subnet) for subnet in subnet_ids]
    groups = [
        combine(lambda known: account.arn("ec2", f"security-group/{known}"), group) for group in security_group_ids
    ]
    change = [
        "ec2:CreateNetworkInterfacePermission",
        "ec2:DeleteNetworkInterface",
        "ec2:DeleteNetworkInterfacePermission",
    ]
    describe = ["DhcpOptions", "NetworkInterfaces", "SecurityGroups", "Subnets", "Vpcs"]
    return [
        statement(["ec2:CreateNetworkInterface"], [interfaces, *subnets, *groups], sid="CreateInterfaces"),
        statement(change, [interfaces], sid="ChangeInterfaces", conditions={"ArnEquals": {"ec2:Subnet": subnets}}),
        statement([f"ec2:Describe{what}" for what in describe], ["*"], sid="DescribeNetwork"),
    ]


def pass_role(role_arn: pulumi.Input[str], service: str) -> Document:
    """Allow to hand a role to one service."""
    return statement(
        ["iam:PassRole"], [role_arn], sid="PassRole", conditions={"StringEquals": {"iam:PassedToService": service}}
    )
