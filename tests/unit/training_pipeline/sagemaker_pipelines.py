"""A training pipeline on SageMaker as tests declare it."""

import json
from typing import Any

from flight_delay.graph import GRAPH
from pulumi_mlops.training_pipeline.args import SageMakerTrainingPipelineArgs
from pulumi_mlops.training_pipeline.sagemaker.component import SageMakerTrainingPipeline
from tests.recording import Declaration, declare
from tests.unit.training_pipeline.plans import ACCOUNT, DIGEST, IMAGE, KEY, SERVING_IMAGE

NAME = "flight-delay-pipeline"
AWS_NAME = f"flights-dev-{NAME}"
COMPONENT = f"mlops:index:SageMakerTrainingPipeline::{NAME}"
BUCKET = f"flights-dev-{ACCOUNT}-eu-west-1"
SAGEMAKER = {
    "account_id": ACCOUNT,
    "region": "eu-west-1",
    "namespace": "flights-dev",
    "bucket_name": BUCKET,
    "model_package_group": "flights-dev-flight-delay",
    "serving_image": SERVING_IMAGE,
}
NETWORK = {"subnet_ids": ["subnet-0a1b2c3d"], "security_group_ids": ["sg-0a1b2c3d"]}
EVERYTHING: dict[str, Any] = {
    "schedule": "0 4 * * 1",
    "parameters": {"horizon_days": 7, "learning_rate": 1, "train_from": "2013-02"},
    "gate": {"metric": "mae_minutes", "max": 13.0},
    "champion": {"version": "7", "digest": DIGEST},
    "workspace_gib": 10,
    "run_timeout_seconds": 600,
    "tags": {"owner": "team-flights"},
    "instance_types": {"train": "ml.m5.4xlarge", "features": "ml.m5.xlarge"},
    "cache_days": 7,
    "data_s3_uris": ["s3://flights-raw/2013/", "s3://weather"],
    "permissions_boundary_arn": f"arn:aws:iam::{ACCOUNT}:policy/boundary",
    "kms_key_arn": KEY,
    **NETWORK,
}


def arguments(**changes: Any) -> SageMakerTrainingPipelineArgs:
    """Arguments with some changed; those that SageMaker alone has may stand beside the others."""
    own = SageMakerTrainingPipelineArgs.__annotations__
    there = {key: value for key, value in changes.items() if key not in own}
    args: Any = {
        "graph": GRAPH.to_document(),
        "image": IMAGE,
        "environment": "dev",
        "model_name": "flight-delay",
        "sagemaker": {**SAGEMAKER, **there},
        **{key: value for key, value in changes.items() if key in own},
    }
    checked: SageMakerTrainingPipelineArgs = args
    return checked


def pipeline(**changes: Any) -> Declaration:
    return declare(lambda: SageMakerTrainingPipeline(NAME, arguments(**changes)).pipeline_name)


def text(declaration: Declaration) -> str:
    definition = declaration.one("Pipeline").inputs["pipelineDefinition"]
    assert isinstance(definition, str)
    return definition


def definition(**changes: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text(pipeline(**changes)))
    return document


def policy(declaration: Declaration, role: str) -> dict[str, Any]:
    """The statements of a role by name."""
    names = (f"{NAME}-{role}", f"{NAME}-{role}-network-and-keys")
    policies = [
        one.inputs["policy"] for one in declaration.resources if one.type.endswith(":RolePolicy") and one.name in names
    ]
    return {statement["Sid"]: statement for policy in policies for statement in json.loads(policy)["Statement"]}


def trust(declaration: Declaration, role: str) -> Any:
    (statement,) = json.loads(declaration.one("Role", f"{NAME}-{role}").inputs["assumeRolePolicy"])["Statement"]
    return statement


def changed_graph(**steps: dict[str, Any]) -> dict[str, Any]:
    """The graph with some keys of some steps changed."""
    document: dict[str, Any] = GRAPH.to_document()
    return {**document, "steps": [{**each, **steps.get(each["name"], {})} for each in document["steps"]]}
