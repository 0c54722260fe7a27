"""What a role is allowed of networks and keys while an update runs: of the old and of the new, with the real engine."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.aws_stack import ACCOUNT, REGION, Server
from tests.e2e.pulumi_project import Project

pytestmark = pytest.mark.e2e

ROLE = "flights-e2e-jobs"
PROGRAM = f"""
import json
import os

import boto3
import pulumi
import pulumi_aws as aws
from pulumi import dynamic

from pulumi_mlops._shared.aws import permissions, policies
from pulumi_mlops._shared.aws.account import AwsAccount
from pulumi_mlops._shared.aws.roles import RoleSettings, create_role

SUBNET, FAILS = "SUBNET", "FAILS"
URL = os.environ["AWS_ENDPOINT_URL"]
ACCOUNT = AwsAccount("{ACCOUNT}", "{REGION}")


class Endpoint(dynamic.ResourceProvider):
    '''Goes over to another network, and notes the policies that its role has meanwhile.'''

    def diff(self, _id, olds, news):
        return dynamic.DiffResult(changes=olds["subnet"] != news["subnet"])

    def create(self, props):
        return dynamic.CreateResult("endpoint", {{**props, "policies": self.policies()}})

    def update(self, _id, olds, news):
        if news["fails"]:
            raise RuntimeError("rolled back")
        return dynamic.UpdateResult({{**news, "policies": self.policies()}})

    def policies(self):
        iam = boto3.client("iam", region_name="{REGION}", endpoint_url=URL)
        names = iam.list_role_policies(RoleName="{ROLE}")["PolicyNames"]
        found = [iam.get_role_policy(RoleName="{ROLE}", PolicyName=name)["PolicyDocument"] for name in names]
        return sorted(subnet for subnet in ("subnet-0aaaaaaa", "subnet-0bbbbbbb") if subnet in json.dumps(found))


class Serving(dynamic.Resource):
    policies: pulumi.Output[list[str]]


settings = RoleSettings(
    role_name="{ROLE}",
    description="What the jobs may do",
    trust=policies.trust_policy(policies.SAGEMAKER, ACCOUNT, policies.job_sources(ACCOUNT)),
    statements=[permissions.put_metrics()],
    tags={{}},
    network_and_key_statements=permissions.use_network(ACCOUNT, [SUBNET], ["sg-0a1b2c3d"]),
)
services = ("iam", "sts")
provider = aws.Provider(
    "aws", region="{REGION}", endpoints=[dict.fromkeys(services, URL)], skip_credentials_validation=True,
    skip_metadata_api_check=True,
)
role = create_role("jobs", ACCOUNT, settings, pulumi.ResourceOptions(provider=provider))
state = {{"subnet": SUBNET, "fails": FAILS == "yes", "role": role.arn, "policies": None}}
pulumi.export("policies", Serving(Endpoint(), "serving", state).policies)
"""
OLD, NEW = "subnet-0aaaaaaa", "subnet-0bbbbbbb"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "aws").mkdir()
    made = Server(tmp_path / "aws")
    yield made
    made.stop()


@pytest.fixture
def project(server: Server, tmp_path: Path, engine_environment: Mapping[str, str]) -> Iterator[Project]:
    made = Project(tmp_path / "project", "roles", {**engine_environment, **server.variables()})
    yield made
    made.destroy()


def test_old_and_new_subnets_are_allowed_while_an_update_runs(server: Server, project: Project) -> None:
    project.program(in_subnet(OLD))
    project.up()
    assert project.outputs()["policies"] == [OLD]
    project.program(in_subnet(NEW))
    project.up()
    assert project.outputs()["policies"] == [OLD, NEW], "what leaves needs the old ones, what comes the new"
    assert allowed(server) == [NEW]
    assert project.changes() == {}


def test_what_goes_back_after_an_update_that_failed_is_allowed_its_subnets(server: Server, project: Project) -> None:
    project.program(in_subnet(OLD))
    project.up()
    project.program(in_subnet(NEW).replace('"FAILS"', '"yes"'))
    assert "rolled back" in project.attempt("up", "--yes", "--skip-preview").stdout
    assert allowed(server) == [OLD, NEW], "AWS went back to the machines of before"
    project.program(in_subnet(OLD))
    project.up()
    assert allowed(server) == [OLD]


def in_subnet(subnet: str) -> str:
    return PROGRAM.replace('"SUBNET"', json.dumps(subnet))


def allowed(server: Server) -> list[str]:
    """The subnets that the role's policies name."""
    iam = server.client("iam")
    names = iam.list_role_policies(RoleName=ROLE)["PolicyNames"]
    found: list[Any] = [iam.get_role_policy(RoleName=ROLE, PolicyName=name)["PolicyDocument"] for name in names]
    return [subnet for subnet in (OLD, NEW) if subnet in json.dumps(found)]
