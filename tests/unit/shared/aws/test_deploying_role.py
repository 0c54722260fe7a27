"""The role that deploys may do what the product declares and calls: a resource or a call that comes later is found."""

import ast
import json
import re
from pathlib import Path

import boto3
import pytest
from botocore import xform_name

from pulumi_mlops import _shared, dynamic
from pulumi_mlops._shared.aws.account import AwsAccount
from pulumi_mlops._shared.aws.deploying_role import ACTIONS, LISTS, deploying_policy
from pulumi_mlops.cli.render.program import render_stack
from tests.stack_files import PINNED_AWS

PAGE = Path(__file__).parents[4] / "docs/deploying-role.md"
EXAMPLE = deploying_policy(AwsAccount("333333333333", "eu-west-1"), "flights-prod")
BLOCK = re.compile(r"```json\n(.*?)```", re.DOTALL)
# A person's decision, by `mlops approve`: whoever deploys may not approve.
NOT_DEPLOYING = {"UpdateModelPackage"}
SERVICES = ("application-autoscaling", "cloudwatch", "ecr", "s3", "sagemaker", "sagemaker-runtime")


def allowed() -> set[str]:
    return {action.partition(":")[2] for statement in EXAMPLE["Statement"] for action in statement["Action"]}


def called() -> set[str]:
    """Every operation of AWS that the product's own resources name, in boto3's spelling."""
    operations = {
        xform_name(name): name
        for service in SERVICES
        for name in boto3.session.Session()._session.get_service_model(service).operation_names
    }
    files = [*Path(dynamic.__file__).parent.glob("*.py"), *(Path(_shared.__file__).parent / "aws").glob("*.py")]
    texts = {
        node.value
        for file in files
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {operations[text] for text in texts if text in operations}


@pytest.mark.parametrize("stack", ["other-aws", "own-aws"])
def test_every_type_that_is_declared_has_its_actions(stack: str) -> None:
    known = {kind for kinds in ACTIONS.values() for kind in kinds}
    kinds = {re.split(r"[$]", one.path.rpartition("::")[0])[-1] for one in render_stack(PINNED_AWS, stack).resources}
    declared = {kind for kind in kinds if kind.startswith("aws:")}
    assert len(declared) > 10
    assert declared <= known


def test_every_call_of_the_products_own_resources_is_allowed() -> None:
    assert {"DescribeEndpoint", "DescribeModelPackage", "DeleteModelPackage", "ListModels"} <= called()
    assert called() - NOT_DEPLOYING <= allowed()


def test_every_action_exists_as_an_operation_or_is_a_permission_alone() -> None:
    """An action is an operation's name, but for the permissions of S3, and iam:PassRole."""
    session = boto3.session.Session()._session
    for service in ("iam", "sagemaker", "scheduler", "cloudwatch", "application-autoscaling", "ecr"):
        operations = set(session.get_service_model(service).operation_names)
        if service == "sagemaker":
            # Its permissions have one prefix; its API is two services.
            operations |= set(session.get_service_model("sagemaker-runtime").operation_names)
        named = {action for actions in ACTIONS[service].values() for action in actions} | set(LISTS.get(service, ()))
        assert named <= operations, service


def test_nothing_is_allowed_beyond_the_stacks_names() -> None:
    for statement in EXAMPLE["Statement"]:
        assert not any("*" in action for action in statement["Action"])
        if statement["Resource"] == ["*"]:
            assert statement["Sid"] == "Lists"
    assert len(json.dumps(EXAMPLE, separators=(",", ":"))) <= 6144, "a managed policy has no more characters"


def test_the_page_shows_the_policy() -> None:
    (shown,) = BLOCK.findall(PAGE.read_text())
    assert json.loads(shown) == EXAMPLE
