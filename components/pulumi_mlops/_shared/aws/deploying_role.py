"""What the role that runs `pulumi up` is allowed: the actions behind each resource, on names that begin as the stack's.

https://docs.aws.amazon.com/service-authorization/latest/reference/ has each action. Which of them a resource needs is
read in the provider's source (terraform-provider-aws, `internal/service/*`) and, for our own, in `dynamic/`.
"""

from collections.abc import Mapping

from pulumi_mlops._shared import names
from pulumi_mlops._shared.aws.account import AwsAccount
from pulumi_mlops._shared.aws.model_data import GOLDEN_PROMPTS, MODELS_PREFIX
from pulumi_mlops._shared.documents import Document

_TAGS = ("ListTagsForResource", "TagResource", "UntagResource")

ACTIONS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "iam": {
        "aws:iam/role:Role": (
            *("CreateRole", "GetRole", "UpdateRole", "UpdateRoleDescription", "UpdateAssumeRolePolicy", "DeleteRole"),
            *("PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary", "TagRole", "UntagRole", "ListRoleTags"),
            *("ListRolePolicies", "ListAttachedRolePolicies", "ListInstanceProfilesForRole"),
        ),
        "aws:iam/rolePolicy:RolePolicy": ("PutRolePolicy", "GetRolePolicy", "DeleteRolePolicy"),
    },
    "s3": {
        "aws:s3/bucket:Bucket": (
            *("CreateBucket", "DeleteBucket", "ListBucket", "ListBucketVersions", "GetBucketLocation"),
            *("GetBucketTagging", "PutBucketTagging", "GetBucketAcl", "GetBucketCORS", "GetBucketWebsite"),
            *("GetBucketLogging", "GetBucketRequestPayment", "GetAccelerateConfiguration"),
            *("GetReplicationConfiguration", "GetBucketObjectLockConfiguration"),
            *("ListTagsForResource", "TagResource", "UntagResource"),
        ),
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": (
            *("GetLifecycleConfiguration", "PutLifecycleConfiguration"),
        ),
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls": (
            *("GetBucketOwnershipControls", "PutBucketOwnershipControls"),
        ),
        "aws:s3/bucketPolicy:BucketPolicy": ("GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"),
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": (
            *("GetBucketPublicAccessBlock", "PutBucketPublicAccessBlock"),
        ),
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
            *("GetEncryptionConfiguration", "PutEncryptionConfiguration"),
        ),
        "aws:s3/bucketVersioning:BucketVersioning": ("GetBucketVersioning", "PutBucketVersioning"),
    },
    "sagemaker": {
        "pulumi-python:dynamic/mlops:Endpoint": (
            *("CreateEndpoint", "DescribeEndpoint", "UpdateEndpoint", "DeleteEndpoint"),
            *("UpdateEndpointWeightsAndCapacities", "AddTags", "ListTags", "DeleteTags"),
            # Where AWS's container answers, the endpoint is asked its golden prompts.
            "InvokeEndpoint",
        ),
        "aws:sagemaker/endpointConfiguration:EndpointConfiguration": (
            *("CreateEndpointConfig", "DescribeEndpointConfig", "DeleteEndpointConfig"),
        ),
        "aws:sagemaker/model:Model": ("CreateModel", "DescribeModel", "DeleteModel"),
        "aws:sagemaker/modelPackageGroup:ModelPackageGroup": (
            *("CreateModelPackageGroup", "DescribeModelPackageGroup", "DeleteModelPackageGroup"),
        ),
        "aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy": (
            *("GetModelPackageGroupPolicy", "PutModelPackageGroupPolicy", "DeleteModelPackageGroupPolicy"),
        ),
        "pulumi-python:dynamic/mlops:FeatureGroup": (
            *("CreateFeatureGroup", "DescribeFeatureGroup", "UpdateFeatureGroup", "DeleteFeatureGroup"),
            *("AddTags", "ListTags", "DeleteTags"),
        ),
        "aws:sagemaker/pipeline:Pipeline": ("CreatePipeline", "DescribePipeline", "UpdatePipeline", "DeletePipeline"),
        "pulumi-python:dynamic/mlops:PinnedModelPackage": ("DescribeModelPackage",),
        "pulumi-python:dynamic/mlops:RegisteredVersions": ("DeleteModelPackage",),
    },
    "scheduler": {
        "aws:scheduler/schedule:Schedule": ("CreateSchedule", "GetSchedule", "UpdateSchedule", "DeleteSchedule"),
    },
    "cloudwatch": {
        "aws:cloudwatch/metricAlarm:MetricAlarm": ("PutMetricAlarm", "DescribeAlarms", "DeleteAlarms", *_TAGS),
    },
    "application-autoscaling": {
        "pulumi-python:dynamic/mlops:Endpoint": (
            *("PutScalingPolicy", "DeleteScalingPolicy", "RegisterScalableTarget", "DeregisterScalableTarget", *_TAGS),
        ),
    },
    "ecr": {"pulumi-python:dynamic/mlops:HostingImage": ("BatchGetImage",)},
    # Feature Store makes the table of an offline store with the rights of who creates the group, as
    # AmazonSageMakerFullAccess has them.
    "glue": {
        "pulumi-python:dynamic/mlops:FeatureGroup": (
            *("CreateDatabase", "CreateTable", "GetDatabase", "GetTable", "UpdateTable"),
        ),
    },
}
"""What each resource needs of its own service, by service and by the resource's type in Pulumi."""

LISTS: Mapping[str, tuple[str, ...]] = {
    "application-autoscaling": ("DescribeScalableTargets", "DescribeScalingPolicies"),
    "sagemaker": ("ListEndpointConfigs", "ListModelPackages", "ListModels"),
}
"""Actions that AWS ties to no resource, or only to all of a kind."""

_PASSED_TO = ["sagemaker.amazonaws.com", "scheduler.amazonaws.com"]
_AUTOSCALING = "sagemaker.application-autoscaling.amazonaws.com"


def deploying_policy(account: AwsAccount, namespace: str) -> Document:
    """Return the policy of the role that deploys one stack.

    Args:
        account: The stack's account and region.
        namespace: The stack's namespace.
    """
    bucket = account.arn("s3", names.bucket(namespace, account))
    roles = account.arn("iam", f"role/{namespace}-*")
    linked = account.arn("iam", f"role/aws-service-role/{_AUTOSCALING}/*")
    kinds = [
        *("endpoint", "endpoint-config", "feature-group"),
        *("model", "model-package", "model-package-group", "pipeline"),
    ]
    on: Mapping[str, list[str]] = {
        "iam": [roles],
        "s3": [bucket],
        # A version's ARN has its number behind the group's name.
        "sagemaker": [account.arn("sagemaker", f"{kind}/{namespace}-*") for kind in kinds],
        "scheduler": [account.arn("scheduler", f"schedule/default/{namespace}-*")],
        "cloudwatch": [account.arn("cloudwatch", f"alarm:{namespace}-*")],
        "application-autoscaling": [account.arn("application-autoscaling", "scalable-target/*")],
        # The serving image's format is asked for; without this right the update says so and goes on.
        "ecr": [account.arn("ecr", "repository/*")],
        "glue": [
            account.arn("glue", "catalog"),
            account.arn("glue", f"database/{names.FEATURE_TABLES}"),
            account.arn("glue", f"table/{names.FEATURE_TABLES}/{namespace.replace('-', '_')}_*"),
        ],
    }
    statements = [
        _allow(_sid(service), _named(service, actions_of(service)), resources) for service, resources in on.items()
    ]
    statements += [
        _allow("GoldenPrompts", ["s3:GetObject"], [f"{bucket}/{MODELS_PREFIX}*/{GOLDEN_PROMPTS}"]),
        _allow("EmptyBucket", ["s3:DeleteObject", "s3:DeleteObjectVersion"], [f"{bucket}/*"]),
        _allow("Lists", sorted(name for service in LISTS for name in _named(service, LISTS[service])), ["*"]),
        _allow("PassRoles", ["iam:PassRole"], [roles], {"StringEquals": {"iam:PassedToService": _PASSED_TO}}),
        # The role that Application Auto Scaling acts in, made with the account's first scaled endpoint.
        _allow(
            "AutoscalingRole",
            ["iam:CreateServiceLinkedRole"],
            [linked],
            {"StringEquals": {"iam:AWSServiceName": _AUTOSCALING}},
        ),
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def actions_of(service: str) -> list[str]:
    """Return the names of the actions that a service's resources need, without the service's own name."""
    return sorted({action for actions in ACTIONS[service].values() for action in actions})


def _allow(sid: str, actions: list[str], resources: list[str], conditions: Document | None = None) -> Document:
    allowed: Document = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
    return allowed if conditions is None else {**allowed, "Condition": conditions}


def _named(service: str, actions: list[str] | tuple[str, ...]) -> list[str]:
    return [f"{service}:{action}" for action in actions]


def _sid(service: str) -> str:
    return "".join(part.capitalize() for part in service.split("-"))
