"""Feature stores as tests declare them."""

from typing import Any

from flight_delay.feature_definitions import FEATURES
from pulumi_mlops import (
    KubernetesFeatureStore,
    KubernetesFeatureStoreArgs,
    SageMakerFeatureStore,
    SageMakerFeatureStoreArgs,
)
from tests.recording import Declaration, declare

NAME = "flights"
IMAGE = "localhost/pulumi-mlops/feature_store:0123456789abcdef"
ACCOUNT = "123456789012"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ECR_IMAGE = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/mlops/pipeline@sha256:" + "b" * 64
SAGEMAKER = {
    "account_id": ACCOUNT,
    "region": "eu-west-1",
    "namespace": "flights-dev",
    "bucket_name": f"flights-dev-{ACCOUNT}-eu-west-1",
    "image": ECR_IMAGE,
}
SOURCES = {"weather_v1": "s3://flights/weather", "punctuality_v1": "s3://flights/punctuality"}
REDIS_IMAGE = "localhost/pulumi-mlops/redis:0123456789abcdef"


def on_kubernetes(**changes: Any) -> Declaration:
    """Declare a store; settings that Kubernetes alone has may stand beside the others."""
    own = KubernetesFeatureStoreArgs.__annotations__
    there = {key: value for key, value in changes.items() if key not in own}
    args: Any = {
        "definition": FEATURES.document(),
        "kubernetes": {"namespace": "flights-dev", "image": IMAGE, "online_store_image": REDIS_IMAGE, **there},
        **{key: value for key, value in changes.items() if key in own},
    }

    def program() -> object:
        return KubernetesFeatureStore(NAME, args).outputs()

    return declare(program)


def on_sagemaker(*, preview: bool = False, **changes: Any) -> Declaration:
    """Declare a store; settings that SageMaker alone has may stand beside the others."""
    own = SageMakerFeatureStoreArgs.__annotations__
    there = {key: value for key, value in changes.items() if key not in own}
    args: Any = {
        "definition": FEATURES.document(),
        "sources": SOURCES,
        "sagemaker": {**SAGEMAKER, **there},
        **{key: value for key, value in changes.items() if key in own},
    }

    def program() -> object:
        return SageMakerFeatureStore(NAME, args).outputs()

    return declare(program, preview=preview)
