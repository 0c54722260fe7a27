import dataclasses
import json

import pulumi
import pytest

from pulumi_mlops._shared.aws import permissions, policies
from pulumi_mlops._shared.aws.account import AwsAccount
from pulumi_mlops._shared.aws.roles import RoleSettings, create_role, policy_document, role_arn, role_document
from tests.policies import findings
from tests.recording import Declaration, declare

ACCOUNT = AwsAccount("123456789012", "eu-west-1")
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
SETTINGS = RoleSettings(
    role_name="flights-dev-delay-jobs",
    description="What the jobs may do",
    trust=policies.trust_policy(policies.SAGEMAKER, ACCOUNT, policies.job_sources(ACCOUNT)),
    statements=[permissions.put_metrics()],
    tags={"owner": "team-flights"},
)
ARN = "arn:aws:iam::123456789012:role/flights-dev-delay-jobs"


def declared(settings: RoleSettings, *, preview: bool = False) -> Declaration:
    def program() -> object:
        return create_role("delay-jobs", ACCOUNT, settings, pulumi.ResourceOptions()).arn

    return declare(program, preview=preview)


@pytest.mark.parametrize("preview", [True, False])
def test_declares_a_role_and_its_policy(preview: bool) -> None:
    declaration = declared(SETTINGS, preview=preview)
    assert declaration.children() == [
        ("aws:iam/role:Role", "delay-jobs", ""),
        ("aws:iam/rolePolicy:RolePolicy", "delay-jobs", ""),
    ]
    assert findings(declaration.resources) == []
    # The ARN is known before the role is there, so that whatever names it shows in a preview.
    assert declaration.result == ARN == role_arn(ACCOUNT, SETTINGS.role_name)


def test_the_policy_belongs_to_the_role() -> None:
    declaration = declared(SETTINGS)
    policy = declaration.one("RolePolicy")
    assert policy.inputs["role"] == SETTINGS.role_name
    assert "aws:iam/role:Role::delay-jobs" in policy.depends_on
    role = declaration.one("Role").inputs
    assert (role["name"], role["tags"], role["description"]) == (
        SETTINGS.role_name,
        {"owner": "team-flights"},
        "What the jobs may do",
    )


def test_a_boundary_bounds_the_role() -> None:
    assert "permissionsBoundary" not in declared(SETTINGS).one("Role").inputs
    bounded = dataclasses.replace(SETTINGS, permissions_boundary_arn=BOUNDARY)
    assert declared(bounded).one("Role").inputs["permissionsBoundary"] == BOUNDARY


def test_documents_are_plain_when_what_they_are_made_of_is() -> None:
    assert json.loads(str(role_document(SETTINGS)["assume_role_policy"])) == SETTINGS.trust
    assert json.loads(str(policy_document(SETTINGS)["policy"]))["Statement"] == SETTINGS.statements
