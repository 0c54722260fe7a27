"""An AWS account within this process, for what asks AWS: moto's, with what our tests do there."""

from collections.abc import Mapping
from functools import cached_property
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

    @cached_property
    def autoscaling(self) -> Any:
        """A client of Application Auto Scaling."""
        return boto3.client("application-autoscaling", region_name=REGION)

    @cached_property
    def ecr(self) -> Any:
        """A client of ECR."""
        return boto3.client("ecr", region_name=REGION)

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

    def release(
        self, name: str, *, endpoint: str = ENDPOINT, shadow: bool = False, machine: str = "ml.m5.large", count: int = 1
    ) -> None:
        """Create what a release is made of."""
        tags = [{"Key": "mlops:endpoint", "Value": endpoint}]
        container = {"Image": IMAGE, "ModelDataUrl": MODEL_DATA}
        for model in [name, f"{name}-shadow"] if shadow else [name]:
            self.sagemaker.create_model(ModelName=model, ExecutionRoleArn=ROLE, PrimaryContainer=container, Tags=tags)
        variant = {"ModelName": name, "InstanceType": machine, "InitialInstanceCount": count, "VariantName": "main"}
        more = {"ShadowProductionVariants": [{**variant, "VariantName": "shadow"}]} if shadow else {}
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant], Tags=tags, **more)

    def serve(self, release: str, tags: Mapping[str, str] | None = None) -> None:
        listed = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
        self.sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=release, Tags=listed)

    def becomes(self, **attributes: Any) -> None:
        """Change the endpoint behind everyone's back, by the names that it has in moto."""
        for name, value in attributes.items():
            setattr(sagemaker_backends[ACCOUNT][REGION].endpoints[ENDPOINT], name, value)

    def configurations(self) -> set[str]:
        return {one["EndpointConfigName"] for one in self.sagemaker.list_endpoint_configs()["EndpointConfigs"]}

    def models(self) -> set[str]:
        return {one["ModelName"] for one in self.sagemaker.list_models()["Models"]}

    def machines(self, variant: str = "main") -> int:
        """How many machines a variant of the endpoint has."""
        described = self.sagemaker.describe_endpoint(EndpointName=ENDPOINT)
        every = [*described["ProductionVariants"], *described.get("ShadowProductionVariants", [])]
        (found,) = [one["CurrentInstanceCount"] for one in every if one["VariantName"] == variant]
        return int(found)

    def scaled_to(self, count: int) -> None:
        """What the autoscaler does under load, or when there is none."""
        wanted = [{"VariantName": "main", "DesiredInstanceCount": count}]
        self.sagemaker.update_endpoint_weights_and_capacities(EndpointName=ENDPOINT, DesiredWeightsAndCapacities=wanted)

    def targets(self) -> list[tuple[int, int]]:
        """The bounds of every scalable target."""
        found = self.autoscaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
        return [(one["MinCapacity"], one["MaxCapacity"]) for one in found]

    def target_tags(self) -> dict[str, str]:
        """The tags of the only scalable target."""
        tags: dict[str, str] = self.autoscaling.list_tags_for_resource(ResourceARN=self._target()["ScalableTargetARN"])[
            "Tags"
        ]
        return tags

    def tag_target(self, tags: Mapping[str, str]) -> None:
        """What somebody else adds to the only scalable target."""
        self.autoscaling.tag_resource(ResourceARN=self._target()["ScalableTargetARN"], Tags=dict(tags))

    def suspend_scale_in(self) -> None:
        """What an operator does so that no machine goes for now."""
        target = {key: self._target()[key] for key in ("ServiceNamespace", "ResourceId", "ScalableDimension")}
        state = {
            "DynamicScalingInSuspended": True,
            "DynamicScalingOutSuspended": False,
            "ScheduledScalingSuspended": False,
        }
        self.autoscaling.register_scalable_target(**target, SuspendedState=state)

    def suspended(self) -> dict[str, bool]:
        """What of the only scalable target's scaling is suspended."""
        state: dict[str, bool] = self._target()["SuspendedState"]
        return state

    def _target(self) -> dict[str, Any]:
        (found,) = self.autoscaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
        return dict(found)

    def policies(self) -> list[dict[str, Any]]:
        """Every scaling policy."""
        found: list[dict[str, Any]] = self.autoscaling.describe_scaling_policies(ServiceNamespace="sagemaker")[
            "ScalingPolicies"
        ]
        return found
