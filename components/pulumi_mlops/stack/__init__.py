"""A stack: its configuration, the one place that reads it, and what it declares."""

from pulumi_mlops.stack.model import StackConfig
from pulumi_mlops.stack.platform.config import (
    ImagesConfig,
    KubernetesSettings,
    PlatformConfig,
    SageMakerSettings,
    Target,
)
from pulumi_mlops.stack.workload.config import WorkloadConfig

__all__ = [
    "ImagesConfig",
    "KubernetesSettings",
    "PlatformConfig",
    "SageMakerSettings",
    "StackConfig",
    "Target",
    "WorkloadConfig",
]
