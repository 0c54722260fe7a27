"""Runs and their logs against an offline AWS that really runs a small pipeline's steps."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from pulumi_mlops.cli.past_run import NoLogError
from pulumi_mlops.cli.registered_version import VersionRefusedError
from pulumi_mlops.cli.runs import Status
from pulumi_mlops.cli.sagemaker.operations import SageMakerOperations
from pulumi_mlops.cli.stacks import Place
from pulumi_mlops.stack.file import read_document
from pulumi_mlops.stack.validate import validate
from tests.moto_account import IMAGE, REGION, ROLE
from tests.offline_aws import served

PIPELINE = "flights-own-flight-delay-pipeline"
GROUP = "flights-own-flight-delay"
BUCKET = "flights-own-444444444444-eu-west-1"
STACK = Path(__file__).parents[2] / "golden/pinned_aws/Pulumi.own-aws.yaml"
DIGEST = "sha256:" + "a" * 64
# What a step of ours leaves: its result beside its output, and lines in its log.
PROGRAM = """
import json, os, pathlib, sys
print("measuring", sys.argv[1])
output = pathlib.Path(os.environ["MLOPS_SAGEMAKER_ROOT"]) / "processing" / "output"
(output / "result.json").write_text(json.dumps({"metrics": {"mae_minutes": float(sys.argv[1]), "odd": None}}))
print("measured")
sys.exit("no such data") if sys.argv[1] == "99" else None
"""


def step(name: str, value: str) -> dict[str, Any]:
    place = {"Std:Join": {"On": "/", "Values": [f"s3://{BUCKET}/runs/{PIPELINE}", EXECUTION, name]}}
    return {
        "Name": name,
        "Type": "Processing",
        "Arguments": {
            "AppSpecification": {"ContainerEntrypoint": ["python", "-c", PROGRAM], "ContainerArguments": [value]},
            "ProcessingOutputConfig": {
                "Outputs": [
                    {
                        "OutputName": "step",
                        "S3Output": {"LocalPath": "/opt/ml/processing/output", "S3Uri": place},
                    }
                ]
            },
        },
    }


EXECUTION = {"Get": "Execution.PipelineExecutionId"}
REGISTER = {
    "Name": "register",
    "Type": "RegisterModel",
    "Arguments": {
        "ModelPackageGroupName": GROUP,
        "ModelApprovalStatus": "PendingManualApproval",
        "InferenceSpecification": {
            "Containers": [{"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/models/a/model.tar.gz"}],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
        "ModelMetrics": {
            "ModelQuality": {
                "Statistics": {
                    "ContentType": "application/json",
                    "S3Uri": {
                        "Std:Join": {
                            "On": "/",
                            "Values": [f"s3://{BUCKET}/runs/{PIPELINE}", EXECUTION, "evaluate", "result.json"],
                        }
                    },
                }
            }
        },
        "CustomerMetadataProperties": {
            "mlops.digest": DIGEST,
            "mlops.execution": EXECUTION,
            "mlops.data_digest": "none",
            "mlops.code_version": "source-1",
            "mlops.gate": "mae_minutes max 13.0",
            "mlops.gate_value": "12.5",
        },
    },
}


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with served(tmp_path_factory.mktemp("offline-aws")) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", url)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "offline")
        boto3.client("s3", region_name=REGION).create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        client = boto3.client("sagemaker", region_name=REGION)
        client.create_model_package_group(ModelPackageGroupName=GROUP)
        yield client
        httpx.post(f"{url}/moto-api/reset")


@pytest.fixture(scope="module")
def operations(account: Any) -> SageMakerOperations:
    return SageMakerOperations(Place("own-aws", "flight-delay", validate(read_document(STACK, "mlops"))))


def follow(account: Any, operations: SageMakerOperations, *steps: dict[str, Any]) -> Any:
    definition = json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": steps})
    named = {"PipelineName": PIPELINE, "PipelineDefinition": definition, "RoleArn": ROLE}
    known = [each["PipelineName"] for each in account.list_pipelines()["PipelineSummaries"]]
    account.update_pipeline(**named) if PIPELINE in known else account.create_pipeline(
        **named, ClientRequestToken="t" * 32
    )
    return operations.follow_run(operations.start_run(), lambda _: None)


@pytest.fixture(scope="module")
def runs(account: Any, operations: SageMakerOperations) -> list[Any]:
    """A run that registered a version, and one that failed."""
    return [
        follow(account, operations, step("evaluate", "12.5"), REGISTER),
        follow(account, operations, step("ingest", "1.5"), step("evaluate", "99")),
    ]


def test_a_followed_run_ends_with_what_it_measured(runs: list[Any]) -> None:
    registered, failed = runs
    assert (registered.status, registered.model_version, registered.model_digest) == (Status.SUCCEEDED, 1, DIGEST)
    assert registered.metrics["mae_minutes"] == 12.5
    assert registered.metrics["odd"] != registered.metrics["odd"]
    assert (failed.status, failed.metrics["mae_minutes"]) == (Status.FAILED, 1.5)


def test_runs_are_listed_with_what_came_of_them(runs: list[Any], operations: SageMakerOperations) -> None:
    failed, registered = operations.past_runs(10)
    assert [run.run for run in (registered, failed)] == [run.name for run in runs]
    assert (registered.status, registered.version, registered.digest) == (Status.SUCCEEDED, 1, DIGEST)
    assert registered.metrics["mae_minutes"] == 12.5
    assert registered.seconds is not None
    assert (failed.status, failed.version) == (Status.FAILED, None)
    assert "no such data" in failed.message
    assert [run.run for run in operations.past_runs(1)] == [failed.run]


def test_a_run_is_read_from_its_jobs_logs(runs: list[Any], operations: SageMakerOperations) -> None:
    name, pieces = operations.log(None, None, follow=False)
    texts = [(piece.step, piece.text) for piece in pieces]
    assert name == runs[1].name
    assert texts[:2] == [("ingest", "measuring 1.5\n"), ("ingest", "measured\n")]
    assert {("evaluate", "measuring 99\n"), ("evaluate", "no such data\n")} < set(texts)
    name, pieces = operations.log(runs[0].name, "evaluate", follow=True)
    assert (name, [piece.text for piece in pieces]) == (runs[0].name, ["measuring 12.5\n", "measured\n"])


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize("follow", [False, True])
def test_an_unknown_run_or_step_names_those_there_are(operations: SageMakerOperations, follow: bool) -> None:
    with pytest.raises(NoLogError, match=r"got the unknown run x, expected one of \w+, \w+, fix: mlops runs"):
        operations.log("x", None, follow=follow)
    with pytest.raises(NoLogError, match="got the unknown step train, expected one of ingest, evaluate"):
        operations.log(None, "train", follow=follow)


@pytest.mark.usefixtures("runs")
def test_versions_come_with_where_they_are_from(operations: SageMakerOperations, runs: list[Any]) -> None:
    (version,) = operations.versions(10)
    assert (version.version, version.digest, version.approval) == (1, DIGEST, "PendingManualApproval")
    assert (version.run, version.data_digest, version.code_version) == (runs[0].name, "", "source-1")
    assert version.metrics["mae_minutes"] == 12.5
    assert version.created_at
    assert operations.version(1).digest == DIGEST


@pytest.mark.usefixtures("runs")
def test_what_the_gate_held_stays_known_without_the_runs_files(operations: SageMakerOperations) -> None:
    s3 = boto3.client("s3", region_name=REGION)
    for entry in s3.list_objects_v2(Bucket=BUCKET, Prefix="runs/")["Contents"]:
        s3.delete_object(Bucket=BUCKET, Key=entry["Key"])
    assert operations.version(1).metrics == {"mae_minutes": 12.5}


@pytest.mark.usefixtures("runs")
def test_a_deleted_version_is_gone_and_its_run_still_says_that_it_was(operations: SageMakerOperations) -> None:
    operations.delete_version(1)
    with pytest.raises(VersionRefusedError, match="got version 1, expected a registered one"):
        operations.version(1)
    assert [(run.version, run.digest) for run in operations.past_runs(10)] == [(None, ""), (1, "")]
