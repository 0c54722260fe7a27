"""The plan of a small pipeline on SageMaker, to be changed by tests."""

from dataclasses import replace
from typing import Any

from pulumi_mlops.training_pipeline.sagemaker.definition import (
    ParameterPlan,
    PipelinePlan,
    StepKind,
    StepPlan,
    compile_pipeline,
)

ACCOUNT = "111122223333"
REGISTRY = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com"
IMAGE = f"{REGISTRY}/flights/pipeline@sha256:{'a' * 64}"
SERVING_IMAGE = f"{REGISTRY}/flights/serving@sha256:{'b' * 64}"
DIGEST = f"sha256:{'c' * 64}"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/0a1b2c3d-1111-2222-3333-444455556666"
CHAMPION_URL = f"s3://flights-dev-111122223333-eu-west-1/models/flights-dev-delay/{'c' * 64}/model.tar.gz"

PLAN = PipelinePlan(
    name="flights-dev-delay",
    graph_reference="delays.graph:GRAPH",
    workload="delay",
    model_name="delay",
    environment="dev",
    steps=(
        StepPlan("ingest", StepKind.PROCESSING, (), "ml.m5.large", "Take the data."),
        StepPlan("train", StepKind.TRAINING, ("ingest",), "ml.m5.xlarge"),
        StepPlan("evaluate", StepKind.PROCESSING, ("ingest", "train"), "ml.m5.large"),
        StepPlan("register", StepKind.REGISTRATION, ("train", "evaluate"), ""),
    ),
    result_step="evaluate",
    gate=None,
    parameters={
        "rate": ParameterPlan("number", 1),
        "month": ParameterPlan("string", "march", choices=("march", "april")),
        "horizon_days": ParameterPlan("integer", 28),
        "is_dry": ParameterPlan("boolean", False),
    },
    image=IMAGE,
    serving_image=SERVING_IMAGE,
    bucket="flights-dev-111122223333-eu-west-1",
    model_data_bucket="flights-dev-111122223333-eu-west-1",
    model_package_group="flights-dev-delay",
    role_arn=f"arn:aws:iam::{ACCOUNT}:role/flights-dev-delay-jobs",
    approval="PendingManualApproval",
    volume_gib=2,
    timeout_seconds=3600,
    cache_days=0,
    retry_attempts=3,
    is_isolated=True,
)
FULL = {
    "gate": {"metric": "mae_minutes", "max": 13},
    "champion": {"version": "7", "digest": DIGEST},
    "kms_key_arn": KEY,
    "model_data_kms_key_arn": KEY,
    "subnet_ids": ("subnet-2", "subnet-1"),
    "security_group_ids": ("sg-1",),
    "is_isolated": False,
    "cache_days": 30,
    "tags": {"owner": "team-flights", "environment": "dev"},
}


def definition(**changes: Any) -> dict[str, Any]:
    """The definition of the plan with some of its fields changed."""
    return compile_pipeline(replace(PLAN, **changes))


def step(document: dict[str, Any], name: str) -> dict[str, Any]:
    """A step of a definition, wherever it stands."""
    condition = [each for each in document["Steps"] if each["Type"] == "Condition"]
    steps = [*document["Steps"], *(each for one in condition for each in one["Arguments"]["IfSteps"])]
    return next(each for each in steps if each["Name"] == name)
