"""Typed Pulumi components for machine learning in production."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pulumi_mlops._shared.arguments import ArgumentsError
    from pulumi_mlops._shared.model import ModelPinArgs
    from pulumi_mlops.endpoint.args import EndpointArgs, KubernetesEndpointArgs
    from pulumi_mlops.endpoint.kubernetes import KubernetesEndpoint
    from pulumi_mlops.model_registry.args import (
        KubernetesRegistryArgs,
        ModelRegistryArgs,
        RegistryDatabase,
        S3ArtifactsArgs,
    )
    from pulumi_mlops.model_registry.kubernetes import KubernetesModelRegistry
    from pulumi_mlops.platform import Platform
    from pulumi_mlops.training_pipeline.args import (
        GateArgs,
        KubernetesPipelineArgs,
        StepResourcesArgs,
        TrainingPipelineArgs,
    )
    from pulumi_mlops.training_pipeline.kubernetes import KubernetesTrainingPipeline
    from pulumi_mlops.workload import (
        KubernetesWorkloadArgs,
        Workload,
        WorkloadArgs,
        WorkloadEndpointArgs,
        WorkloadPipelineArgs,
    )

__all__ = [
    "ArgumentsError",
    "EndpointArgs",
    "GateArgs",
    "KubernetesEndpoint",
    "KubernetesEndpointArgs",
    "KubernetesModelRegistry",
    "KubernetesPipelineArgs",
    "KubernetesRegistryArgs",
    "KubernetesTrainingPipeline",
    "KubernetesWorkloadArgs",
    "ModelPinArgs",
    "ModelRegistryArgs",
    "Platform",
    "RegistryDatabase",
    "S3ArtifactsArgs",
    "StepResourcesArgs",
    "TrainingPipelineArgs",
    "Workload",
    "WorkloadArgs",
    "WorkloadEndpointArgs",
    "WorkloadPipelineArgs",
]

# Imported when first used: the command line and the configuration need no cloud's library.
_MODULES = {
    "_shared.arguments": ("ArgumentsError",),
    "_shared.model": ("ModelPinArgs",),
    "endpoint.args": ("EndpointArgs", "KubernetesEndpointArgs"),
    "endpoint.kubernetes": ("KubernetesEndpoint",),
    "model_registry.args": ("KubernetesRegistryArgs", "ModelRegistryArgs", "RegistryDatabase", "S3ArtifactsArgs"),
    "model_registry.kubernetes": ("KubernetesModelRegistry",),
    "platform": ("Platform",),
    "training_pipeline.args": ("GateArgs", "KubernetesPipelineArgs", "StepResourcesArgs", "TrainingPipelineArgs"),
    "training_pipeline.kubernetes": ("KubernetesTrainingPipeline",),
    "workload": ("KubernetesWorkloadArgs", "Workload", "WorkloadArgs", "WorkloadEndpointArgs", "WorkloadPipelineArgs"),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = import_module(f"{__name__}.{_HOMES[name]}")
    except ModuleNotFoundError as error:
        if error.name != "pulumi_kubernetes":
            raise
        fix = "install it with `pip install 'pulumi-mlops[kubernetes]'`"
        raise ImportError(f"{name} needs the package pulumi_kubernetes, which is not here; {fix}") from error
    return getattr(module, name)


def __dir__() -> list[str]:
    return sorted(__all__)
