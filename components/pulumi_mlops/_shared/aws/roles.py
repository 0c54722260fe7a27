"""Roles with policies of their own.

What a role is allowed of networks and keys is a policy apart, which an update replaces: Pulumi creates the new one
first and deletes the old one last. So while an endpoint goes over to other subnets or to another key, its role may use
both: SageMaker can still remove the network interfaces and the grants of the machines that leave.
`docs/decisions/0025-what-a-role-keeps-for-one-update.md` weighs it.
"""

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
"""Characters of a role's inline policies together, blanks not counted.

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
    network_and_key_statements: Sequence[Document] = ()
    """What it is allowed of networks and keys. Another value is allowed beside the last one while an update runs."""


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


class ReplacedPolicyArguments(TypedDict):
    """What `aws.iam.RolePolicy` takes, but for the role, where the provider makes the name."""

    name_prefix: pulumi.Input[str]
    policy: pulumi.Input[str]


@dataclass(frozen=True)
class DeclaredRole:
    """A role and its policies."""

    role: "aws.iam.Role"
    policies: Sequence["aws.iam.RolePolicy"]
    arn: pulumi.Output[str]
    """The role's ARN. Whoever uses it waits for the policies, and still knows the ARN in a preview."""


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


def replaced_policy_document(settings: RoleSettings) -> ReplacedPolicyArguments:
    """Return the arguments of the policy about networks and keys, but for the role that it belongs to.

    Its name is another each time: a policy under the same name would not stand beside the last one.
    """
    return {
        "name_prefix": f"{settings.role_name}-network-and-keys-",
        "policy": policy_json(policy(settings.network_and_key_statements)),
    }


def policies_length(settings: RoleSettings) -> int | None:
    """Return how many characters a role's policies have while one is replaced; None where that is not known yet."""
    own = policy_document(settings)["policy"]
    replaced = replaced_policy_document(settings)["policy"] if settings.network_and_key_statements else ""
    if not isinstance(own, str) or not isinstance(replaced, str):
        return None
    return len(own) + 2 * len(replaced)


def create_role(
    name: str, account: AwsAccount, settings: RoleSettings, options: pulumi.ResourceOptions
) -> DeclaredRole:
    """Declare a role and its policies.

    Args:
        name: Name of the resources in Pulumi.
        account: The account that the role is in.
        settings: The role.
        options: Options of them all: their parent.
    """
    # What only checks arguments comes here without it: it is large, and may not be installed.
    import pulumi_aws as aws  # noqa: PLC0415

    role = aws.iam.Role(name, **role_document(settings), opts=options)
    declared = [aws.iam.RolePolicy(name, role=role.name, **policy_document(settings), opts=options)]
    if settings.network_and_key_statements:
        declared.append(
            aws.iam.RolePolicy(
                f"{name}-network-and-keys",
                role=role.name,
                **replaced_policy_document(settings),
                opts=pulumi.ResourceOptions.merge(
                    options, pulumi.ResourceOptions(replace_on_changes=["policy"], delete_before_replace=False)
                ),
            )
        )
    known = pulumi.Output.all(role.name, *(one.role for one in declared))
    return DeclaredRole(role, declared, known.apply(lambda _: role_arn(account, settings.role_name)))
