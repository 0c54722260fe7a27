import json
from typing import Any

import pulumi
import pytest

from pulumi_mlops.endpoint.sagemaker.component import SageMakerEndpoint
from tests import sagemaker_shapes
from tests.aws_inputs import refusals, whole
from tests.recording import Declaration, declare
from tests.unit.endpoint.sagemaker_arguments import (
    ACCOUNT,
    ALARMS,
    DIGEST,
    GROUP,
    IMAGE,
    KEY,
    NETWORK,
    OTHER_DIGEST,
    OTHER_IMAGE,
    OTHER_TOPIC,
    REGION,
    SHADOW,
    TOPIC,
    arguments,
)

COMPONENT = "mlops:index:SageMakerEndpoint::flight-delay"
OUTPUTS = ("url", "serving_version", "serving_digest", "status")


def endpoint(sagemaker: dict[str, Any] | None = None, *, preview: bool = False, **changes: Any) -> Declaration:
    def program() -> object:
        component = SageMakerEndpoint("flight-delay", arguments(sagemaker, **changes))
        return {name: getattr(component, name) for name in OUTPUTS}

    return declare(program, preview=preview)


def kinds(declaration: Declaration) -> list[tuple[str, str]]:
    return [(kind.rsplit(":", 1)[-1], name) for kind, name, parent in declaration.children() if parent == COMPONENT]


BASIC = [
    ("MetricAlarm", "flight-delay-server-errors"),
    ("Role", "flight-delay-role"),
    ("RolePolicy", "flight-delay-role"),
    ("Endpoint", "flight-delay"),
    ("EndpointConfiguration", "flight-delay"),
    ("Model", "flight-delay"),
    ("EndpointRelease", "flight-delay-release"),
    ("HostingImage", "flight-delay-image"),
    ("PinnedModelPackage", "flight-delay-package"),
]
MORE: dict[str, tuple[dict[str, Any], dict[str, Any], list[tuple[str, str]]]] = {
    "basic": ({}, {}, []),
    "scaled": ({}, {"replicas_max": 4}, []),
    "alarms": (
        {"alarms": ALARMS},
        {},
        [("MetricAlarm", f"flight-delay-{about}") for about in ("client-errors", "latency", "model-errors")],
    ),
    "shadow": (
        {"shadow": SHADOW},
        {},
        [
            ("Model", "flight-delay-shadow"),
            ("PinnedModelPackage", "flight-delay-shadow-package"),
            ("HostingImage", "flight-delay-shadow-image"),
        ],
    ),
    "asynchronous": (
        {"asynchronous": {"success_topic_arn": OTHER_TOPIC, "error_topic_arn": OTHER_TOPIC}, "kms_key_arn": KEY},
        {"replicas_max": 4},
        [("MetricAlarm", "flight-delay-model-errors")],
    ),
    "guarded": (
        {"kms_key_arn": KEY, "data_capture": {"sampling_percent": 10}, "alarms": ALARMS, **NETWORK},
        {"rollout": {"strategy": "canary"}, "replicas_min": 2, "tags": {"owner": "team-flights"}},
        [("MetricAlarm", f"flight-delay-{about}") for about in ("client-errors", "latency", "model-errors")],
    ),
}


@pytest.mark.parametrize("variant", MORE)
def test_declares_exactly_these_children(variant: str) -> None:
    sagemaker, changes, more = MORE[variant]
    assert sorted(kinds(endpoint(sagemaker, **changes))) == sorted([*BASIC, *more])


def test_a_serverless_endpoint_has_neither_machines_nor_what_watches_them() -> None:
    declaration = endpoint({"serverless": {"memory_mib": 3072, "provisioned_concurrency": 1}})
    assert sorted(kinds(declaration)) == sorted(set(BASIC) - {("MetricAlarm", "flight-delay-server-errors")})
    assert declaration.one("EndpointConfiguration").inputs["productionVariants"] == [
        {
            "variantName": "main",
            "initialVariantWeight": 1,
            "modelName": declaration.one("Model").inputs["name"],
            "serverlessConfig": {"memorySizeInMb": 3072, "maxConcurrency": 5, "provisionedConcurrency": 1},
        }
    ]
    asked = declaration.one("Endpoint").inputs
    assert {"deployment", "scaling"}.isdisjoint(asked)
    assert asked["variants"] == [{"variant_name": "main"}]
    assert declaration.one("Model").inputs["enableNetworkIsolation"] is False


@pytest.mark.parametrize("variant", [*MORE, "serverless"])
def test_the_provider_takes_everything_as_it_is(variant: str) -> None:
    sagemaker, changes, _ = MORE.get(variant) or ({"serverless": {}, "kms_key_arn": KEY}, {}, [])
    declaration = endpoint(sagemaker, **changes)
    assert refusals(declaration.resources) == []


def test_deploys_nothing_without_a_model() -> None:
    declaration = endpoint(model=None)
    assert declaration.children() == [("mlops:index:SageMakerEndpoint", "flight-delay", "")]
    assert declaration.result == {"url": "", "serving_version": "", "serving_digest": "", "status": "waiting-for-model"}


def test_outputs_say_what_was_proved() -> None:
    assert endpoint().result == {
        "url": "https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/flights-dev-flight-delay/invocations",
        "serving_version": "7",
        "serving_digest": DIGEST,
        "status": "serving",
    }


def test_an_asynchronous_endpoint_is_asked_elsewhere() -> None:
    assert endpoint({"asynchronous": {}}).result["url"].endswith("/flights-dev-flight-delay/async-invocations")


@pytest.mark.parametrize("failing", ["PinnedModelPackage", "HostingImage", "Endpoint"])
def test_outputs_stay_unknown_when_a_check_fails(failing: str) -> None:
    results: list[object] = []

    def program() -> None:
        component = SageMakerEndpoint("flight-delay", arguments())
        pulumi.Output.all(component.serving_version, component.serving_digest, component.status).apply(results.append)

    with pytest.raises(RuntimeError, match="failed"):
        declare(program, failing=lambda kind, _: kind.endswith(f":{failing}"))
    assert results == []


@pytest.mark.parametrize("check", ["PinnedModelPackage", "HostingImage"])
def test_nothing_is_made_of_a_version_or_an_image_that_is_refused(check: str) -> None:
    declared: list[str] = []

    def refuse(kind: str, _: str) -> bool:
        declared.append(kind.rsplit(":", 1)[-1])
        return kind.endswith(f":{check}")

    with pytest.raises(RuntimeError, match=rf"{check} flight-delay-\w+ failed"):
        declare(lambda: SageMakerEndpoint("flight-delay", arguments()) and None, failing=refuse)
    assert {"EndpointRelease", "Model", "EndpointConfiguration", "Endpoint"}.isdisjoint(declared)


def test_the_pinned_version_is_looked_up_by_its_digest() -> None:
    inputs = endpoint({"model_package_group": GROUP, "model_data_bucket": "flights-dev-models"}).one(
        "PinnedModelPackage"
    )
    assert {key: value for key, value in inputs.inputs.items() if key != "__provider"} == {
        "region": REGION,
        "package_arn": f"{GROUP.replace('-group/', '/')}/7",
        "digest": DIGEST,
        "model_data_prefix": "s3://flights-dev-models/models/",
    }


def test_the_server_is_told_what_it_must_serve() -> None:
    model = endpoint().one("Model").inputs
    assert model["primaryContainer"] == {
        "image": IMAGE,
        "modelDataUrl": "s3://bucket/models/flight-delay-package/model.tar.gz",
        "environment": {
            "MLOPS_MODEL_NAME": "flight-delay",
            "MLOPS_MODEL_VERSION": "7",
            "MLOPS_MODEL_DIGEST": DIGEST,
        },
    }
    assert model["enableNetworkIsolation"] is True


def release(sagemaker: dict[str, Any] | None = None, **changes: Any) -> str:
    return str(endpoint(sagemaker, **changes).one("EndpointRelease").inputs["wanted"])


def test_a_release_is_named_after_its_content() -> None:
    declaration = endpoint()
    name = declaration.one("EndpointConfiguration").inputs["name"]
    assert name == release() == declaration.one("Model").inputs["name"]
    assert name.startswith("flights-dev-flight-delay-")
    assert len(name) == len("flights-dev-flight-delay-") + 8
    assert declaration.one("Endpoint").inputs["configuration"] == name


@pytest.mark.parametrize(
    "change",
    [
        {"model": {"version": "8", "digest": DIGEST}},
        {"model": {"version": "7", "digest": OTHER_DIGEST}},
        {"image": OTHER_IMAGE},
        {"replicas_min": 2},
        {"rollout": {"bake_seconds": 60}},
        {"sagemaker": {"instance_type": "ml.c5.large"}},
        {"sagemaker": {"kms_key_arn": KEY}},
        {"sagemaker": {"shadow": SHADOW}},
        {"sagemaker": {"data_capture": {}}},
        {"sagemaker": NETWORK},
        {"sagemaker": {"asynchronous": {}}},
        {"sagemaker": {"alarms": {"latency_p99_milliseconds": 100}}},
    ],
)
def test_another_content_is_another_release(change: dict[str, Any]) -> None:
    assert release(**change) != release()


@pytest.mark.parametrize(
    "change",
    [
        {"tags": {"owner": "team-b"}},
        {"replicas_max": 3},
        {"sagemaker": {"superseded_configurations_kept": 5}},
        {"sagemaker": {"alarms": {"server_error_percent": 1, "topic_arns": [TOPIC]}}},
    ],
)
def test_what_changes_nothing_that_serves_is_no_release(change: dict[str, Any]) -> None:
    assert release(**change) == release()


def test_superseded_configurations_and_models_stay_at_aws_for_the_endpoint_to_remove() -> None:
    declaration = endpoint({"shadow": SHADOW, "superseded_configurations_kept": 4})
    retained = {
        (resource.type.rsplit(":", 1)[-1], resource.name)
        for resource in declaration.resources
        if resource.options.retainOnDelete
    }
    assert retained == {
        ("Model", "flight-delay"),
        ("Model", "flight-delay-shadow"),
        ("EndpointConfiguration", "flight-delay"),
    }
    assert not any(
        resource.options.deleteBeforeReplace for resource in declaration.resources if "aws:" in resource.type
    )
    # Said, and not left to the provider: it has what is named deleted first.
    ours = [each.options for each in declaration.resources if each.options.retainOnDelete]
    assert all(options.deleteBeforeReplaceDefined for options in ours)
    assert declaration.one("Endpoint").inputs["superseded_kept"] == 4
    for kind, name in sorted(retained):
        assert declaration.one(kind, name).inputs["tags"]["mlops:endpoint"] == "flights-dev-flight-delay"


def test_a_preview_shows_what_is_asked_of_the_endpoint() -> None:
    asked = endpoint({"alarms": ALARMS, "shadow": SHADOW}, rollout_timeout_seconds=900, replicas_max=3).one("Endpoint")
    hidden = ("__provider", "configuration", "deployment", "scaling", "tags")
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


def kinds_before(declaration: Declaration, kind: str) -> set[str]:
    """The kinds that one waits for when it is made, and which therefore outlive it when all is destroyed."""
    by_name = {f"{one.type}::{one.name}": one for one in declaration.resources}
    waiting, found = set(declaration.one(kind).depends_on), set[str]()
    while waiting:
        found.add(name := waiting.pop())
        waiting |= by_name[name].depends_on - found
    return {name.partition("::")[0].rsplit(":", 1)[-1] for name in found}


def test_the_checks_are_kept_in_the_state_by_name_alone() -> None:
    for kind in ("PinnedModelPackage", "HostingImage", "EndpointRelease", "Endpoint"):
        provider = endpoint().one(kind).inputs["__provider"]
        assert isinstance(provider, str)
        assert len(provider) < 150


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
    sagemaker = {"kms_key_arn": KEY, "instance_type": machine, "data_capture": {}, **shadows}
    configuration = endpoint(sagemaker).one("EndpointConfiguration").inputs
    assert ("kmsKeyArn" in configuration) is encrypted
    assert configuration["dataCaptureConfig"]["kmsKeyId"] == KEY
    assert ("UseKeyVolumes" in statements(sagemaker)) is encrypted


def test_a_shadow_gets_a_part_of_the_requests_and_has_a_model_of_its_own() -> None:
    declaration = endpoint({"shadow": SHADOW})
    name = declaration.one("EndpointConfiguration").inputs["name"]
    assert declaration.one("EndpointConfiguration").inputs["shadowProductionVariants"] == [
        {
            "variantName": "shadow",
            "initialVariantWeight": 0.2,
            "instanceType": "ml.m5.large",
            "initialInstanceCount": 1,
            "modelName": f"{name}-shadow",
        }
    ]
    shadow = declaration.one("Model", "flight-delay-shadow").inputs
    assert shadow["primaryContainer"]["image"] == OTHER_IMAGE
    assert shadow["primaryContainer"]["environment"]["MLOPS_MODEL_VERSION"] == "8"
    assert shadow["primaryContainer"]["modelDataUrl"] == "s3://bucket/models/flight-delay-shadow-package/model.tar.gz"


def test_answers_and_captured_requests_go_into_the_bucket_encrypted() -> None:
    captured = endpoint({"data_capture": {"sampling_percent": 10}, "kms_key_arn": KEY}).one("EndpointConfiguration")
    capture = captured.inputs["dataCaptureConfig"]
    assert capture["destinationS3Uri"] == "s3://flights-dev-data/data-capture/flights-dev-flight-delay"
    assert (capture["initialSamplingPercentage"], capture["kmsKeyId"]) == (10, KEY)
    assert captured.inputs["kmsKeyArn"] == KEY
    later = endpoint({"asynchronous": {"error_topic_arn": TOPIC}, "kms_key_arn": KEY}).one("EndpointConfiguration")
    assert later.inputs["asyncInferenceConfig"]["outputConfig"] == {
        "s3OutputPath": "s3://flights-dev-data/async/flights-dev-flight-delay/answers",
        "s3FailurePath": "s3://flights-dev-data/async/flights-dev-flight-delay/failures",
        "kmsKeyId": KEY,
        "notificationConfig": {"errorTopic": TOPIC},
    }


def statements(sagemaker: dict[str, Any] | None = None, **changes: Any) -> dict[str, dict[str, Any]]:
    policy = json.loads(endpoint(sagemaker, **changes).one("RolePolicy").inputs["policy"])
    return {statement["Sid"]: statement for statement in policy["Statement"]}


def test_the_role_is_for_what_every_endpoint_does() -> None:
    allowed = statements()
    assert set(allowed) == {
        *("ReadModels", "ReadModelsList", "PullImages", "PullImagesToken", "WriteLogs", "PutMetrics", "WatchAlarms"),
    }
    assert allowed["ReadModels"]["Resource"] == ["arn:aws:s3:::flights-dev-data/models/*"]
    assert allowed["PullImages"]["Resource"] == [f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/mlops/serving"]
    assert allowed["WatchAlarms"]["Resource"] == [
        f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:flights-dev-flight-delay-server-errors"
    ]
    trusted = json.loads(endpoint().one("Role").inputs["assumeRolePolicy"])["Statement"][0]
    assert trusted["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    assert trusted["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}


@pytest.mark.parametrize(
    ("sagemaker", "more"),
    [
        ({"data_capture": {}}, {"CaptureData"}),
        ({"asynchronous": {}}, {"ReadRequests", "ReadRequestsList", "WriteAnswers"}),
        (
            {"asynchronous": {"success_topic_arn": TOPIC}},
            {"ReadRequests", "ReadRequestsList", "WriteAnswers", "TellTopics"},
        ),
        ({"kms_key_arn": KEY}, {"UseKey", "UseKeyVolumes"}),
        ({"model_data_kms_key_arn": KEY}, {"DecryptModels"}),
        (NETWORK, {"CreateInterfaces", "ChangeInterfaces", "DescribeNetwork"}),
        ({"shadow": SHADOW}, set()),
    ],
)
def test_the_role_is_for_nothing_that_is_not_asked_for(sagemaker: dict[str, Any], more: set[str]) -> None:
    assert set(statements(sagemaker)) - set(statements()) == more


def test_a_shadows_image_may_be_pulled_too() -> None:
    assert statements({"shadow": SHADOW})["PullImages"]["Resource"] == [
        f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/mlops/serving",
        f"arn:aws:ecr:{REGION}:210987654321:repository/mlops/serving",
    ]


def test_a_boundary_bounds_the_role() -> None:
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
    assert endpoint({"permissions_boundary_arn": boundary}).one("Role").inputs["permissionsBoundary"] == boundary


def test_outputs_as_inputs_give_the_same_resources() -> None:
    later = pulumi.Output.from_input
    plain = arguments({"kms_key_arn": KEY, "data_capture": {}, "model_package_group": GROUP, **NETWORK})
    hosting = plain["sagemaker"]

    def deferred() -> None:
        args: Any = {
            "image": later(IMAGE),
            "model": {"version": later("7"), "digest": later(DIGEST)},
            "sagemaker": {
                **hosting,
                **{key: later(hosting[key]) for key in ("bucket_name", "kms_key_arn", "model_package_group")},
            },
        }
        SageMakerEndpoint("flight-delay", args)

    def resources(declaration: Declaration) -> dict[tuple[str, str], Any]:
        return {(one.type, one.name): one.inputs for one in declaration.resources}

    expected = resources(declare(lambda: SageMakerEndpoint("flight-delay", plain) and None))
    assert resources(declare(deferred)) == expected


def test_children_do_not_take_over_the_components_own_options() -> None:
    def program() -> None:
        options = pulumi.ResourceOptions(aliases=[pulumi.Alias(name="old")], protect=True)
        SageMakerEndpoint("flight-delay", arguments(), options)

    child = declare(program).one("Endpoint").options
    assert [alias.spec.name for alias in child.aliases if alias.spec.name == "old"] == []
    assert child.protect
