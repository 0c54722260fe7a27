"""How an endpoint on SageMaker is deployed, watched and scaled."""

from typing import Any

import pytest

from tests import sagemaker_shapes
from tests.aws_inputs import whole
from tests.recording import Declaration
from tests.unit.endpoint.sagemaker_arguments import ACCOUNT, ALARMS, KEY, NETWORK, REGION, SHADOW, TOPIC
from tests.unit.endpoint.sagemaker_declaration import endpoint, statements


def test_a_preview_shows_what_is_asked_of_the_endpoint() -> None:
    asked = endpoint({"alarms": ALARMS, "shadow": SHADOW}, rollout_timeout_seconds=900, replicas_max=3).one("Endpoint")
    hidden = ("__provider", "configuration", "deployment", "network_and_keys", "scaling", "tags")
    assert {key: value for key, value in asked.inputs.items() if key not in hidden} == {
        "account_id": ACCOUNT,
        "region": REGION,
        "endpoint_name": "flights-dev-flight-delay",
        "variants": [
            {"variant_name": "main", "instance_type": "ml.m5.large", "instances_min": 1, "instances_max": 3},
            {"variant_name": "shadow", "instance_type": "ml.m5.large", "instances_min": 1, "instances_max": 1},
        ],
        "wait_seconds": 900 + 120 + 60,
        "settle_seconds": 0,
        "superseded_kept": 2,
        "alarm_names": [
            f"flights-dev-flight-delay-{about}"
            for about in ("server-errors", "client-errors", "latency", "model-errors")
        ],
    }
    assert asked.inputs["tags"]["mlops:endpoint"] == "flights-dev-flight-delay"


@pytest.mark.parametrize(
    ("changes", "seconds"),
    [
        # The longest execution, each wait once more for the way back, and a minute.
        ({"rollout_timeout_seconds": 60, "rollout": {"bake_seconds": 0}}, 600 + 60),
        ({"rollout_timeout_seconds": 7200, "rollout": {"strategy": "canary", "bake_seconds": 600}}, 7200 + 1200 + 60),
        (
            {"rollout_timeout_seconds": 14400, "rollout": {"strategy": "linear", "bake_seconds": 900}},
            14400 + 9000 + 60,
        ),
    ],
)
def test_a_deployment_is_waited_for_as_long_as_its_rollout_may_take(changes: dict[str, Any], seconds: int) -> None:
    declared = endpoint({"alarms": ALARMS}, replicas_min=2, **changes)
    assert declared.one("Endpoint").inputs["wait_seconds"] == seconds


@pytest.mark.parametrize(("sagemaker", "seconds"), [({}, 0), (NETWORK, 120), ({"kms_key_arn": KEY}, 120)])
def test_a_role_whose_interfaces_or_grants_are_left_outlives_its_endpoint(
    sagemaker: dict[str, Any], seconds: int
) -> None:
    declaration = endpoint(sagemaker)
    assert declaration.one("Endpoint").inputs["settle_seconds"] == seconds
    assert {"Role", "RolePolicy"} <= kinds_before(declaration, "Endpoint")


def test_other_subnets_and_keys_are_told_to_the_endpoint_and_nothing_else_of_its_role_is() -> None:
    def told(sagemaker: dict[str, Any], **changes: Any) -> str:
        noted: str = endpoint(sagemaker, **changes).one("Endpoint").inputs["network_and_keys"]
        return noted

    assert told({}) == told({}, payloads={})
    assert told(NETWORK) == told(NETWORK, payloads={})
    other = {**NETWORK, "subnet_ids": ["subnet-0fedcba9876543210"]}
    assert len({told({}), told(NETWORK), told(other), told({"kms_key_arn": KEY})}) == 4


def kinds_before(declaration: Declaration, kind: str) -> set[str]:
    """The kinds that one waits for when it is made, and which therefore outlive it when all is destroyed."""
    by_name = {f"{one.type}::{one.name}": one for one in declaration.resources}
    waiting, found = set(declaration.one(kind).depends_on), set[str]()
    while waiting:
        found.add(name := waiting.pop())
        waiting |= by_name[name].depends_on - found
    return {name.partition("::")[0].rsplit(":", 1)[-1] for name in found}


def deployment(**changes: Any) -> dict[str, Any]:
    alarms = {"alarms": {"server_error_percent": 1}}
    config: dict[str, Any] = endpoint(alarms, replicas_min=2, **changes).one("Endpoint").inputs["deployment"]
    return config


@pytest.mark.parametrize(
    ("rollout", "routing"),
    [
        ({}, {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}),
        (
            {"strategy": "canary", "step_percent": 20},
            {
                "Type": "CANARY",
                "WaitIntervalInSeconds": 90,
                "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 20},
            },
        ),
        (
            {"strategy": "linear", "step_percent": 25},
            {
                "Type": "LINEAR",
                "WaitIntervalInSeconds": 90,
                "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 25},
            },
        ),
    ],
)
def test_a_rollout_goes_as_asked_and_back_at_an_alarm(rollout: dict[str, Any], routing: dict[str, Any]) -> None:
    config = deployment(rollout={**rollout, "bake_seconds": 90}, rollout_timeout_seconds=1200)
    assert config == {
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "flights-dev-flight-delay-server-errors"}]},
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": routing,
            "TerminationWaitInSeconds": 90,
            "MaximumExecutionTimeoutInSeconds": 1200,
        },
    }
    request = {"EndpointName": "flights", "EndpointConfigName": "flights-1", "DeploymentConfig": whole(config)}
    assert sagemaker_shapes.problems(sagemaker_shapes.request_shape("UpdateEndpoint"), request, "request") == []


def test_an_endpoint_with_machines_is_watched_from_the_beginning() -> None:
    declaration = endpoint()
    config = declaration.one("Endpoint").inputs["deployment"]
    name = declaration.one("MetricAlarm").inputs["name"]
    assert config["AutoRollbackConfiguration"] == {"Alarms": [{"AlarmName": name}]}
    assert declaration.one("MetricAlarm").inputs["threshold"] == 0.99


def test_one_slow_answer_of_a_quiet_minute_turns_nothing_back() -> None:
    latency = endpoint({"alarms": ALARMS}).one("MetricAlarm", "flight-delay-latency").inputs
    assert latency["evaluateLowSampleCountPercentiles"] == "ignore"


@pytest.mark.parametrize(("alarms", "most"), [({}, 0), ({"model_errors_max": 5}, 5)])
def test_an_asynchronous_rollout_is_turned_back_by_requests_that_fail(alarms: dict[str, Any], most: int) -> None:
    declaration = endpoint({"asynchronous": {}, "alarms": alarms})
    alarm = declaration.one("MetricAlarm", "flight-delay-model-errors").inputs
    assert (alarm["metricName"], alarm["statistic"], alarm["threshold"]) == ("InvocationFailures", "Sum", most)
    watched = declaration.one("Endpoint").inputs["deployment"]["AutoRollbackConfiguration"]["Alarms"]
    assert {"AlarmName": alarm["name"]} in watched


def test_alarms_are_there_before_the_endpoint_and_tell_who_is_to_know() -> None:
    declaration = endpoint({"alarms": ALARMS})
    alarms = {one.name: one.inputs for one in declaration.resources if one.type.endswith(":MetricAlarm")}
    waits_for = declaration.one("Endpoint").depends_on
    figures = {}
    for name, alarm in alarms.items():
        assert f"aws:cloudwatch/metricAlarm:MetricAlarm::{name}" in waits_for
        assert alarm["dimensions"] == {"EndpointName": "flights-dev-flight-delay", "VariantName": "main"}
        assert alarm["alarmActions"] == alarm["okActions"] == [TOPIC]
        assert (alarm["namespace"], alarm["treatMissingData"]) == ("AWS/SageMaker", "notBreaching")
        statistic = alarm.get("statistic") or alarm["extendedStatistic"]
        figures[name.removeprefix("flight-delay-")] = (alarm["metricName"], statistic, alarm["threshold"])
    assert figures == {
        "server-errors": ("Invocation5XXErrors", "Average", 0.005),
        "client-errors": ("Invocation4XXErrors", "Average", 0.05),
        "latency": ("ModelLatency", "p99", 100_000),
        "model-errors": ("InvocationModelErrors", "Sum", 3),
    }


def test_the_number_of_machines_follows_the_load() -> None:
    asked = endpoint({"scale_in_cooldown_seconds": 600}, replicas_min=2, replicas_max=5).one("Endpoint").inputs
    assert asked["scaling"] == {
        "min_capacity": 2,
        "max_capacity": 5,
        "policy_name": "flights-dev-flight-delay-load",
        "policy": {
            "TargetValue": 500,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
            "ScaleInCooldown": 600,
            "ScaleOutCooldown": 60,
        },
    }


def test_a_fixed_number_of_machines_is_not_scaled() -> None:
    assert "scaling" not in endpoint(replicas_min=2).one("Endpoint").inputs


def test_the_machines_of_an_asynchronous_endpoint_follow_what_waits() -> None:
    asked = endpoint({"asynchronous": {"backlog_per_instance_target": 8}}, replicas_max=5).one("Endpoint").inputs
    policy = asked["scaling"]["policy"]
    assert policy["TargetValue"] == 8
    assert policy["CustomizedMetricSpecification"] == {
        "MetricName": "ApproximateBacklogSizePerInstance",
        "Namespace": "AWS/SageMaker",
        "Statistic": "Average",
        "Dimensions": [{"Name": "EndpointName", "Value": "flights-dev-flight-delay"}],
    }


@pytest.mark.parametrize(
    ("machine", "shadow", "encrypted"),
    [
        ("ml.m5.large", None, True),
        ("ml.g5.xlarge", None, False),
        ("ml.m5.large", "ml.c5.large", True),
        ("ml.g5.xlarge", "ml.m5d.large", False),
    ],
)
def test_a_key_is_not_given_for_disks_that_encrypt_themselves(
    machine: str, shadow: str | None, encrypted: bool
) -> None:
    shadows = {"shadow": {**SHADOW, "instance_type": shadow}} if shadow else {}
    sagemaker = {"kms_key_arn": KEY, "instance_type": machine, **shadows}
    configuration = endpoint(sagemaker, payloads={}).one("EndpointConfiguration").inputs
    assert ("kmsKeyArn" in configuration) is encrypted
    assert configuration["dataCaptureConfig"]["kmsKeyId"] == KEY
    assert ("UseKeyVolumes" in statements(sagemaker)) is encrypted
