from typing import Any, NotRequired, TypedDict

import pulumi
import pytest

from pulumi_mlops import ArgumentsError
from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops._shared.aws.settings import (
    CommonSettings,
    NetworkSettings,
    read_common,
    read_network,
    read_other_accounts,
    resource_name,
)
from pulumi_mlops._shared.aws.tags import component_tags

PLACE = {"account_id": "123456789012", "region": "eu-west-1", "namespace": "flights-dev"}
SUBNETS, GROUPS = ["subnet-01234567"], ["sg-01234567"]


class PlaceArgs(TypedDict):
    account_id: str
    region: str
    namespace: str
    permissions_boundary_arn: NotRequired[pulumi.Input[str]]
    kms_key_arn: NotRequired[pulumi.Input[str]]
    subnet_ids: NotRequired[list[pulumi.Input[str]]]
    security_group_ids: NotRequired[list[pulumi.Input[str]]]
    consumer_account_ids: NotRequired[list[str]]


class ThingArgs(TypedDict):
    sagemaker: PlaceArgs
    tags: NotRequired[dict[str, pulumi.Input[str]]]


def read(
    place: dict[str, Any], tags: Any = None, name: str = "delay"
) -> tuple[CommonSettings, NetworkSettings | None, list[str], str]:
    args = {"sagemaker": {**PLACE, **place}} | ({} if tags is None else {"tags": tags})
    arguments = Arguments("Thing", name, args, ThingArgs)
    common = read_common(arguments)
    network, consumers = read_network(arguments), read_other_accounts(arguments).consumer_ids
    whole = resource_name(arguments, common, f"{name}-jobs", longest=64)
    arguments.finish()
    return common, network, consumers, whole


def test_reads_where_everything_is() -> None:
    common, network, consumers, whole = read(
        {"subnet_ids": SUBNETS, "security_group_ids": GROUPS, "consumer_account_ids": ["999999999999", "210987654321"]},
        {"owner": "team-flights"},
    )
    assert (common.account.account_id, common.account.region, common.namespace) == tuple(PLACE.values())
    assert common.tags == {"owner": "team-flights"}
    assert network == NetworkSettings(SUBNETS, GROUPS)
    assert consumers == ["210987654321", "999999999999"]
    assert whole == "flights-dev-delay-jobs"
    assert read({})[1] is None


@pytest.mark.parametrize(
    ("place", "path", "expected"),
    [
        ({"account_id": "1234"}, "sagemaker.account_id", "12 digits"),
        ({"region": "eu-wst-1"}, "sagemaker.region", "did you mean eu-west-1"),
        ({"namespace": "Flights"}, "sagemaker.namespace", "lower-case"),
        ({"permissions_boundary_arn": "boundary"}, "sagemaker.permissions_boundary_arn", "managed policy"),
        ({"kms_key_arn": "alias/models"}, "sagemaker.kms_key_arn", "not of an alias"),
        ({"kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/1"}, "sagemaker.kms_key_arn", "region eu-west-1"),
        ({"subnet_ids": SUBNETS}, "sagemaker.security_group_ids", "give both, or neither"),
        ({"security_group_ids": GROUPS}, "sagemaker.subnet_ids", "give both, or neither"),
        ({"subnet_ids": ["vpc-1"], "security_group_ids": GROUPS}, "sagemaker.subnet_ids[0]", "id of a subnet"),
        ({"subnet_ids": SUBNETS * 17, "security_group_ids": GROUPS}, "sagemaker.subnet_ids", "at most 16"),
        ({"subnet_ids": SUBNETS, "security_group_ids": GROUPS * 6}, "sagemaker.security_group_ids", "at most 5"),
        ({"consumer_account_ids": ["me"]}, "sagemaker.consumer_account_ids[0]", "12 digits"),
        ({"consumer_account_ids": ["123456789012"]}, "sagemaker.consumer_account_ids[0]", "another account"),
        ({"namespace": "f" * 60}, "name", "at most 64 characters"),
    ],
)
def test_fails_when_a_value_is_wrong(place: dict[str, Any], path: str, expected: str) -> None:
    with pytest.raises(ArgumentsError) as raised:
        read(place)
    (problem,) = raised.value.problems
    assert problem.path == path
    assert expected in str(problem)


@pytest.mark.parametrize(
    ("tags", "path"),
    [
        ({"aws:owner": "x"}, "tags.aws:owner"),
        ({"": "x"}, "tags."),
        ({"o" * 129: "x"}, f"tags.{'o' * 129}"),
        ({"owner": "a\nb"}, "tags.owner"),
        ({"owner": "<x>"}, "tags.owner"),
        ({"owner": "x" * 257}, "tags.owner"),
        ({f"tag{number}": "x" for number in range(47)}, "tags"),
    ],
)
def test_fails_when_aws_would_refuse_a_tag(tags: dict[str, str], path: str) -> None:
    with pytest.raises(ArgumentsError) as raised:
        read({}, tags)
    assert [problem.path for problem in raised.value.problems] == [path]


def test_says_everything_at_once() -> None:
    with pytest.raises(ArgumentsError) as raised:
        read({"account_id": "1", "region": "mars", "kms_key_arn": "k", "subnet_ids": SUBNETS}, {"aws:x": "y"})
    assert len(raised.value.problems) == 5


def test_what_we_say_of_a_resource_stands_over_what_is_given() -> None:
    tags = component_tags({"owner": "x", "mlops:component": "mine"}, "endpoint", workload="delay")
    assert tags == {
        "owner": "x",
        "mlops:component": "endpoint",
        "mlops:managed-by": "pulumi",
        "mlops:workload": "delay",
    }
    assert "mlops:workload" not in component_tags({}, "storage")
