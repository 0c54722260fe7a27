"""Roles with a policy of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NotRequired, TypedDict

import pulumi

from pulumi_mlops._shared.aws.account import AwsAccount
from pulumi_mlops._shared.aws.policies import policy, policy_json
from pulumi_mlops._shared.documents import Document

if TYPE_CHECKING:
    import pulumi_aws as aws

LONGEST_ROLE_NAME = 64
LONGEST_ROLE_POLICIES = 10_240
"""Characters of a role's inline policies together, blanks not counted. A role of ours has one.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""


@dataclass(frozen=True)
class RoleSettings:
    """One role: who takes it on, and what it may do."""

    role_name: str
    """Its name at AWS: at most 64 characters."""
    description: str
    trust: Document
    """What `trust_policy` returned."""
    statements: Sequence[Document]
    """What it is allowed."""
    tags: Mapping[str, pulumi.Input[str]]
    permissions_boundary_arn: pulumi.Input[str] | None = None


class RoleArguments(TypedDict):
    """What `aws.iam.Role` takes."""

    name: pulumi.Input[str]
    description: pulumi.Input[str]
    assume_role_policy: pulumi.Input[str]
    permissions_boundary: NotRequired[pulumi.Input[str]]
    tags: Mapping[str, pulumi.Input[str]]


class RolePolicyArguments(TypedDict):
    """What `aws.iam.RolePolicy` takes, but for the role."""

    name: pulumi.Input[str]
    policy: pulumi.Input[str]


@dataclass(frozen=True)
class DeclaredRole:
    """A role and its policy."""

    role: "aws.iam.Role"
    policy: "aws.iam.RolePolicy"
    arn: pulumi.Output[str]
    """The role's ARN. Whoever uses it waits for the policy, and still knows the ARN in a preview."""


def role_arn(account: AwsAccount, role_name: str) -> str:
    """Return the ARN of a role of ours."""
    return account.arn("iam", f"role/{role_name}")


def role_document(settings: RoleSettings) -> RoleArguments:
    """Return the arguments of the role's resource."""
    arguments: RoleArguments = {
        "name": settings.role_name,
        "description": settings.description,
        "assume_role_policy": policy_json(settings.trust),
        "tags": dict(settings.tags),
    }
    if settings.permissions_boundary_arn is not None:
        arguments["permissions_boundary"] = settings.permissions_boundary_arn
    return arguments


def policy_document(settings: RoleSettings) -> RolePolicyArguments:
    """Return the arguments of the policy's resource, but for the role that it belongs to."""
    return {"name": settings.role_name, "policy": policy_json(policy(settings.statements))}


def create_role(
    name: str, account: AwsAccount, settings: RoleSettings, options: pulumi.ResourceOptions
) -> DeclaredRole:
    """Declare a role and its policy.

    Args:
        name: Name of both resources in Pulumi.
        account: The account that the role is in.
        settings: The role.
        options: Options of both: their parent.
    """
    # What only checks arguments comes here without it: it is large, and may not be installed.
    import pulumi_aws as aws  # noqa: PLC0415

    role = aws.iam.Role(name, **role_document(settings), opts=options)
    own = aws.iam.RolePolicy(name, role=role.name, **policy_document(settings), opts=options)
    arn = pulumi.Output.all(role.name, own.role).apply(lambda _: role_arn(account, settings.role_name))
    return DeclaredRole(role, own, arn)
