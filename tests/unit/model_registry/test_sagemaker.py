import json
from typing import Any

import pulumi
import pytest

from pulumi_mlops import ArgumentsError, SageMakerModelRegistry, SageMakerModelRegistryArgs
from tests.aws_inputs import refusals
from tests.policies import findings
from tests.recording import Declaration, declare

PLACE = {"account_id": "123456789012", "region": "eu-west-1", "namespace": "flights-dev"}
CONSUMERS = {"consumer_account_ids": ["210987654321", "109876543210"]}
COMPONENT = "mlops:index:SageMakerModelRegistry::delay"
GROUP = "flights-dev-delay"
ARN = f"arn:aws:sagemaker:eu-west-1:123456789012:model-package-group/{GROUP}"


def arguments(settings: dict[str, Any], **more: Any) -> SageMakerModelRegistryArgs:
    args: Any = {"sagemaker": {**PLACE, **settings}, **more}
    checked: SageMakerModelRegistryArgs = args
    return checked


def registry(settings: dict[str, Any] | None = None, *, preview: bool = False, **more: Any) -> Declaration:
    def program() -> object:
        one = SageMakerModelRegistry("delay", arguments(settings or {}, **more))
        return {"url": one.registry_id, "group": one.group_name}

    return declare(program, preview=preview)


def test_declares_exactly_a_group() -> None:
    assert registry().children() == [
        ("aws:sagemaker/modelPackageGroup:ModelPackageGroup", "delay", COMPONENT),
        ("mlops:index:SageMakerModelRegistry", "delay", ""),
        ("pulumi-python:dynamic/mlops:RegisteredVersions", "delay-versions", COMPONENT),
    ]


def test_declares_exactly_a_group_and_its_policy_with_consumers() -> None:
    assert registry(CONSUMERS).children() == [
        ("aws:sagemaker/modelPackageGroup:ModelPackageGroup", "delay", COMPONENT),
        ("aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy", "delay", COMPONENT),
        ("mlops:index:SageMakerModelRegistry", "delay", ""),
        ("pulumi-python:dynamic/mlops:RegisteredVersions", "delay-versions", COMPONENT),
    ]


@pytest.mark.parametrize("protect_data", [True, False])
def test_versions_stay_or_go_with_the_group_and_go_before_it(protect_data: bool) -> None:
    versions = registry({"protect_data": protect_data}).one("RegisteredVersions")
    assert versions.options.retainOnDelete is protect_data
    assert versions.depends_on == {"aws:sagemaker/modelPackageGroup:ModelPackageGroup::delay"}


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("settings", [{}, CONSUMERS])
def test_the_group_is_known_by_its_arn(settings: dict[str, Any], preview: bool) -> None:
    assert registry(settings, preview=preview).result == {"url": ARN, "group": GROUP}


def test_the_group_is_named_by_its_stack_and_model() -> None:
    group = registry(model_name="flight-delay", tags={"owner": "team-flights"}).one("ModelPackageGroup").inputs
    assert group["modelPackageGroupName"] == "flights-dev-flight-delay"
    assert group["modelPackageGroupDescription"] == "Versions of flight-delay"
    assert group["tags"] == {
        "owner": "team-flights",
        "mlops:component": "model-registry",
        "mlops:managed-by": "pulumi",
        "mlops:workload": "flight-delay",
    }


def test_consumers_read_the_group_and_its_versions_and_change_nothing() -> None:
    policy = registry(CONSUMERS).one("ModelPackageGroupPolicy")
    assert policy.inputs["modelPackageGroupName"] == GROUP
    assert "aws:sagemaker/modelPackageGroup:ModelPackageGroup::delay" in policy.depends_on
    (allowed,) = json.loads(policy.inputs["resourcePolicy"])["Statement"]
    assert allowed["Principal"] == {"AWS": ["arn:aws:iam::109876543210:root", "arn:aws:iam::210987654321:root"]}
    assert {action.removeprefix("sagemaker:") for action in allowed["Action"]} == {
        "DescribeModelPackageGroup",
        "DescribeModelPackage",
        "ListModelPackages",
    }
    assert set(allowed["Resource"]) == {ARN, f"arn:aws:sagemaker:eu-west-1:123456789012:model-package/{GROUP}/*"}


def test_producers_register_versions_and_read_them() -> None:
    both = {"consumer_account_ids": ["210987654321"], "producer_account_ids": ["109876543210"]}
    policy = json.loads(registry(both).one("ModelPackageGroupPolicy").inputs["resourcePolicy"])
    allowed = {one["Sid"]: one for one in policy["Statement"]}
    producer, consumer = "arn:aws:iam::109876543210:root", "arn:aws:iam::210987654321:root"
    assert allowed["ReadVersions"]["Principal"] == {"AWS": [producer, consumer]}
    assert allowed["RegisterVersions"]["Principal"] == {"AWS": [producer]}
    assert allowed["RegisterVersions"]["Action"] == ["sagemaker:CreateModelPackage"]
    assert allowed["RegisterVersions"]["Resource"] == allowed["ReadVersions"]["Resource"]
    assert findings(registry(both).resources) == []


@pytest.mark.parametrize("region", ["eu-west-1", "cn-north-1"])
def test_its_policy_allows_nothing_beyond_what_it_names(region: str) -> None:
    assert findings(registry({**CONSUMERS, "region": region}).resources) == []


@pytest.mark.parametrize("settings", [{}, CONSUMERS])
def test_the_provider_takes_everything_as_it_is(settings: dict[str, Any]) -> None:
    assert refusals(registry(settings, tags={"owner": "team-flights"}).resources) == []


def test_it_is_protected_unless_the_stack_says_otherwise() -> None:
    kept = registry().one("ModelPackageGroup").options
    disposable = registry({"protect_data": False}).one("ModelPackageGroup").options
    assert (kept.protect, kept.retainOnDelete) == (True, True)
    assert (disposable.protect, disposable.retainOnDelete) == (False, False)


def test_another_description_does_not_ask_for_another_group() -> None:
    group = registry({"description": "Delay of flights"}).one("ModelPackageGroup")
    assert group.inputs["modelPackageGroupDescription"] == "Delay of flights"
    assert list(group.options.ignoreChanges) == ["modelPackageGroupDescription"]


def test_nobody_knows_the_group_before_its_readers_can_read_it() -> None:
    with pytest.raises(Exception, match="ModelPackageGroupPolicy"):
        declare(
            lambda: SageMakerModelRegistry("delay", arguments(CONSUMERS)).registry_id,
            failing=lambda kind, _: kind.endswith("ModelPackageGroupPolicy"),
        )


@pytest.mark.parametrize(
    ("settings", "more", "path", "expected"),
    [
        ({"namespace": "f" * 60}, {}, "model_name", "at most 63 characters"),
        ({}, {"model_name": "flight_delay"}, "model_name", "letters, digits and hyphens"),
        ({"description": "two\nlines"}, {}, "sagemaker.description", "one line"),
        ({"consumer_account_ids": ["123456789012"]}, {}, "sagemaker.consumer_account_ids[0]", "another account"),
        ({"kms_key_arn": "x"}, {}, "sagemaker.kms_key_arn", "one of account_id"),
    ],
)
def test_fails_when_an_argument_is_wrong(
    settings: dict[str, Any], more: dict[str, Any], path: str, expected: str
) -> None:
    with pytest.raises(ArgumentsError) as raised:
        registry(settings, **more)
    (problem,) = raised.value.problems
    assert problem.path == path
    assert expected in str(problem)


def test_says_everything_that_is_wrong_at_once() -> None:
    with pytest.raises(ArgumentsError) as raised:
        registry({"account_id": "1", "region": "mars"}, tags={"aws:owner": "x"})
    assert len(raised.value.problems) == 3


def test_a_description_that_is_known_later_is_checked_then() -> None:
    def program() -> object:
        return SageMakerModelRegistry(
            "delay", arguments({"description": pulumi.Output.from_input("two\nlines")})
        ).registry_id

    with pytest.raises(Exception, match="one line"):
        declare(program)
