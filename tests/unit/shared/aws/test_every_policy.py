"""Walks the policies of every component, and of every stack that tests have."""

from typing import Any

import pytest

from pulumi_mlops import SageMakerEndpoint
from pulumi_mlops.cli.render.program import render_stack
from pulumi_mlops.stack.project import Project
from tests.policies import FoundPolicy, findings, findings_in, policies_in
from tests.recording import Declared, declare
from tests.stack_files import PINNED_AWS, PROJECT
from tests.unit.endpoint import sagemaker_arguments as hosting
from tests.unit.training_pipeline.sagemaker_pipelines import EVERYTHING, pipeline

STACKS = [
    (project, name) for project in (PROJECT, PINNED_AWS) for name in project.stack_names() if name.endswith("-aws")
]
# `s3://bucket` alone is a whole bucket that somebody asks for by name: a wider reading than the walker lets pass.
PIPELINES: list[dict[str, Any]] = [{}, {**EVERYTHING, "data_s3_uris": ["s3://flights-raw/2013/"]}]
ENDPOINTS: list[dict[str, Any]] = [
    {},
    {
        **hosting.NETWORK,
        "alarms": hosting.ALARMS,
        "kms_key_arn": hosting.KEY,
        "model_data_bucket": "flights-models",
        "model_package_group": hosting.GROUP,
        "shadow": hosting.SHADOW,
    },
    {"asynchronous": {"success_topic_arn": hosting.TOPIC, "error_topic_arn": hosting.OTHER_TOPIC}},
    {"serverless": {"memory_mib": 2048, "max_concurrency": 5}, "kms_key_arn": hosting.KEY},
]


def found_in(resources: list[Declared]) -> list[FoundPolicy]:
    return [policy for one in resources for policy in policies_in(one.name, one.inputs)]


def policies_of_roles(resources: list[Declared]) -> int:
    """How many there are to walk: who takes on each role, and what each of its policies allows."""
    return sum(one.type in ("aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy") for one in resources)


@pytest.mark.parametrize("changes", PIPELINES)
def test_a_pipelines_roles_allow_nothing_beyond_what_they_name(changes: dict[str, Any]) -> None:
    resources = pipeline(**changes).resources
    assert len(found_in(resources)) == policies_of_roles(resources) >= 4
    assert findings(resources) == []


@pytest.mark.parametrize("settings", ENDPOINTS)
def test_an_endpoints_role_allows_nothing_beyond_what_it_names(settings: dict[str, Any]) -> None:
    resources = declare(
        lambda: SageMakerEndpoint("delay", hosting.arguments(settings, **_stored(settings))) and None
    ).resources
    assert len(found_in(resources)) == policies_of_roles(resources) >= 2
    assert findings(resources) == []


def _stored(settings: dict[str, Any]) -> dict[str, Any]:
    """Requests are stored where the endpoint has instances that answer at once."""
    return {} if {"asynchronous", "serverless"} & settings.keys() else {"payloads": {}}


def test_there_are_stacks_to_walk() -> None:
    assert {"dev-aws", "staging-aws", "prod-aws", "other-aws", "own-aws"} <= {name for _, name in STACKS}


@pytest.mark.parametrize(("project", "stack"), STACKS, ids=[name for _, name in STACKS])
def test_a_stacks_policies_allow_nothing_beyond_what_they_name(project: Project, stack: str) -> None:
    resources = render_stack(project, stack).resources
    roles = [one for one in resources if "aws:iam/role:Role" in one.path]
    policies = [policy for one in resources for policy in policies_in(one.path, one.inputs)]
    assert roles
    assert len(policies) > 2 * len(roles)
    assert [str(found) for one in resources for found in findings_in(one.path, one.inputs)] == []
