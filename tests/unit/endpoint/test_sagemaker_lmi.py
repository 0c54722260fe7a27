"""AWS's LMI container as an endpoint's server. It has been rendered and checked against AWS's shapes, and not run."""

from typing import Any

import pytest

from mlops_runtime.language_model.contract import VLLM_WEIGHTS
from mlops_runtime.language_model.golden import GOLDEN_FILE_NAME
from pulumi_mlops import ArgumentsError
from pulumi_mlops._shared.aws.model_data import GOLDEN_PROMPTS
from pulumi_mlops.endpoint.sagemaker.lmi.render import WEIGHTS
from tests.aws_inputs import refusals
from tests.unit.endpoint.sagemaker_arguments import DIGEST, IMAGE, REGION, SHADOW
from tests.unit.endpoint.sagemaker_declaration import endpoint

LMI_IMAGE = f"763104351884.dkr.ecr.{REGION}.amazonaws.com/djl-inference@sha256:" + "c" * 64
LMI: dict[str, Any] = {
    "instance_type": "ml.g5.12xlarge",
    "model_data_download_timeout_seconds": 1200,
    "container_startup_health_check_timeout_seconds": 1200,
    "inference_ami_version": "al2-ami-sagemaker-inference-gpu-3-1",
    "lmi": {"image": LMI_IMAGE, "context_tokens": 8192, "sequences_max": 32, "dtype": "bf16"},
}


def test_the_container_is_awss_with_the_options_that_lmi_has() -> None:
    declaration = endpoint(LMI)
    assert refusals(declaration.resources) == []
    container = declaration.one("Model").inputs["primaryContainer"]
    assert container["image"] == LMI_IMAGE
    options = {key: value for key, value in container["environment"].items() if not key.startswith("MLOPS_")}
    assert options == {
        "HF_MODEL_ID": "/opt/ml/model/weights",
        "HF_HUB_OFFLINE": "1",
        "OPTION_ROLLING_BATCH": "vllm",
        "OPTION_DTYPE": "bf16",
        "OPTION_GPU_MEMORY_UTILIZATION": "0.9",
        "TENSOR_PARALLEL_DEGREE": "max",
        "OPTION_TRUST_REMOTE_CODE": "false",
        "OPTION_MAX_MODEL_LEN": "8192",
        "OPTION_MAX_ROLLING_BATCH_SIZE": "32",
    }
    assert WEIGHTS.endswith(f"/{VLLM_WEIGHTS}")
    (variant,) = declaration.one("EndpointConfiguration").inputs["productionVariants"]
    assert variant["instanceType"] == "ml.g5.12xlarge"
    assert variant["modelDataDownloadTimeoutInSeconds"] == 1200
    assert variant["containerStartupHealthCheckTimeoutInSeconds"] == 1200
    assert variant["inferenceAmiVersion"] == "al2-ami-sagemaker-inference-gpu-3-1"
    assert declaration.one("Model").inputs["enableNetworkIsolation"] is True


def test_its_image_is_the_one_that_hosting_is_held_against() -> None:
    assert endpoint(LMI).one("HostingImage").inputs["image"] == LMI_IMAGE
    assert endpoint().one("HostingImage").inputs["image"] == IMAGE


def test_the_endpoint_is_asked_the_golden_prompts_of_the_pinned_digest() -> None:
    truth = endpoint(LMI).one("Endpoint").inputs["truth"]
    folder = f"models/flights-dev-flight-delay/{DIGEST.partition(':')[2]}"
    assert truth == {"bucket": "flights-dev-data", "key": f"{folder}/golden_prompts.json"}
    assert GOLDEN_PROMPTS == GOLDEN_FILE_NAME
    assert "truth" not in endpoint().one("Endpoint").inputs


@pytest.mark.parametrize(
    ("changes", "path", "told"),
    [
        ({"instance_type": "ml.m5.large", "inference_ami_version": None}, "sagemaker.instance_type", "with a GPU"),
        ({"shadow": SHADOW}, "sagemaker.shadow", "nobody sees a shadow variant's answers"),
        ({"asynchronous": {}}, "sagemaker.asynchronous", "golden prompts by InvokeEndpoint"),
        ({"lmi": {"image": "djl-inference:latest"}}, "sagemaker.lmi.image", "ECR"),
        ({"lmi": {"image": LMI_IMAGE, "dtype": "auto"}}, "sagemaker.lmi.dtype", "one of fp16, bf16, fp32"),
        ({"lmi": {"image": LMI_IMAGE, "context_tokens": 8}}, "sagemaker.lmi.context_tokens", "64 to 1048576"),
        ({"lmi": {"image": LMI_IMAGE, "option_x": "1"}}, "sagemaker.lmi.option_x", "an unknown key"),
    ],
)
def test_fails_where_lmi_would_or_could_not_be_asked(changes: dict[str, Any], path: str, told: str) -> None:
    hosting = {key: value for key, value in {**LMI, **changes}.items() if value is not None}
    with pytest.raises(ArgumentsError) as caught:
        endpoint(hosting)
    (problem,) = caught.value.problems
    assert problem.path == path
    assert told in str(problem)


def test_a_serverless_endpoint_has_no_gpu_for_it() -> None:
    with pytest.raises(ArgumentsError, match=r"sagemaker\.serverless: .*serverless inference has no GPUs"):
        endpoint({"serverless": {}, "lmi": {"image": LMI_IMAGE}})
