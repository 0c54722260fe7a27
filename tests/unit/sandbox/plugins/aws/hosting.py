"""A model and what it is served by, for several tests."""

from typing import Any

from tests.unit.sandbox.plugins.aws.stack import ACCOUNT, REGION

MODEL = "aws:sagemaker/model:Model"
CONFIGURATION = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"

IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/serving@sha256:{'a' * 64}"
VARIANT = {"variantName": "main", "modelName": "flights", "instanceType": "ml.m5.large", "initialInstanceCount": 1}
A_MODEL: dict[str, Any] = {
    "name": "flights",
    "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/serving",
    "primaryContainer": {"image": IMAGE},
}
