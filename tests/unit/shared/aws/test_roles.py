import dataclasses
import json

import pulumi
import pytest

from pulumi_mlops._shared.aws import permissions, policies
from pulumi_mlops._shared.aws.account import AwsAccount
from pulumi_mlops._shared.aws.roles import (
    RoleSettings,
    create_role,
    policies_length,
    policy_document,
    role_arn,
    role_document,
)
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
IN_NETWORK = dataclasses.replace(
    SETTINGS,
    network_and_key_statements=permissions.use_network(ACCOUNT, ["subnet-0a1b2c3d"], ["sg-0a1b2c3d"]),
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


def test_what_is_allowed_of_networks_and_keys_is_replaced_after_what_replaces_it_is_there() -> None:
    declaration = declared(IN_NETWORK)
    assert declaration.children() == [
        ("aws:iam/role:Role", "delay-jobs", ""),
        ("aws:iam/rolePolicy:RolePolicy", "delay-jobs", ""),
        ("aws:iam/rolePolicy:RolePolicy", "delay-jobs-network-and-keys", ""),
    ]
    assert findings(declaration.resources) == []
    policy = declaration.one("RolePolicy", "delay-jobs-network-and-keys")
    assert policy.inputs["role"] == SETTINGS.role_name
    assert (policy.inputs["namePrefix"], policy.inputs.get("name")) == (f"{SETTINGS.role_name}-network-and-keys-", None)
    assert list(policy.options.replaceOnChanges) == ["policy"]
    assert (policy.options.deleteBeforeReplaceDefined, policy.options.deleteBeforeReplace) == (True, False)


def test_a_role_has_room_for_both_policies_while_one_is_replaced() -> None:
    alone = policies_length(SETTINGS)
    with_network = policies_length(IN_NETWORK)
    assert alone is not None
    assert with_network is not None
    replaced = str(declared(IN_NETWORK).one("RolePolicy", "delay-jobs-network-and-keys").inputs["policy"])
    assert with_network == alone + 2 * len(replaced)

    def known_later() -> object:
        key = pulumi.Output.from_input("arn:aws:kms:eu-west-1:123456789012:key/a")
        later = permissions.use_key(key, volumes=True)
        return policies_length(dataclasses.replace(SETTINGS, network_and_key_statements=later)) is None

    assert declare(known_later).result


def test_a_boundary_bounds_the_role() -> None:
    assert "permissionsBoundary" not in declared(SETTINGS).one("Role").inputs
    bounded = dataclasses.replace(SETTINGS, permissions_boundary_arn=BOUNDARY)
    assert declared(bounded).one("Role").inputs["permissionsBoundary"] == BOUNDARY


def test_documents_are_plain_when_what_they_are_made_of_is() -> None:
    assert json.loads(str(role_document(SETTINGS)["assume_role_policy"])) == SETTINGS.trust
    assert json.loads(str(policy_document(SETTINGS)["policy"]))["Statement"] == SETTINGS.statements
