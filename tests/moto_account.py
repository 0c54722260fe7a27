"""An AWS account within this process, for what asks AWS: moto's, with what our tests do there."""

from typing import Any

import boto3
from moto.sagemaker.models import sagemaker_backends

ACCOUNT = "123456789012"
REGION = "eu-west-1"
ENDPOINT = "flights-dev-flight-delay"
GROUP = "flights-dev-flight-delay"
GROUP_ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package-group/{GROUP}"
DIGEST = "sha256:" + "a" * 64
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/serving@sha256:" + "b" * 64
MODEL_DATA = f"s3://flights-dev-data/models/{GROUP}/{'a' * 64}/model.tar.gz"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/endpoint"


class Aws:
    """An AWS within this process, and what a person or a pipeline does there."""

    def __init__(self) -> None:
        self.sagemaker = boto3.client("sagemaker", region_name=REGION)

    def register(self, status: str = "Approved", digest: str = DIGEST, data: str = MODEL_DATA) -> str:
        """Register a version, and return its ARN."""
        groups = self.sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]
        if not groups:
            self.sagemaker.create_model_package_group(ModelPackageGroupName=GROUP)
        registered = self.sagemaker.create_model_package(
            ModelPackageGroupName=GROUP,
            ModelApprovalStatus=status,
            InferenceSpecification={
                "Containers": [{"Image": IMAGE, "ModelDataUrl": data}],
                "SupportedContentTypes": ["application/json"],
                "SupportedResponseMIMETypes": ["application/json"],
            },
            CustomerMetadataProperties={"mlops.digest": digest},
        )
        return str(registered["ModelPackageArn"])

    def release(self, name: str, *, endpoint: str = ENDPOINT, shadow: bool = False) -> None:
        """Create what a release is made of."""
        tags = [{"Key": "mlops:endpoint", "Value": endpoint}]
        container = {"Image": IMAGE, "ModelDataUrl": MODEL_DATA}
        for model in [name, f"{name}-shadow"] if shadow else [name]:
            self.sagemaker.create_model(ModelName=model, ExecutionRoleArn=ROLE, PrimaryContainer=container, Tags=tags)
        variant = {"VariantName": "main", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant], Tags=tags)

    def serve(self, release: str) -> None:
        self.sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=release)

    def becomes(self, **attributes: Any) -> None:
        """Change the endpoint behind everyone's back, by the names that it has in moto."""
        for name, value in attributes.items():
            setattr(sagemaker_backends[ACCOUNT][REGION].endpoints[ENDPOINT], name, value)

    def configurations(self) -> set[str]:
        return {one["EndpointConfigName"] for one in self.sagemaker.list_endpoint_configs()["EndpointConfigs"]}

    def models(self) -> set[str]:
        return {one["ModelName"] for one in self.sagemaker.list_models()["Models"]}
