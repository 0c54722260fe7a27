"""IAM policies as data: which actions on what, and who may take on a role.

Every statement names its actions and the ARNs that it is about. What a policy is made of was checked against AWS's
reference, https://docs.aws.amazon.com/service-authorization/latest/reference/.
"""

from collections.abc import Mapping, Sequence

import pulumi

from pulumi_mlops._shared.aws.account import AwsAccount
from pulumi_mlops._shared.documents import Document, to_json, without_none
from pulumi_mlops._shared.inputs import combine, is_deferred

Resource = pulumi.Input[str]
Conditions = Mapping[str, Mapping[str, pulumi.Input[str] | Sequence[pulumi.Input[str]]]]
"""Keys and the values that they may have, by operator: `{"StringEquals": {"iam:PassedToService": "…"}}`."""

SAGEMAKER = "sagemaker.amazonaws.com"
SCHEDULER = "scheduler.amazonaws.com"

EVERY_RESOURCE_ACTIONS = frozenset(
    (
        # A token that opens nothing by itself: what may be pulled is said of each repository.
        "ecr:GetAuthorizationToken",
        # Metrics have no ARN. The condition `cloudwatch:namespace` says which may be written.
        "cloudwatch:PutMetricData",
        # What SageMaker reads before it puts a network interface into a subnet. None changes anything.
        "ec2:DescribeDhcpOptions",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
    )
)
"""The actions that AWS can tie to no resource: the only ones that a policy of ours allows on `*`."""


def statement(
    actions: Sequence[str], resources: Sequence[Resource], *, sid: str, conditions: Conditions | None = None
) -> Document:
    """Allow actions on resources.

    Args:
        actions: Names of actions, each in full, such as `s3:GetObject`.
        resources: ARNs. `*` alone only for EVERY_RESOURCE_ACTIONS.
        sid: The statement's name: letters and digits, once in a policy.
        conditions: When it holds. Defaults to always.

    Raises:
        ValueError: When it allows more than it names.
    """
    return _allow(actions, resources, sid=sid, conditions=conditions)


def resource_statement(
    principals: Sequence[str],
    actions: Sequence[str],
    resources: Sequence[Resource],
    *,
    sid: str,
    conditions: Conditions | None = None,
) -> Document:
    """Allow actions to accounts and roles of other accounts, in the policy of a resource.

    Args:
        principals: ARNs of accounts (`AwsAccount.root`) and roles.
        actions: Names of actions, each in full.
        resources: ARNs of the resource and what is in it.
        sid: The statement's name.
        conditions: When it holds. Defaults to always.

    Raises:
        ValueError: When it allows more than it names.
    """
    document = _allow(actions, resources, sid=sid, conditions=conditions)
    return {**document, "Principal": {"AWS": sorted(principals)}}


def policy(statements: Sequence[Document]) -> Document:
    """Make a policy of statements, in their order."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def policy_json(document: Document) -> pulumi.Input[str]:
    """Write a policy as JSON that is the same text for the same policy, known as soon as its ARNs are."""
    return combine(to_json, document)


def trust_policy(service: str, account: AwsAccount, source_arns: Sequence[str]) -> Document:
    """Let a service take on a role, for what is in the account alone and nobody else's (no "confused deputy").

    Args:
        service: SAGEMAKER or SCHEDULER.
        account: The role's account.
        source_arns: What the service may take it on for. Which form AWS asks for is said at `endpoint_source`,
            `job_sources`, `pipeline_source` and `schedule_source`, which return them.
    """
    trusted = {
        "Sid": "Service",
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": account.account_id},
            "ArnLike": {"aws:SourceArn": sorted(source_arns)},
        },
    }
    return policy([trusted])


# https://docs.aws.amazon.com/sagemaker/latest/dg/security-confused-deputy-prevention.html gives the form of each of the
# next three, and where it can be narrowed.


def endpoint_source(account: AwsAccount) -> str:
    """Return what SageMaker takes on a model's role for. AWS asks for exactly this: it must not name the endpoint."""
    return account.arn("sagemaker", "*")


def job_sources(account: AwsAccount) -> list[str]:
    """Return what SageMaker takes on the role of a pipeline's jobs for. It gives the jobs their names itself."""
    return [account.arn("sagemaker", f"{kind}/*") for kind in ("processing-job", "training-job")]


def pipeline_source(account: AwsAccount, pipeline_name: str) -> str:
    """Return what SageMaker takes on the role of one pipeline for: each of its executions."""
    return account.arn("sagemaker", f"pipeline/{pipeline_name}/*")


def schedule_source(account: AwsAccount, group: str = "default") -> str:
    """Return what EventBridge Scheduler takes on a schedule's role for.

    It must be the schedule's group and not the schedule:
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
    """
    return account.arn("scheduler", f"schedule-group/{group}")


def _allow(
    actions: Sequence[str], resources: Sequence[Resource], *, sid: str, conditions: Conditions | None
) -> Document:
    if not sid.isascii() or not sid.isalnum():
        raise ValueError(f"statement: got Sid {sid!r}, expected letters and digits alone, fix: choose such a name")
    if not actions or not resources:
        raise ValueError(
            f"statement {sid}: got none of one, expected actions and resources, fix: add them, or leave it out"
        )
    for action in actions:
        if "*" in action or "?" in action:
            raise ValueError(f"statement {sid}: got action {action}, expected one action, fix: name each")
        if "*" in resources and action not in EVERY_RESOURCE_ACTIONS:
            raise ValueError(f"statement {sid}: got {action} on every resource, expected ARNs, fix: name them")
    return without_none(
        {
            "Sid": sid,
            "Effect": "Allow",
            "Action": sorted(actions),
            "Resource": list(resources) if is_deferred(resources) else sorted(str(resource) for resource in resources),
            "Condition": {operator: dict(keys) for operator, keys in conditions.items()} if conditions else None,
        }
    )
