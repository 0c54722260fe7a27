"""IAM's roles and their policies."""

from sandbox.plugins.aws.table import (
    Absence,
    Caller,
    Delete,
    Form,
    Naming,
    Property,
    Read,
    ResourceType,
    Tagging,
    Update,
)
from sandbox.plugins.protocol.values import Object

_ABSENT = (Absence("NoSuchEntity"),)
_EXISTS = (Absence("EntityAlreadyExists"),)


def _detach_policies(call: Caller, state: Object) -> None:
    """Take a role's policies away, as AWS deletes no role that has some; only where the program allows it."""
    if not state.get("forceDetachPolicies"):
        return
    role = {"RoleName": state["name"]}
    for policy in call("ListAttachedRolePolicies", role)["AttachedPolicies"]:
        call("DetachRolePolicy", role | {"PolicyArn": policy["PolicyArn"]})
    for name in call("ListRolePolicies", role)["PolicyNames"]:
        call("DeleteRolePolicy", role | {"PolicyName": name})


ROLE = ResourceType(
    pulumi_type="aws:iam/role:Role",
    service="iam",
    id_of=("name",),
    keys={"RoleName": "name"},
    properties=(
        Property("assumeRolePolicy", "AssumeRolePolicyDocument", form=Form.POLICY, required=True),
        Property("description"),
        Property("forceDetachPolicies", is_local=True, default=False),
        Property("maxSessionDuration", default=3600),
        Property("name", "RoleName", computed=True, replaces=True, has_pattern=True),
        Property("namePrefix", is_local=True, computed=True, replaces=True),
        Property("path", default="/", replaces=True),
        Property("permissionsBoundary", is_arn=True),
    ),
    create="CreateRole",
    read=Read(
        "GetRole",
        root="Role",
        members={"permissionsBoundary": "PermissionsBoundary.PermissionsBoundaryArn"},
    ),
    updates=(
        Update("UpdateAssumeRolePolicy", of=("assumeRolePolicy",), members={"assumeRolePolicy": "PolicyDocument"}),
        Update("UpdateRole", of=("description", "maxSessionDuration"), emptied=("description",)),
        Update("PutRolePermissionsBoundary", of=("permissionsBoundary",), when_removed="DeleteRolePermissionsBoundary"),
    ),
    delete=Delete("DeleteRole", before=_detach_policies),
    absent=_ABSENT,
    exists=_EXISTS,
    outputs={"arn": "Arn", "createDate": "CreateDate", "uniqueId": "RoleId"},
    tagging=Tagging(target="RoleName", of="name", read="ListRoleTags", write="TagRole", remove="UntagRole"),
    naming=Naming(longest=64, prefix_property="namePrefix"),
    refused={
        "inlinePolicies": "use aws.iam.RolePolicy",
        "managedPolicyArns": "managed policies are not served here; write the rights into an aws.iam.RolePolicy",
    },
    is_global=True,
)

ROLE_POLICY = ResourceType(
    pulumi_type="aws:iam/rolePolicy:RolePolicy",
    service="iam",
    id_of=("role", "name"),
    id_separator=":",
    keys={"RoleName": "role", "PolicyName": "name"},
    properties=(
        Property("name", "PolicyName", computed=True, replaces=True, has_pattern=True),
        Property("namePrefix", is_local=True, computed=True, replaces=True),
        Property("policy", "PolicyDocument", form=Form.POLICY, required=True),
        Property("role", "RoleName", required=True, replaces=True),
    ),
    create="PutRolePolicy",
    read=Read("GetRolePolicy"),
    updates=(Update("PutRolePolicy"),),
    delete=Delete("DeleteRolePolicy"),
    absent=_ABSENT,
    naming=Naming(prefix_property="namePrefix"),
    is_global=True,
)

TYPES = (ROLE, ROLE_POLICY)
