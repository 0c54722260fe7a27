"""What counts as a change, in pure comparisons."""

from typing import Any

import pytest

from sandbox.plugins.aws.diff import difference
from sandbox.plugins.aws.policies import same_policy
from sandbox.plugins.aws.types import resource_type
from sandbox.plugins.protocol.changes import ChangeKind
from sandbox.plugins.protocol.values import UNKNOWN

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
CONFIGURATION = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
MODEL = "aws:sagemaker/model:Model"
SCHEDULE = "aws:scheduler/schedule:Schedule"


def changes(token: str, old: dict[str, Any], new: dict[str, Any]) -> dict[str, tuple[ChangeKind, bool]]:
    found = difference(resource_type(token), old, new)
    return {change.text: (change.kind, change.replaces) for change in found.changes}


@pytest.mark.parametrize(
    ("token", "old", "new"),
    [
        (ALARM, {"alarmDescription": ""}, {}),
        (ALARM, {}, {"alarmDescription": "", "alarmActions": [], "dimensions": {}}),
        (ALARM, {"okActions": ["a", "b"]}, {"okActions": ["b", "a"]}),
        (ALARM, {"threshold": 1}, {"threshold": 1.0}),
        (ALARM, {"evaluateLowSampleCountPercentiles": "evaluate"}, {}),
        (
            CONFIGURATION,
            {"productionVariants": [{"modelName": "m", "volumeSizeInGb": 10, "variantName": "made-up"}]},
            {"productionVariants": [{"modelName": "m"}]},
        ),
        (
            LIFECYCLE,
            {"rules": [{"id": "a", "status": "Enabled"}]},
            {"rules": [{"id": "a", "status": "Enabled", "filter": {}}]},
        ),
        (SCHEDULE, {"startDate": "2026-01-01T00:00:00Z"}, {"startDate": "2026-01-01T01:00:00+01:00"}),
    ],
)
def test_what_means_the_same_is_no_change(token: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    assert changes(token, old, new) == {}


def test_what_a_program_leaves_out_goes_away() -> None:
    assert changes(ALARM, {"unit": "Seconds", "okActions": ["a"]}, {}) == {
        "okActions": (ChangeKind.DELETE, False),
        "unit": (ChangeKind.DELETE, False),
    }


def test_what_is_not_known_yet_may_be_a_change() -> None:
    assert changes(ALARM, {"name": "a", "metricName": "b"}, {"name": UNKNOWN, "metricName": UNKNOWN}) == {
        "metricName": (ChangeKind.UPDATE, False),
        "name": (ChangeKind.UPDATE, True),
    }


def test_elements_without_order_are_told_by_what_they_mean() -> None:
    old, new = {"alarmActions": ["a", "b"]}, {"alarmActions": ["b", "c"]}
    assert changes(ALARM, old, new) == {"alarmActions[1]": (ChangeKind.UPDATE, False)}


def test_a_new_variant_needs_another_configuration() -> None:
    old = {"productionVariants": [{"modelName": "m", "variantName": "a"}]}
    new = {"productionVariants": [*old["productionVariants"], {"modelName": "m", "variantName": "b"}]}
    assert changes(CONFIGURATION, old, new) == {"productionVariants[1]": (ChangeKind.ADD, True)}


def test_a_models_network_is_replaced_only_as_a_whole_as_by_awss_own_provider() -> None:
    old = {"vpcConfig": {"subnets": ["a"], "securityGroupIds": ["g"]}}
    assert changes(MODEL, {}, old) == {"vpcConfig": (ChangeKind.ADD, True)}
    assert changes(MODEL, old, {}) == {"vpcConfig": (ChangeKind.DELETE, True)}
    new = {"vpcConfig": {"subnets": ["a", "b"], "securityGroupIds": ["g"]}}
    assert changes(MODEL, old, new) == {"vpcConfig.subnets[1]": (ChangeKind.ADD, False)}


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ('{"a":1,"b":2}', '{ "b": 2, "a": 1 }', True),
        ('{"Action":"s3:Get"}', '{"Action":["s3:Get"]}', True),
        ('{"Action":["a","b"]}', '{"Action":["b","a"]}', True),
        ('{"Statement":{"Sid":"x"}}', '{"Statement":[{"Sid":"x"}]}', True),
        ('{"Bool":{"aws:SecureTransport":false}}', '{"Bool":{"aws:SecureTransport":"false"}}', True),
        ('{"Action":"s3:Get"}', '{"Action":"s3:Put"}', False),
        ('{"Effect":"Allow"}', '{"Effect":"Deny"}', False),
        ("no json", "{}", False),
        ("no json", "no json", True),
    ],
)
def test_policies_are_the_same_by_what_they_mean(one: str, other: str, is_same: bool) -> None:
    assert same_policy(one, other) == is_same
