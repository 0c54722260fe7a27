from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from pulumi_mlops import ArgumentsError
from pulumi_mlops.endpoint.sagemaker.component import SageMakerEndpoint
from pulumi_mlops.endpoint.sagemaker.rules import EXCLUSIONS
from tests.recording import declare
from tests.unit.endpoint.sagemaker_arguments import DIGEST, IMAGE, KEY, NETWORK, SHADOW, TOPIC, arguments

CANARY = {"rollout": {"strategy": "canary"}, "replicas_min": 2}
ALARM = {"alarms": {"server_error_percent": 1}}
GPU_IMAGE = "al2-ami-sagemaker-inference-gpu-3-1"
ELSEWHERE = IMAGE.replace("eu-west-1", "eu-central-1")


def problems(sagemaker: dict[str, Any], changes: dict[str, Any]) -> list[str]:
    with pytest.raises(ArgumentsError) as caught:
        declare(lambda: SageMakerEndpoint("flight-delay", arguments(sagemaker, **changes)) and None)
    return [str(problem) for problem in caught.value.problems]


BAD: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    # Canary and linear rollouts.
    (
        {},
        CANARY,
        ["rollout.strategy: got 'canary', expected an alarm: only alarms roll a canary or linear rollout back"],
    ),
    ({"alarms": {"topic_arns": [TOPIC]}}, CANARY, ["rollout.strategy: got 'canary', expected an alarm"]),
    ({}, {**CANARY, "rollout": {"strategy": "linear"}}, ["rollout.strategy: got 'linear', expected an alarm"]),
    (ALARM, {**CANARY, "replicas_min": 1}, ["replicas_min: got 1, expected at least 2: a step of canary is at most"]),
    (
        ALARM,
        {**CANARY, "rollout": {"strategy": "canary", "bake_seconds": 30}},
        ["rollout.bake_seconds: got 30, expected at least 60: SageMaker reports metrics once a minute"],
    ),
    (
        ALARM,
        {**CANARY, "rollout": {"strategy": "canary", "step_percent": 60}},
        ["rollout.step_percent: got 60, expected 1 to 50"],
    ),
    (
        ALARM,
        {**CANARY, "rollout": {"strategy": "linear", "step_percent": 5}},
        ["rollout.step_percent: got 5, expected 10 to 50"],
    ),
    (
        ALARM,
        {**CANARY, "rollout": {"strategy": "linear", "step_percent": 10}, "rollout_timeout_seconds": 1200},
        ["rollout_timeout_seconds: got 1200, expected more than the 1200 seconds that the rollout watches its alarms"],
    ),
    (
        {**ALARM, "instance_type": "ml.inf1.xlarge"},
        CANARY,
        ["sagemaker.instance_type: got 'ml.inf1.xlarge', expected another instance type: AWS rolls Inf1"],
    ),
    (
        {},
        {"rollout": {"strategy": "rolling"}},
        ["rollout.strategy: got 'rolling', expected one of all_at_once, canary"],
    ),
    # How long a request may take.
    (
        {},
        {"request_timeout_seconds": 61},
        ["request_timeout_seconds: got 61, expected at most 60: SageMaker itself ends a real-time or serverless"],
    ),
    (
        {"serverless": {}},
        {"request_timeout_seconds": 61},
        ["request_timeout_seconds: got 61, expected at most 60: SageMaker itself ends a real-time or serverless"],
    ),
    ({"asynchronous": {}}, {"request_timeout_seconds": 3601}, ["request_timeout_seconds: got 3601, expected 1 to 36"]),
    # Serverless endpoints.
    (
        {"serverless": {}, **ALARM},
        {"rollout": {"strategy": "canary"}},
        ["rollout.strategy: got 'canary', expected all_at_once: serverless inference has no instances"],
    ),
    (
        {"serverless": {}},
        {"replicas_min": 2},
        [
            "replicas_min: got 2, expected sagemaker.serverless.max_concurrency: serverless inference has no instances",
        ],
    ),
    (
        {"serverless": {"max_concurrency": 2, "provisioned_concurrency": 3}},
        {},
        ["sagemaker.serverless.provisioned_concurrency: got 3, expected at most max_concurrency (2)"],
    ),
    ({"serverless": {"memory_mib": 1500}}, {}, ["sagemaker.serverless.memory_mib: got 1500, expected 1024, 2048"]),
    ({"serverless": {}, "alarms": {}}, {}, ["sagemaker.alarms: got {}, expected at least one of latency_p99_mill"]),
    # Machines.
    (
        {"instance_type": "ml.m5.lrage"},
        {},
        ["sagemaker.instance_type: got 'ml.m5.lrage', expected an instance type for endpoints in eu-west-1"],
    ),
    (
        {"instance_type": "ml.t2.medium"},
        {"replicas_max": 3},
        ["sagemaker.instance_type: got 'ml.t2.medium', expected an instance type that is not burstable"],
    ),
    (
        {"shadow": {**SHADOW, "instance_type": "ml.inf1.xlarge"}},
        {},
        ["sagemaker.shadow.instance_type: got 'ml.inf1.xlarge', expected another instance type beside"],
    ),
    (
        {"inference_ami_version": GPU_IMAGE},
        {},
        ["sagemaker.inference_ami_version: got", "none for ml.m5.large: this image is for an instance type with a GPU"],
    ),
    (
        {"inference_ami_version": GPU_IMAGE, "instance_type": "ml.inf2.xlarge"},
        {},
        ["sagemaker.inference_ami_version: got", "none for ml.inf2.xlarge"],
    ),
    (
        {"inference_ami_version": "al2-ami-sagemaker-inference-neuron-2", "instance_type": "ml.inf1.xlarge"},
        {},
        ["none for ml.inf1.xlarge: this image is for an instance type with Inferentia2 or Trainium"],
    ),
    (
        {
            "inference_ami_version": GPU_IMAGE,
            "instance_type": "ml.g5.xlarge",
            "shadow": {**SHADOW, "instance_type": "ml.m5.large"},
        },
        {},
        ["sagemaker.inference_ami_version: got", "none for ml.m5.large"],
    ),
    (
        {"inference_ami_version": "al2-gpu"},
        {},
        ["sagemaker.inference_ami_version: got 'al2-gpu', expected one of al2-ami-sagemaker-inference-gpu-2, "],
    ),
    (
        {"model_data_download_timeout_seconds": 30},
        {},
        ["sagemaker.model_data_download_timeout_seconds: got 30, expected 60 to 3600"],
    ),
    (
        {"container_startup_health_check_timeout_seconds": 3000},
        {},
        ["got 3000, expected at most rollout_timeout_seconds (1800), after which the rollout is over"],
    ),
    (
        {"serverless": {"memory_mib": 3072}},
        {"model_cache_gib": 3},
        ["model_cache_gib: got 3, expected less than the 3072 MiB of the container", "sagemaker.serverless.memory_mib"],
    ),
    (
        {"instance_type": "ml.g5.xlarge"},
        {"model_cache_gib": 24},
        ["model_cache_gib: got 24, expected less than the 22888 MiB of ml.g5.xlarge"],
    ),
    ({}, {"replicas_min": 4, "replicas_max": 2}, ["replicas_min: got 4, expected at most replicas_max (2)"]),
    # Single values.
    (
        {},
        {"image": "example.com/serving:latest"},
        ["image: got 'example.com/serving:latest', expected an image in ECR"],
    ),
    ({}, {"image": ELSEWHERE}, ["image: got", "expected an image in the ECR of region eu-west-1, where it runs"]),
    (
        {"shadow": {**SHADOW, "image": ELSEWHERE}},
        {},
        ["sagemaker.shadow.image: got", "expected an image in the ECR of region eu-west-1"],
    ),
    ({}, {"model": {"version": "7"}}, ["model.digest: got nothing"]),
    ({}, {"model": {"version": "latest", "digest": DIGEST}}, ["model.version: got 'latest'"]),
    ({"shadow": {}}, {}, ["sagemaker.shadow.model: got nothing"]),
    (
        {"shadow": {**SHADOW, "sampling_percent": 0}},
        {},
        ["sagemaker.shadow.sampling_percent: got 0, expected 1 to 100"],
    ),
    ({"region": "eu-wets-1"}, {}, ["sagemaker.region: got 'eu-wets-1'", "did you mean eu-west-1?"]),
    ({"account_id": "1234"}, {}, ["sagemaker.account_id: got '1234'"]),
    ({"namespace": "flights-" * 5 + "dev"}, {}, ["name: got", "at most 43 characters"]),
    (
        {"alarms": {"topic_arns": ["arn:aws:sns:us-east-1:123456789012:alarms"]}},
        {},
        ["sagemaker.alarms.topic_arns[0]: got", "expected an ARN of region eu-west-1"],
    ),
    ({"alarms": {"server_error_percent": 100}}, {}, ["sagemaker.alarms.server_error_percent: got 100, expected more"]),
    (
        {"alarms": {"latency": 5}},
        {},
        ["sagemaker.alarms.latency: got an unknown key, expected one of client"],
    ),
    ({"subnet_ids": ["subnet-01234567"]}, {}, ["sagemaker.security_group_ids: got nothing"]),
    (
        {"superseded_configurations_kept": -1},
        {},
        ["sagemaker.superseded_configurations_kept: got -1, expected 0 to 20"],
    ),
    (
        {"kms_key_arn": KEY, "shadow": {**SHADOW, "instance_type": "ml.g5.xlarge"}},
        {},
        ["sagemaker.shadow.instance_type: got 'ml.g5.xlarge', expected an instance type without local"],
    ),
    (
        {"kms_key_arn": KEY, "instance_type": "ml.m5d.large", "shadow": {**SHADOW, "instance_type": "ml.m5.large"}},
        {},
        ["sagemaker.shadow.instance_type: got 'ml.m5.large', expected an instance type with local NVMe"],
    ),
    ({}, {"kubernetes": {}}, ["kubernetes: got an unknown key, expected one of"]),
    ({}, {"registry_url": "http://mlflow:5000"}, ["registry_url: got"]),
]


@pytest.mark.parametrize(("sagemaker", "changes", "texts"), BAD)
def test_refuses(sagemaker: dict[str, Any], changes: dict[str, Any], texts: list[str]) -> None:
    (problem,) = problems(sagemaker, changes)
    for text in texts:
        assert text in problem


# Arguments that are right by themselves, by their paths.
RIGHT: dict[str, Any] = {
    "serverless": {},
    "asynchronous": {},
    "shadow": SHADOW,
    "payloads": {},
    "subnet_ids": NETWORK["subnet_ids"],
    "instance_type": "ml.m5.large",
    "invocations_per_instance_target": 100,
    "scale_in_cooldown_seconds": 60,
    "scale_out_cooldown_seconds": 60,
    "model_data_download_timeout_seconds": 600,
    "container_startup_health_check_timeout_seconds": 600,
    "inference_ami_version": GPU_IMAGE,
    "alarms.model_errors_max": 1,
}


@pytest.mark.parametrize(("one", "other", "reason"), EXCLUSIONS)
def test_refuses_what_does_not_go_together(one: str, other: str, reason: str) -> None:
    sagemaker: dict[str, Any] = {}
    changes: dict[str, Any] = {}
    for path in (one, other):
        key, _, inner = path.removeprefix("sagemaker.").partition(".")
        value = RIGHT[path.removeprefix("sagemaker.")]
        place = sagemaker if path.startswith("sagemaker.") else changes
        place[key] = {inner: value} if inner else value
    if "subnet_ids" in sagemaker:
        sagemaker |= NETWORK
    (problem,) = problems(sagemaker, changes)
    assert problem.startswith(f"{other}: got ")
    assert f"expected nothing beside {one}: {reason}, fix: remove one of the two" in problem


@pytest.mark.parametrize(
    ("key", "value", "fix"),
    [
        ("redacted_features", ["origin"], "remove payloads: nothing is stored then"),
        ("text_characters_max", 100, "remove it"),
        ("record_bytes_max", 1000, "remove it"),
        ("retention_days", 30, "set run_retention_days of the storage"),
    ],
)
def test_refuses_what_data_capture_cannot_do(key: str, value: object, fix: str) -> None:
    (problem,) = problems({}, {"payloads": {key: value}})
    assert problem.startswith(f"payloads.{key}: got ")
    assert "expected nothing on SageMaker: " in problem
    assert fix in problem


def test_tells_everything_that_is_wrong_at_once() -> None:
    found = problems(
        {"asynchronous": {}, "shadow": SHADOW, "instance_type": "ml.nothing.large", "kms_key_arn": "alias/key"},
        {"image": "serving:latest", "rollout": {"strategy": "canary"}, "replicas_max": 0},
    )
    assert sorted(problem.partition(":")[0] for problem in found) == [
        "image",
        "replicas_max",
        "replicas_min",
        "rollout.strategy",
        "sagemaker.instance_type",
        "sagemaker.kms_key_arn",
        "sagemaker.shadow",
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: arguments(image=pulumi.Output.from_input("serving:latest")),
        lambda: arguments(model={"version": pulumi.Output.from_input("newest"), "digest": DIGEST}),
        lambda: arguments({"bucket_name": pulumi.Output.from_input("s3://bucket")}),
    ],
)
def test_fails_when_an_output_turns_out_wrong(wrong: Callable[[], Any]) -> None:
    with pytest.raises(ValueError, match=r"SageMakerEndpoint 'flight-delay': 1 problem"):
        declare(lambda: SageMakerEndpoint("flight-delay", wrong()) and None)
