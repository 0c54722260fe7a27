"""The configuration of a stack: its models, and the one place that reads it."""

from pulumi_mlops.stack.model import StackConfig
from pulumi_mlops.stack.platform.config import (
    Artifacts,
    ExistingRegistry,
    ImagesConfig,
    KubernetesSettings,
    OwnRegistry,
    PlatformConfig,
    Registry,
    RegistryDatabase,
    S3Artifacts,
    Target,
    VolumeArtifacts,
)
from pulumi_mlops.stack.workload.config import (
    EndpointConfig,
    GateConfig,
    ModelPin,
    PipelineConfig,
    ReplicasConfig,
    StepResources,
    WorkloadConfig,
)

__all__ = [
    "Artifacts",
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
    "RegistryDatabase",
    "ReplicasConfig",
    "S3Artifacts",
    "StackConfig",
    "StepResources",
    "Target",
    "VolumeArtifacts",
    "WorkloadConfig",
]
