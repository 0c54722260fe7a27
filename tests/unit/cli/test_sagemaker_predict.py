"""`mlops predict` against an offline AWS whose endpoint answers at once, or by way of S3."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError

from pulumi_mlops._shared.aws import client as aws
from pulumi_mlops._shared.aws.client import AwsError
from pulumi_mlops.cli.sagemaker import predict
from pulumi_mlops.cli.stacks import Place
from pulumi_mlops.stack.file import read_document
from pulumi_mlops.stack.validate import validate
from tests.moto_account import IMAGE, MODEL_DATA, REGION, ROLE
from tests.offline_aws import served

ENDPOINT = "flights-own-flight-delay"
BUCKET = "flights-own-444444444444-eu-west-1"
STACK = Path(__file__).parents[2] / "golden/pinned_aws/Pulumi.own-aws.yaml"
ASYNCHRONOUS = "asynchronous: {}"
REAL_TIME = "instance_type: ml.m5.large"


class Server:
    """A model that predicts a number for each row, and takes no row that is empty."""

    def invoke(self, body: bytes, _headers: Mapping[str, str]) -> httpx.Response:
        rows = json.loads(body)["instances"]
        if not all(rows):
            return httpx.Response(400, text="an empty row")
        return httpx.Response(200, json={"predictions": [float(len(row)) for row in rows]})


@pytest.fixture
def account(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with served(tmp_path_factory.mktemp("offline-aws")) as url:
        from sandbox.aws import hosting  # noqa: PLC0415 - changes moto

        monkeypatch.setattr(hosting, "_server", lambda *_: Server())
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "offline")
        boto3.client("s3", region_name=REGION).create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        yield boto3.client("sagemaker", region_name=REGION)
        httpx.post(f"{url}/moto-api/reset")


def serve(account: Any, **more: Any) -> None:
    account.create_model(
        ModelName="m", PrimaryContainer={"Image": IMAGE, "ModelDataUrl": MODEL_DATA}, ExecutionRoleArn=ROLE
    )
    variant = {"VariantName": "main", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    account.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant], **more)
    account.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName="c")


def serve_asynchronously(account: Any) -> None:
    output = {f"S3{kind}Path": f"s3://{BUCKET}/async/{ENDPOINT}/{kind.lower()}s" for kind in ("Output", "Failure")}
    serve(account, AsyncInferenceConfig={"OutputConfig": output})


def place(tmp_path: Path, settings: str = REAL_TIME) -> Place:
    before, _, _ = STACK.read_text().partition("          shadow:")
    before = before.replace("        payloads: {sampling_percent: 10}\n", "")
    file = tmp_path / STACK.name
    file.write_text(f"{before}          {settings}\n")
    return Place("own-aws", "flight-delay", validate(read_document(file, "mlops")))


def test_an_endpoint_that_answers_at_once_is_asked_at_once(account: Any, tmp_path: Path) -> None:
    serve(account)
    assert predict.predictions(place(tmp_path), [[1, 2], [3]]) == [2.0, 1.0]


def test_an_answer_is_waited_for_as_long_as_it_may_take(
    account: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(account)
    waited: list[int] = []
    client = aws.client

    def noting(service: str, region: str, *, answer_seconds: int) -> Any:
        waited.append(answer_seconds)
        return client(service, region, answer_seconds=answer_seconds)

    monkeypatch.setattr(aws, "client", noting)
    for settings in (REAL_TIME, f"{REAL_TIME}\n        request_timeout_seconds: 50"):
        predict.predictions(place(tmp_path, settings), [[1]])
    assert waited == [70, 60]
    assert client("sagemaker-runtime", REGION, answer_seconds=70).meta.config.read_timeout == 70


def test_an_asynchronous_endpoint_is_asked_by_way_of_the_bucket(account: Any, tmp_path: Path) -> None:
    serve_asynchronously(account)
    with pytest.raises(ClientError, match="ValidationError"):
        boto3.client("sagemaker-runtime", region_name=REGION).invoke_endpoint(EndpointName=ENDPOINT, Body=b"{}")
    assert predict.predictions(place(tmp_path, ASYNCHRONOUS), [[1, 2], [3]]) == [2.0, 1.0]
    keys = [each["Key"] for each in boto3.client("s3", region_name=REGION).list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert sum(key.startswith(f"async/{ENDPOINT}/requests/") for key in keys) == 1


@pytest.mark.parametrize(("more", "expected"), [("", 900), ("\n        request_timeout_seconds: 1800", 1800)])
def test_an_asynchronous_request_has_the_time_that_the_stack_says(
    account: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str, expected: int
) -> None:
    serve_asynchronously(account)
    asked: dict[str, Any] = {}
    ask = aws.ask

    def noting(client: Any, operation: str, **arguments: Any) -> Any:
        asked[operation] = arguments
        return ask(client, operation, **arguments)

    monkeypatch.setattr(aws, "ask", noting)
    assert predict.predictions(place(tmp_path, ASYNCHRONOUS + more), [[1, 2]]) == [2.0]
    assert asked["invoke_endpoint_async"]["InvocationTimeoutSeconds"] == expected


def test_the_failure_of_an_asynchronous_request_is_told(account: Any, tmp_path: Path) -> None:
    serve_asynchronously(account)
    with pytest.raises(AwsError, match=f"endpoint {ENDPOINT}: got .*an empty row"):
        predict.predictions(place(tmp_path, ASYNCHRONOUS), [[1], []])


def test_an_answer_that_does_not_come_is_not_waited_for_for_ever(
    account: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    serve_asynchronously(account)
    monkeypatch.setattr(predict, "ANSWER_SECONDS", 1)
    monkeypatch.setattr(predict, "_object", lambda *_: None)
    with pytest.raises(AwsError, match=r"got no answer at s3://.* within 1 seconds, expected one, fix: look"):
        predict.predictions(place(tmp_path, ASYNCHRONOUS), [[1]])
