"""A language model behind the stand-in of AWS's LMI container, asked its golden prompts by InvokeEndpoint."""

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlops_runtime.artifact import digest_directory
from mlops_runtime.language_model.vllm_packaging import save_vllm_model
from pulumi_mlops._shared.aws.model_data import golden_prompts_location, model_data_url
from pulumi_mlops.dynamic.endpoint_status import EndpointError
from pulumi_mlops.endpoint.sagemaker.lmi.args import LmiDtype
from pulumi_mlops.endpoint.sagemaker.lmi.render import environment
from pulumi_mlops.endpoint.sagemaker.lmi.settings import LmiSettings
from sandbox.aws import hosting
from sandbox.aws.lmi import problem_of
from tests.unit.dynamic.endpoints import NEW, Life, asked
from tests.unit.pipelines.language_model.conftest import PROMPTS
from tests.unit.pipelines.language_model.engines import write_weights
from tests.unit.pipelines.language_model.small_engine import small_engine

REGION = "eu-west-1"
BUCKET = "lmi-models"
GROUP = "flights-dev-flight-delay"
VARIABLES = environment(
    LmiSettings(image="image", context_tokens=256, sequences_max=4, dtype=LmiDtype.BF16, accelerator_memory_percent=90)
)


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("lmi") / "artifact"
    weights = write_weights(directory.parent / "weights")
    with small_engine() as engine:
        save_vllm_model(
            weights, directory, PROMPTS, address=engine.address, name=engine.name, context_tokens=256, golden_tokens=4
        )
    return directory


@pytest.fixture(scope="module", autouse=True)
def no_server_is_left() -> Iterator[None]:
    """The offline AWS of tests lives as long as they do; its models' servers are processes."""
    yield
    hosting.end()


@pytest.fixture
def truth(aws: Any, artifact: Path, offline_aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """A release of LMI's container in the offline AWS, with its model and the golden prompts beside on S3."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "offline")
    monkeypatch.setenv("AWS_ENDPOINT_URL", offline_aws)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    digest = digest_directory(artifact)
    key = golden_prompts_location(GROUP, digest)
    s3, sagemaker = aws("s3"), aws("sagemaker")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    url = model_data_url(BUCKET, GROUP, digest)
    s3.put_object(Bucket=BUCKET, Key=url.split("/", 3)[3], Body=packed(artifact))
    s3.put_object(Bucket=BUCKET, Key=key, Body=(artifact / "golden_prompts.json").read_bytes())
    container = {"Image": "image", "ModelDataUrl": url, "Environment": VARIABLES}
    role = "arn:aws:iam::123456789012:role/endpoint"
    sagemaker.create_model(ModelName=NEW, ExecutionRoleArn=role, PrimaryContainer=container)
    variant = {"VariantName": "main", "ModelName": NEW, "InstanceType": "ml.g4dn.xlarge", "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(EndpointConfigName=NEW, ProductionVariants=[variant])
    yield {"bucket": BUCKET, "key": key}
    sagemaker.delete_endpoint(EndpointName=asked()["endpoint_name"])
    sagemaker.delete_endpoint_config(EndpointConfigName=NEW)
    sagemaker.delete_model(ModelName=NEW)
    for name in (key, url.split("/", 3)[3]):
        s3.delete_object(Bucket=BUCKET, Key=name)
    s3.delete_bucket(Bucket=BUCKET)


def packed(artifact: Path) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as members:
        for path in sorted(artifact.rglob("*")):
            members.add(path, arcname=path.relative_to(artifact).as_posix(), recursive=False)
    return archive.getvalue()


def up(truth: dict[str, str]) -> Life:
    life = Life()
    life.up(asked(machine="ml.g4dn.xlarge", truth=truth))
    return life


def test_an_endpoint_is_asked_its_golden_prompts_once_it_is_in_service(truth: dict[str, str], aws: Any) -> None:
    life = up(truth)
    assert life.outs is not None
    assert life.outs["endpoint_arn"].endswith(f"endpoint/{GROUP}")
    body = json.dumps({"inputs": PROMPTS[0], "parameters": {"max_new_tokens": 3}})
    answer = aws("sagemaker-runtime").invoke_endpoint(EndpointName=GROUP, ContentType="application/json", Body=body)
    assert json.loads(answer["Body"].read())["generated_text"].startswith(" Paris")
    with pytest.raises(ClientError, match="invalid payload"):
        aws("sagemaker-runtime").invoke_endpoint(EndpointName=GROUP, ContentType="application/json", Body=b"{}")


def test_an_answer_that_differs_fails_the_update(truth: dict[str, str], aws: Any) -> None:
    golden = json.loads(aws("s3").get_object(Bucket=truth["bucket"], Key=truth["key"])["Body"].read())
    golden["prompts"][0]["text"] = " Berlin"
    aws("s3").put_object(Bucket=truth["bucket"], Key=truth["key"], Body=json.dumps(golden))
    with pytest.raises(EndpointError) as caught:
        up(truth)
    assert "to 1 of 4 golden prompts ('The capital of France is': got ' Paris" in str(caught.value)
    assert "expected the registered ones, fix: the endpoint serves on as it is" in str(caught.value)
    golden["prompts"][0].update(text=" Paris is here", characters_that_agree=6)
    aws("s3").put_object(Bucket=truth["bucket"], Key=truth["key"], Body=json.dumps(golden))
    assert up(truth).outs is not None


@pytest.mark.parametrize("content", ["{}", "[", '{"prompts": []}'])
def test_golden_prompts_that_are_none_fail_the_update(content: str, truth: dict[str, str], aws: Any) -> None:
    aws("s3").put_object(Bucket=truth["bucket"], Key=truth["key"], Body=content)
    with pytest.raises(EndpointError, match="expected golden prompts"):
        up(truth)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, None),
        ({"HF_MODEL_ID": "/opt/ml/model"}, "expected a folder with config.json"),
        ({"OPTION_ROLLING_BATCH": "own"}, "expected one of auto, vllm"),
        ({"OPTION_DTYPE": "bfloat16"}, "expected one of fp32, fp16, bf16, int8"),
        ({"OPTION_MAX_MODEL_LEN": "many"}, "expected a number"),
    ],
)
def test_the_stand_in_starts_by_the_variables_that_lmi_has(
    changes: dict[str, str], told: str | None, tmp_path: Path
) -> None:
    write_weights(tmp_path / "model" / "weights")
    found = problem_of({**VARIABLES, "MLOPS_SAGEMAKER_ROOT": str(tmp_path), **changes})
    assert found is None if told is None else told in str(found)
