"""Which changes need another object, as measured on AWS's own Terraform provider 5.100.0 with one change at a time.

`region` is not among them: it is new in 6.0, and always replaces.
"""

from collections.abc import Iterator

import pytest

from sandbox.plugins.aws.shapes import Node, nodes
from sandbox.plugins.aws.table import ResourceType
from sandbox.plugins.aws.types import ALL

REPLACING = {
    "cloudwatch.MetricAlarm": "name",
    "iam.Role": "name namePrefix path",
    "iam.RolePolicy": "name namePrefix role",
    "s3.Bucket": "bucket bucketNamespace bucketPrefix objectLockEnabled",
    "s3.BucketLifecycleConfiguration": "bucket expectedBucketOwner",
    "s3.BucketOwnershipControls": "bucket",
    "s3.BucketPolicy": "bucket",
    "s3.BucketPublicAccessBlock": "bucket",
    "s3.BucketServerSideEncryptionConfiguration": "bucket expectedBucketOwner",
    "s3.BucketVersioning": "bucket expectedBucketOwner",
    "sagemaker.ModelPackageGroup": "modelPackageGroupDescription modelPackageGroupName",
    "sagemaker.ModelPackageGroupPolicy": "modelPackageGroupName",
    "sagemaker.Pipeline": "pipelineName",
    "scheduler.Schedule": "groupName name namePrefix",
}
UPDATING = {
    "sagemaker.EndpointConfiguration": "",
    "sagemaker.Model": "inferenceExecutionConfig.mode vpcConfig.securityGroupIds vpcConfig.subnets",
}


def paths(described: tuple[Node, ...], path: str = "") -> Iterator[tuple[str, bool]]:
    for node in described:
        yield f"{path}{node.name}", node.spec.replaces
        yield from paths(node.children, f"{path}{node.name}.")


def test_every_type_was_measured() -> None:
    assert sorted(kind.title for kind in ALL.values()) == sorted({*REPLACING, *UPDATING})


@pytest.mark.parametrize("kind", ALL.values(), ids=lambda kind: kind.title)
def test_replacement_is_where_it_was_measured(kind: ResourceType) -> None:
    flags = dict(paths(nodes(kind)))
    if kind.title in REPLACING:
        assert {path for path, replaces in flags.items() if replaces} == set(REPLACING[kind.title].split())
    else:
        assert {path for path, replaces in flags.items() if not replaces} == set(UPDATING[kind.title].split())
