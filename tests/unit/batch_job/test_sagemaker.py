import json
from typing import Any

import pytest

from mlops_runtime.sagemaker.batch import MODEL_INPUT
from pulumi_mlops import ArgumentsError
from tests import sagemaker_documents, sagemaker_shapes
from tests.policies import findings
from tests.unit.batch_job.declarations import ACCOUNT, DIGEST, ECR_IMAGE, KEY, NAME, definition, on_sagemaker, policy

AWS_NAME = f"flights-dev-{NAME}"
COMPONENT = f"mlops:index:SageMakerBatchJob::{NAME}"
EVERYTHING: dict[str, Any] = {
    "schedule": "30 5 * * *",
    "key_columns": ["flight_id"],
    "format": "csv",
    "kms_key_arn": KEY,
    "data_kms_key_arns": [KEY.replace("1234abcd", "2234abcd")],
    "model_data_kms_key_arn": KEY.replace("1234abcd", "3234abcd"),
    "subnet_ids": ["subnet-0a1b2c3d"],
    "security_group_ids": ["sg-0a1b2c3d"],
    "permissions_boundary_arn": f"arn:aws:iam::{ACCOUNT}:policy/boundary",
    "tags": {"owner": "team-flights"},
}


def job(**changes: Any) -> dict[str, Any]:
    (step,) = definition(on_sagemaker(**changes))["Steps"]
    found: dict[str, Any] = step["Arguments"]
    return found


def test_declares_exactly_these_children() -> None:
    declaration = on_sagemaker(schedule="30 5 * * *")
    roles = [f"{NAME}-{role}" for role in ("execution", "job", "schedule")]
    assert declaration.children() == [
        *(("aws:iam/role:Role", role, COMPONENT) for role in roles),
        *(("aws:iam/rolePolicy:RolePolicy", role, COMPONENT) for role in roles),
        ("aws:sagemaker/pipeline:Pipeline", NAME, COMPONENT),
        ("aws:scheduler/schedule:Schedule", NAME, COMPONENT),
        ("mlops:index:SageMakerBatchJob", NAME, ""),
        ("pulumi-python:dynamic/mlops:PinnedModelPackage", f"{NAME}-package", COMPONENT),
    ]
    assert declaration.result == {"batch_name": AWS_NAME, "status": "ready"}


def test_without_a_schedule_nothing_starts_it() -> None:
    assert "Schedule" not in on_sagemaker().kinds()


def test_without_a_model_stand_the_roles() -> None:
    declaration = on_sagemaker(model=None, schedule="30 5 * * *")
    assert declaration.kinds() == {"Role", "RolePolicy", "SageMakerBatchJob"}
    assert declaration.result == {"batch_name": "", "status": "waiting-for-model"}


@pytest.mark.parametrize("changes", [{}, EVERYTHING])
def test_has_the_form_that_aws_asks_for(changes: dict[str, Any]) -> None:
    declaration = on_sagemaker(**changes)
    assert sagemaker_documents.problems(definition(declaration)) == []
    inputs = declaration.one("Pipeline").inputs
    request = {key[0].upper() + key[1:]: value for key, value in inputs.items() if key != "tags"}
    request["ClientRequestToken"] = "0" * 32
    assert sagemaker_shapes.problems(sagemaker_shapes.request_shape("CreatePipeline"), request, "") == []


@pytest.mark.parametrize("changes", [{}, EVERYTHING])
def test_its_roles_allow_nothing_beyond_what_they_name(changes: dict[str, Any]) -> None:
    assert findings(on_sagemaker(**changes).resources) == []


def test_the_version_is_looked_up_before_anything_is_made_of_it() -> None:
    declaration = on_sagemaker()
    package = declaration.one("PinnedModelPackage")
    assert package.inputs["digest"] == DIGEST
    assert package.inputs["package_arn"].endswith("model-package/flights-dev-flight-delay/7")
    assert f"{package.type}::{package.name}" in declaration.one("Pipeline").depends_on
    (given,) = job()["ProcessingInputs"]
    assert given["S3Input"]["S3Uri"] == package.inputs["model_data_url"]
    assert given["S3Input"]["LocalPath"].rpartition("/")[2] == MODEL_INPUT


def test_the_job_scores_with_the_pinned_digest() -> None:
    application = job(**EVERYTHING)["AppSpecification"]
    words = application["ContainerArguments"]
    assert application["ImageUri"] == ECR_IMAGE
    assert words[words.index("--digest") + 1] == DIGEST
    assert words[words.index("--input") + 1] == {"Get": "Parameters.Input"}
    assert words[words.index("--key-column") + 1] == "flight_id"
    parameters = {each["Name"]: each["DefaultValue"] for each in definition(on_sagemaker())["Parameters"]}
    assert parameters == {"Input": "s3://flights/new", "Output": "s3://scores/flights"}


def test_network_keys_and_tags_reach_the_job() -> None:
    found = job(**EVERYTHING)
    assert found["NetworkConfig"] == {
        "EnableNetworkIsolation": False,
        "VpcConfig": {"SecurityGroupIds": ["sg-0a1b2c3d"], "Subnets": ["subnet-0a1b2c3d"]},
    }
    assert found["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"] == KEY
    assert {"Key": "owner", "Value": "team-flights"} in found["Tags"]
    assert (
        "VolumeKmsKeyId"
        not in job(kms_key_arn=KEY, instance_type="ml.g4dn.xlarge")["ProcessingResources"]["ClusterConfig"]
    )


def test_the_job_may_touch_its_tables_and_its_model_and_nothing_else() -> None:
    statements = policy(on_sagemaker(**EVERYTHING), "job")
    assert statements["ReadInput"]["Resource"] == ["arn:aws:s3:::flights/new", "arn:aws:s3:::flights/new/*"]
    assert statements["ReadInputList"]["Condition"] == {"StringLike": {"s3:prefix": ["new", "new/*"]}}
    assert statements["WriteOutput"]["Resource"] == ["arn:aws:s3:::scores/flights", "arn:aws:s3:::scores/flights/*"]
    assert "s3:PutObject" in statements["WriteOutput"]["Action"]
    assert statements["ReadModels"]["Resource"][0].endswith("/models/flights-dev-flight-delay/*")
    written = [sid for sid, one in statements.items() if "s3:PutObject" in one["Action"]]
    assert written == ["WriteOutput"]
    started = policy(on_sagemaker(**EVERYTHING), "execution")["RunJobs"]
    assert started["Resource"] == [f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:processing-job/pipelines-*"]


def test_the_schedule_starts_the_pipeline_and_nothing_else() -> None:
    declaration = on_sagemaker(schedule="30 5 * * *")
    target = declaration.one("Schedule").inputs["target"]
    arn = f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:pipeline/{AWS_NAME}"
    assert target["arn"] == arn
    assert policy(declaration, "schedule")["StartPipeline"]["Resource"] == [arn]
    assert declaration.one("Schedule").inputs["scheduleExpression"] == "cron(30 5 * * ? *)"


def test_the_same_arguments_give_the_same_bytes() -> None:
    first, second = (
        json.dumps(definition(on_sagemaker(**dict(items))))
        for items in (EVERYTHING.items(), reversed(EVERYTHING.items()))
    )
    assert first == second


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"input": "pvc://flights/new"}, "input: got 'pvc://flights/new', expected a location on S3"),
        ({"output": "s3://scores/" + "a" * 250}, "expected at most 256 characters"),
        ({"schedule": "0 4 1 * 1"}, "schedule: got '0 4 1 * 1'"),
        ({"key_columns": [f"c{number}" for number in range(41)]}, "key_columns: got '41 columns', expected at most 40"),
        ({"instance_type": "ml.g4dn.xlarge", "volume_gib": 1000}, "sagemaker.volume_gib: got 1000, expected at most"),
        ({"data_kms_key_arns": ["alias/mine"]}, "sagemaker.data_kms_key_arns[0]: got 'alias/mine'"),
        ({"image": "localhost/mine:0123456789abcdef"}, "image: got"),
    ],
)
def test_fails_when_arguments_are_wrong(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ArgumentsError) as caught:
        on_sagemaker(**changes)
    assert told in str(caught.value)
