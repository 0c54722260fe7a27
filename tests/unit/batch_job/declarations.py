"""Batches on both targets as tests declare them."""

import json
from typing import Any

from pulumi_mlops import KubernetesBatchJob, KubernetesBatchJobArgs, SageMakerBatchJob, SageMakerBatchJobArgs
from tests.recording import Declaration, declare

NAME = "flight-delay-batch"
ACCOUNT = "123456789012"
DIGEST = "sha256:" + "a" * 64
MODEL = {"version": "7", "digest": DIGEST}
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
IMAGE = "localhost/pulumi-mlops/pipeline:0123456789abcdef"
ECR_IMAGE = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/mlops/pipeline@sha256:" + "b" * 64
TABLES = {"input": "s3://flights/new", "output": "s3://scores/flights"}
SAGEMAKER = {
    "account_id": ACCOUNT,
    "region": "eu-west-1",
    "namespace": "flights-dev",
    "bucket_name": f"flights-dev-{ACCOUNT}-eu-west-1",
    "model_package_group": "flights-dev-flight-delay",
}


def on_kubernetes(**changes: Any) -> Declaration:
    """Declare a batch; settings that Kubernetes alone has may stand beside the others."""
    own = KubernetesBatchJobArgs.__annotations__
    there = {key: value for key, value in changes.items() if key not in own}
    args: Any = {
        **TABLES,
        "image": IMAGE,
        "registry_url": "http://mlflow.flights-dev.svc:5000",
        "model_name": "flight-delay",
        "model": MODEL,
        "kubernetes": {"namespace": "flights-dev", **there},
        **{key: value for key, value in changes.items() if key in own},
    }
    given = {key: value for key, value in args.items() if value is not None}

    def program() -> object:
        batch = KubernetesBatchJob(NAME, given)  # type: ignore[arg-type]
        return {"batch_name": batch.batch_name, "status": batch.status}

    return declare(program)


def on_sagemaker(**changes: Any) -> Declaration:
    """Declare a batch; settings that SageMaker alone has may stand beside the others."""
    own = SageMakerBatchJobArgs.__annotations__
    there = {key: value for key, value in changes.items() if key not in own}
    args: Any = {
        **TABLES,
        "image": ECR_IMAGE,
        "model_name": "flight-delay",
        "model": MODEL,
        "sagemaker": {**SAGEMAKER, **there},
        **{key: value for key, value in changes.items() if key in own},
    }
    given = {key: value for key, value in args.items() if value is not None}

    def program() -> object:
        batch = SageMakerBatchJob(NAME, given)  # type: ignore[arg-type]
        return {"batch_name": batch.batch_name, "status": batch.status}

    return declare(program)


def definition(declaration: Declaration) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(declaration.one("Pipeline").inputs["pipelineDefinition"])
    return document


def policy(declaration: Declaration, role: str) -> dict[str, Any]:
    """The statements of a role by name."""
    names = (f"{NAME}-{role}", f"{NAME}-{role}-network-and-keys")
    policies = [
        one.inputs["policy"] for one in declaration.resources if one.type.endswith(":RolePolicy") and one.name in names
    ]
    return {statement["Sid"]: statement for found in policies for statement in json.loads(found)["Statement"]}
