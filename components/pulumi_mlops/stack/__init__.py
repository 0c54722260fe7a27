"""A stack: its configuration, the one place that reads it, and what it declares."""

from pulumi_mlops._shared.model_pin import ModelPin
from pulumi_mlops.endpoint.config import EndpointConfig
from pulumi_mlops.model_registry.config import AccountRegistry, ExistingRegistry, OwnRegistry, Registry
from pulumi_mlops.stack.model import StackConfig
from pulumi_mlops.stack.platform.config import (
    ImagesConfig,
    KubernetesSettings,
    PlatformConfig,
    SageMakerSettings,
    Target,
)
from pulumi_mlops.stack.workload.config import WorkloadConfig
from pulumi_mlops.training_pipeline.config import GateConfig, PipelineConfig, StepResources

__all__ = [
    "AccountRegistry",
    "EndpointConfig",
    "ExistingRegistry",
    "GateConfig",
    "ImagesConfig",
    "KubernetesSettings",
    "ModelPin",
    "OwnRegistry",
    "PipelineConfig",
    "PlatformConfig",
    "Registry",
    "SageMakerSettings",
    "StackConfig",
    "StepResources",
    "Target",
    "WorkloadConfig",
]
