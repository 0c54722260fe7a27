import functools
import json
from typing import Any

import pulumi
import pytest

from pulumi_mlops.endpoint.args import InferenceAmiVersion
from pulumi_mlops.endpoint.sagemaker.component import SageMakerEndpoint
from tests import sagemaker_shapes
from tests.aws_inputs import refusals
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
from tests.unit.endpoint.sagemaker_declaration import OUTPUTS, endpoint, statements

COMPONENT = "mlops:index:SageMakerEndpoint::flight-delay"


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
NETWORK_AND_KEYS = ("RolePolicy", "flight-delay-role-network-and-keys")
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
    "accelerated": (
        {
            "instance_type": "ml.g5.12xlarge",
            "model_data_download_timeout_seconds": 1200,
            "container_startup_health_check_timeout_seconds": 900,
            "inference_ami_version": "al2023-ami-sagemaker-inference-gpu-4-1",
        },
        {"model_cache_gib": 20},
        [],
    ),
    "asynchronous": (
        {"asynchronous": {"success_topic_arn": OTHER_TOPIC, "error_topic_arn": OTHER_TOPIC}, "kms_key_arn": KEY},
        {"replicas_max": 4},
        [("MetricAlarm", "flight-delay-model-errors"), NETWORK_AND_KEYS],
    ),
    "guarded": (
        {"kms_key_arn": KEY, "alarms": ALARMS, **NETWORK},
        {
            "rollout": {"strategy": "canary"},
            "replicas_min": 2,
            "tags": {"owner": "team-flights"},
            "payloads": {"sampling_percent": 10},
        },
        [
            *(("MetricAlarm", f"flight-delay-{about}") for about in ("client-errors", "latency", "model-errors")),
            NETWORK_AND_KEYS,
        ],
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


def test_instances_come_up_as_asked_the_shadow_variants_too() -> None:
    sagemaker, changes, _ = MORE["accelerated"]
    inputs = endpoint({**sagemaker, "shadow": SHADOW}, **changes).one("EndpointConfiguration").inputs
    for variant in (*inputs["productionVariants"], *inputs["shadowProductionVariants"]):
        assert variant["instanceType"] == "ml.g5.12xlarge"
        assert variant["modelDataDownloadTimeoutInSeconds"] == 1200
        assert variant["containerStartupHealthCheckTimeoutInSeconds"] == 900
        assert variant["inferenceAmiVersion"] == "al2023-ami-sagemaker-inference-gpu-4-1"


def test_every_inference_ami_is_one_of_aws() -> None:
    shape = sagemaker_shapes.service().shape_for("ProductionVariantInferenceAmiVersion")
    assert {version.value for version in InferenceAmiVersion} == set(shape.enum)


@pytest.mark.parametrize(
    ("variant", "wrong"),
    [
        ({"modelDataDownloadTimeoutInSeconds": 59}, "59"),
        ({"containerStartupHealthCheckTimeoutInSeconds": 3601}, "3601"),
        ({"inferenceAmiVersion": "al2023-ami-sagemaker-inference-gpu-9-9"}, "gpu-9-9"),
    ],
)
def test_what_aws_would_refuse_of_an_instance_is_found(variant: dict[str, Any], wrong: str) -> None:
    """The gate's own bad case: a configuration that no declaration makes."""
    declaration = endpoint(MORE["accelerated"][0])
    declaration.one("EndpointConfiguration").inputs["productionVariants"][0].update(variant)
    (refusal,) = refusals(declaration.resources)
    assert wrong in refusal


@pytest.mark.parametrize(
    ("sagemaker", "memory_mib"),
    [
        ({}, "8192"),
        ({"instance_type": "ml.g5.xlarge"}, "22888"),
        ({"instance_type": "ml.g5.12xlarge"}, "196608"),
        ({"serverless": {"memory_mib": 3072}}, "3072"),
        ({"instance_type": "ml.m99.large", "allow_unlisted": True}, None),
    ],
)
def test_the_server_knows_the_most_that_its_model_can_have(sagemaker: dict[str, Any], memory_mib: str | None) -> None:
    variables = endpoint(sagemaker).one("Model").inputs["primaryContainer"]["environment"]
    assert variables.get("MLOPS_MEMORY_MIB") == memory_mib
    assert "MLOPS_MODEL_CACHE_MIB" not in variables


def test_each_variants_server_knows_its_own_machine_and_the_cache_beside_the_model() -> None:
    declaration = endpoint({"shadow": {**SHADOW, "instance_type": "ml.m5.xlarge"}}, model_cache_gib=2)
    rooms = {
        model: declaration.one("Model", model).inputs["primaryContainer"]["environment"]
        for model in ("flight-delay", "flight-delay-shadow")
    }
    assert {model: room["MLOPS_MEMORY_MIB"] for model, room in rooms.items()} == {
        "flight-delay": "8192",
        "flight-delay-shadow": "16384",
    }
    assert {room["MLOPS_MODEL_CACHE_MIB"] for room in rooms.values()} == {"2048"}


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


def test_a_preview_promises_the_address_and_nothing_that_is_not_proved() -> None:
    known: dict[str, object] = {}

    def program() -> None:
        served = SageMakerEndpoint("flight-delay", arguments())
        for name in OUTPUTS:
            getattr(served, name).apply(functools.partial(known.__setitem__, name))

    declare(program, preview=True)
    assert known == {
        "url": "https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/flights-dev-flight-delay/invocations"
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
        "model_data_url": f"s3://flights-dev-models/models/flights-dev-flight-delay/{'a' * 64}/model.tar.gz",
    }


def test_the_server_is_told_what_it_must_serve() -> None:
    model = endpoint().one("Model").inputs
    assert model["primaryContainer"] == {
        "image": IMAGE,
        "modelDataUrl": f"s3://flights-dev-data/models/flights-dev-flight-delay/{'a' * 64}/model.tar.gz",
        "environment": {
            "MLOPS_MODEL_NAME": "flight-delay",
            "MLOPS_MODEL_VERSION": "7",
            "MLOPS_MODEL_DIGEST": DIGEST,
            "MLOPS_REQUEST_TIMEOUT_SECONDS": "60",
            "MLOPS_MEMORY_MIB": "8192",
        },
    }
    assert model["enableNetworkIsolation"] is True


@pytest.mark.parametrize(
    ("sagemaker", "changes", "expected"),
    [
        ({}, {"request_timeout_seconds": 7}, "7"),
        ({"serverless": {}}, {"request_timeout_seconds": 60}, "60"),
        # As long as a caller may let AWS wait for it.
        ({"asynchronous": {}}, {}, "3600"),
        ({"asynchronous": {}}, {"request_timeout_seconds": 900}, "900"),
    ],
)
def test_the_server_is_told_how_long_a_request_may_take(
    sagemaker: dict[str, Any], changes: dict[str, Any], expected: str
) -> None:
    container = endpoint(sagemaker, **changes).one("Model").inputs["primaryContainer"]
    assert container["environment"]["MLOPS_REQUEST_TIMEOUT_SECONDS"] == expected


def test_the_server_takes_the_environment_that_it_is_given() -> None:
    pytest.importorskip("kserve", reason="KServe has no release for this Python yet")
    from mlops_runtime.sagemaker.serving import settings_of_server  # noqa: PLC0415 - see above

    container = endpoint(request_timeout_seconds=7).one("Model").inputs["primaryContainer"]
    assert settings_of_server(container["environment"]).request_timeout_seconds == 7


def test_formats_that_run_code_are_named_to_the_server() -> None:
    pytest.importorskip("kserve", reason="KServe has no release for this Python yet")
    from mlops_runtime.sagemaker.serving import settings_of_server  # noqa: PLC0415 - see above

    environment = (
        endpoint(allow_code_formats=["joblib", "pickle"]).one("Model").inputs["primaryContainer"]["environment"]
    )
    assert settings_of_server(environment).allow_code_formats == ("joblib", "pickle")
    assert "MLOPS_ALLOW_CODE_FORMATS" not in endpoint().one("Model").inputs["primaryContainer"]["environment"]


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
        {"payloads": {}},
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


def test_the_checks_are_kept_in_the_state_by_name_alone() -> None:
    for kind in ("PinnedModelPackage", "HostingImage", "EndpointRelease", "Endpoint"):
        provider = endpoint().one(kind).options.object["__provider"]
        assert isinstance(provider, str)
        assert len(provider) < 150


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
    assert shadow["primaryContainer"]["modelDataUrl"] == (
        f"s3://flights-dev-data/models/flights-dev-flight-delay/{OTHER_DIGEST.removeprefix('sha256:')}/model.tar.gz"
    )


def test_answers_and_captured_requests_go_into_the_bucket_encrypted() -> None:
    declared = endpoint({"kms_key_arn": KEY}, payloads={"sampling_percent": 10})
    captured = declared.one("EndpointConfiguration")
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


def test_the_role_is_for_what_every_endpoint_does() -> None:
    allowed = statements()
    assert set(allowed) == {
        *("ReadModels", "ReadModelsList", "PullImages", "PullImagesToken", "WriteLogs", "PutMetrics", "WatchAlarms"),
    }
    assert allowed["ReadModels"]["Resource"] == ["arn:aws:s3:::flights-dev-data/models/flights-dev-flight-delay/*"]
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


def test_the_role_may_write_captured_requests_where_they_are_stored() -> None:
    captured = statements(payloads={})
    assert set(captured) - set(statements()) == {"CaptureData"}
    assert captured["CaptureData"]["Resource"] == [
        "arn:aws:s3:::flights-dev-data/data-capture/flights-dev-flight-delay/*"
    ]


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
    plain = arguments({"kms_key_arn": KEY, "model_package_group": GROUP, **NETWORK}, payloads={})
    hosting = plain["sagemaker"]

    def deferred() -> None:
        args: Any = {
            "image": later(IMAGE),
            "payloads": plain["payloads"],
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
