"""Typed Pulumi components for machine learning in production."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pulumi_mlops._shared.arguments import ArgumentsError
    from pulumi_mlops._shared.model import ModelPinArgs
    from pulumi_mlops.endpoint.args import (
        AlarmsArgs,
        AsynchronousArgs,
        DataCaptureArgs,
        EndpointArgs,
        KubernetesEndpointArgs,
        RolloutArgs,
        RolloutStrategy,
        SageMakerEndpointArgs,
        SageMakerHostingArgs,
        ServerlessArgs,
        ShadowArgs,
    )
    from pulumi_mlops.endpoint.kubernetes.component import KubernetesEndpoint
    from pulumi_mlops.endpoint.sagemaker.component import SageMakerEndpoint
    from pulumi_mlops.model_registry.args import (
        KubernetesRegistryArgs,
        ModelRegistryArgs,
        RegistryDatabase,
        S3ArtifactsArgs,
        SageMakerModelRegistryArgs,
        SageMakerRegistryArgs,
    )
    from pulumi_mlops.model_registry.kubernetes.component import KubernetesModelRegistry
    from pulumi_mlops.model_registry.sagemaker.component import SageMakerModelRegistry
    from pulumi_mlops.model_registry.sagemaker.storage.args import SageMakerBucketArgs, SageMakerStorageArgs
    from pulumi_mlops.model_registry.sagemaker.storage.component import SageMakerStorage
    from pulumi_mlops.stack.platform.component import Platform
    from pulumi_mlops.stack.workload.component import (
        KubernetesWorkloadArgs,
        Workload,
        WorkloadArgs,
        WorkloadEndpointArgs,
        WorkloadPipelineArgs,
    )
    from pulumi_mlops.stack.workload.sagemaker import (
        SageMakerWorkloadArgs,
        SageMakerWorkloadEndpointArgs,
        SageMakerWorkloadPipelineArgs,
    )
    from pulumi_mlops.training_pipeline.args import (
        GateArgs,
        KubernetesPipelineArgs,
        ModelApproval,
        SageMakerPipelineArgs,
        SageMakerTrainingPipelineArgs,
        StepResourcesArgs,
        TrainingPipelineArgs,
    )
    from pulumi_mlops.training_pipeline.kubernetes.component import KubernetesTrainingPipeline
    from pulumi_mlops.training_pipeline.sagemaker.component import SageMakerTrainingPipeline

__all__ = [
    "AlarmsArgs",
    "ArgumentsError",
    "AsynchronousArgs",
    "DataCaptureArgs",
    "EndpointArgs",
    "GateArgs",
    "KubernetesEndpoint",
    "KubernetesEndpointArgs",
    "KubernetesModelRegistry",
    "KubernetesPipelineArgs",
    "KubernetesRegistryArgs",
    "KubernetesTrainingPipeline",
    "KubernetesWorkloadArgs",
    "ModelApproval",
    "ModelPinArgs",
    "ModelRegistryArgs",
    "Platform",
    "RegistryDatabase",
    "RolloutArgs",
    "RolloutStrategy",
    "S3ArtifactsArgs",
    "SageMakerBucketArgs",
    "SageMakerEndpoint",
    "SageMakerEndpointArgs",
    "SageMakerHostingArgs",
    "SageMakerModelRegistry",
    "SageMakerModelRegistryArgs",
    "SageMakerPipelineArgs",
    "SageMakerRegistryArgs",
    "SageMakerStorage",
    "SageMakerStorageArgs",
    "SageMakerTrainingPipeline",
    "SageMakerTrainingPipelineArgs",
    "SageMakerWorkloadArgs",
    "SageMakerWorkloadEndpointArgs",
    "SageMakerWorkloadPipelineArgs",
    "ServerlessArgs",
    "ShadowArgs",
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
    "stack.workload.sagemaker": (
        "SageMakerWorkloadArgs",
        "SageMakerWorkloadEndpointArgs",
        "SageMakerWorkloadPipelineArgs",
    ),
    "endpoint.args": (
        "AlarmsArgs",
        "AsynchronousArgs",
        "DataCaptureArgs",
        "EndpointArgs",
        "KubernetesEndpointArgs",
        "RolloutArgs",
        "RolloutStrategy",
        "SageMakerEndpointArgs",
        "SageMakerHostingArgs",
        "ServerlessArgs",
        "ShadowArgs",
    ),
    "endpoint.kubernetes.component": ("KubernetesEndpoint",),
    "endpoint.sagemaker.component": ("SageMakerEndpoint",),
    "model_registry.args": (
        "KubernetesRegistryArgs",
        "ModelRegistryArgs",
        "RegistryDatabase",
        "S3ArtifactsArgs",
        "SageMakerModelRegistryArgs",
        "SageMakerRegistryArgs",
    ),
    "model_registry.kubernetes.component": ("KubernetesModelRegistry",),
    "model_registry.sagemaker.component": ("SageMakerModelRegistry",),
    "stack.platform.component": ("Platform",),
    "model_registry.sagemaker.storage.args": (
        "SageMakerBucketArgs",
        "SageMakerStorageArgs",
    ),
    "model_registry.sagemaker.storage.component": ("SageMakerStorage",),
    "training_pipeline.args": (
        "GateArgs",
        "KubernetesPipelineArgs",
        "ModelApproval",
        "SageMakerPipelineArgs",
        "SageMakerTrainingPipelineArgs",
        "StepResourcesArgs",
        "TrainingPipelineArgs",
    ),
    "training_pipeline.kubernetes.component": ("KubernetesTrainingPipeline",),
    "training_pipeline.sagemaker.component": ("SageMakerTrainingPipeline",),
    "stack.workload.component": (
        "KubernetesWorkloadArgs",
        "Workload",
        "WorkloadArgs",
        "WorkloadEndpointArgs",
        "WorkloadPipelineArgs",
    ),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}
# What a target stands on, and the extra that brings it.
_EXTRAS = {"boto3": "sagemaker", "pulumi_aws": "sagemaker", "pulumi_kubernetes": "kubernetes"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = import_module(f"{__name__}.{_HOMES[name]}")
    except ModuleNotFoundError as error:
        if error.name not in _EXTRAS:
            raise
        fix = f"install it with `pip install 'pulumi-mlops[{_EXTRAS[error.name]}]'`"
        raise ImportError(f"{name} needs the package {error.name}, which is not here; {fix}") from error
    return getattr(module, name)


def __dir__() -> list[str]:
    return sorted(__all__)
