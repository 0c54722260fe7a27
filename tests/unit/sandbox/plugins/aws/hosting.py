"""A model and what it is served by, for several tests."""

from typing import Any

from tests.unit.sandbox.plugins.aws.stack import ACCOUNT, REGION, Stack

MODEL = "aws:sagemaker/model:Model"
CONFIGURATION = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
ENDPOINT = "aws:sagemaker/endpoint:Endpoint"

IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/serving@sha256:{'a' * 64}"
VARIANT = {"variantName": "main", "modelName": "flights", "instanceType": "ml.m5.large", "initialInstanceCount": 1}
A_MODEL: dict[str, Any] = {
    "name": "flights",
    "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/serving",
    "primaryContainer": {"image": IMAGE},
}


def serve(stack: Stack) -> None:
    """Brings up an endpoint, and a second configuration for it."""
    stack.up(MODEL, "model", **A_MODEL)
    for name in ("flights-1", "flights-2"):
        stack.up(CONFIGURATION, name, name=name, productionVariants=[VARIANT])
    stack.up(ENDPOINT, name="flights", endpointConfigName="flights-1")
