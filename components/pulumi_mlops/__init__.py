"""Typed Pulumi components for machine learning in production."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pulumi_mlops._shared.arguments import ArgumentsError
    from pulumi_mlops._shared.kubernetes.scheduling.args import (
        AcceleratorArgs,
        KubernetesSchedulingArgs,
        TaintEffect,
        TolerationArgs,
        TolerationOperator,
    )
    from pulumi_mlops._shared.model import ModelPinArgs
    from pulumi_mlops._shared.place import KubernetesPlaceArgs, SageMakerPlaceArgs, SageMakerWorkloadPlaceArgs
    from pulumi_mlops.batch_job.args import (
        BatchJobArgs,
        KubernetesBatchArgs,
        KubernetesBatchJobArgs,
        KubernetesBatchJobSettingsArgs,
        SageMakerBatchArgs,
        SageMakerBatchJobArgs,
        SageMakerBatchJobSettingsArgs,
        TableFormat,
    )
    from pulumi_mlops.batch_job.kubernetes.component import KubernetesBatchJob
    from pulumi_mlops.batch_job.sagemaker.component import SageMakerBatchJob
    from pulumi_mlops.endpoint.args import (
        AlarmsArgs,
        AsynchronousArgs,
        DataCaptureArgs,
        EndpointArgs,
        FeaturesUnavailable,
        InferenceAmiVersion,
        KubernetesEndpointArgs,
        KubernetesEndpointSettingsArgs,
        KubernetesServingArgs,
        LookupArgs,
        RolloutArgs,
        RolloutStrategy,
        SageMakerEndpointArgs,
        SageMakerEndpointSettingsArgs,
        SageMakerServingArgs,
        ServerlessArgs,
        ServingAcceleratorArgs,
        ShadowArgs,
    )
    from pulumi_mlops.endpoint.kubernetes.component import KubernetesEndpoint
    from pulumi_mlops.endpoint.sagemaker.component import SageMakerEndpoint
    from pulumi_mlops.feature_store.args import (
        KubernetesFeatureStoreArgs,
        KubernetesFeatureStoreSettingsArgs,
        KubernetesStoreArgs,
        SageMakerFeatureStoreArgs,
        SageMakerFeatureStoreSettingsArgs,
        SageMakerStoreArgs,
    )
    from pulumi_mlops.feature_store.kubernetes.component import KubernetesFeatureStore
    from pulumi_mlops.feature_store.sagemaker.component import SageMakerFeatureStore
    from pulumi_mlops.model_registry.args import (
        KubernetesModelRegistryArgs,
        KubernetesModelRegistrySettingsArgs,
        RegistryDatabase,
        S3ArtifactsArgs,
        SageMakerModelRegistryArgs,
        SageMakerModelRegistrySettingsArgs,
    )
    from pulumi_mlops.model_registry.kubernetes.component import KubernetesModelRegistry
    from pulumi_mlops.model_registry.sagemaker.component import SageMakerModelRegistry
    from pulumi_mlops.model_registry.sagemaker.storage.args import SageMakerStorageArgs, SageMakerStorageSettingsArgs
    from pulumi_mlops.model_registry.sagemaker.storage.component import SageMakerStorage
    from pulumi_mlops.stack.platform.component import Platform
    from pulumi_mlops.stack.program import DeclaredStack, declare_stack
    from pulumi_mlops.stack.workload.args import WorkloadArgs
    from pulumi_mlops.stack.workload.component import Workload
    from pulumi_mlops.training_pipeline.args import (
        GateArgs,
        KubernetesTrainingArgs,
        KubernetesTrainingPipelineArgs,
        KubernetesTrainingPipelineSettingsArgs,
        ModelApproval,
        SageMakerTrainingArgs,
        SageMakerTrainingPipelineArgs,
        SageMakerTrainingPipelineSettingsArgs,
        SpotArgs,
        StepResourcesArgs,
        TrainingPipelineArgs,
    )
    from pulumi_mlops.training_pipeline.kubernetes.component import KubernetesTrainingPipeline
    from pulumi_mlops.training_pipeline.sagemaker.component import SageMakerTrainingPipeline

__all__ = [
    "AcceleratorArgs",
    "AlarmsArgs",
    "ArgumentsError",
    "AsynchronousArgs",
    "BatchJobArgs",
    "DataCaptureArgs",
    "DeclaredStack",
    "EndpointArgs",
    "FeaturesUnavailable",
    "GateArgs",
    "InferenceAmiVersion",
    "KubernetesBatchArgs",
    "KubernetesBatchJob",
    "KubernetesBatchJobArgs",
    "KubernetesBatchJobSettingsArgs",
    "KubernetesEndpoint",
    "KubernetesEndpointArgs",
    "KubernetesEndpointSettingsArgs",
    "KubernetesFeatureStore",
    "KubernetesFeatureStoreArgs",
    "KubernetesFeatureStoreSettingsArgs",
    "KubernetesModelRegistry",
    "KubernetesModelRegistryArgs",
    "KubernetesModelRegistrySettingsArgs",
    "KubernetesPlaceArgs",
    "KubernetesSchedulingArgs",
    "KubernetesServingArgs",
    "KubernetesStoreArgs",
    "KubernetesTrainingArgs",
    "KubernetesTrainingPipeline",
    "KubernetesTrainingPipelineArgs",
    "KubernetesTrainingPipelineSettingsArgs",
    "LookupArgs",
    "ModelApproval",
    "ModelPinArgs",
    "Platform",
    "RegistryDatabase",
    "RolloutArgs",
    "RolloutStrategy",
    "S3ArtifactsArgs",
    "SageMakerBatchArgs",
    "SageMakerBatchJob",
    "SageMakerBatchJobArgs",
    "SageMakerBatchJobSettingsArgs",
    "SageMakerEndpoint",
    "SageMakerEndpointArgs",
    "SageMakerEndpointSettingsArgs",
    "SageMakerFeatureStore",
    "SageMakerFeatureStoreArgs",
    "SageMakerFeatureStoreSettingsArgs",
    "SageMakerModelRegistry",
    "SageMakerModelRegistryArgs",
    "SageMakerModelRegistrySettingsArgs",
    "SageMakerPlaceArgs",
    "SageMakerServingArgs",
    "SageMakerStorage",
    "SageMakerStorageArgs",
    "SageMakerStorageSettingsArgs",
    "SageMakerStoreArgs",
    "SageMakerTrainingArgs",
    "SageMakerTrainingPipeline",
    "SageMakerTrainingPipelineArgs",
    "SageMakerTrainingPipelineSettingsArgs",
    "SageMakerWorkloadPlaceArgs",
    "ServerlessArgs",
    "ServingAcceleratorArgs",
    "ShadowArgs",
    "SpotArgs",
    "StepResourcesArgs",
    "TableFormat",
    "TaintEffect",
    "TolerationArgs",
    "TolerationOperator",
    "TrainingPipelineArgs",
    "Workload",
    "WorkloadArgs",
    "declare_stack",
]

# Imported when first used: the command line and the configuration need no cloud's library.
_MODULES = {
    "_shared.arguments": ("ArgumentsError",),
    "_shared.kubernetes.scheduling.args": (
        "AcceleratorArgs",
        "KubernetesSchedulingArgs",
        "TaintEffect",
        "TolerationArgs",
        "TolerationOperator",
    ),
    "_shared.model": ("ModelPinArgs",),
    "_shared.place": (
        "KubernetesPlaceArgs",
        "SageMakerPlaceArgs",
        "SageMakerWorkloadPlaceArgs",
    ),
    "batch_job.args": (
        "BatchJobArgs",
        "KubernetesBatchArgs",
        "KubernetesBatchJobArgs",
        "KubernetesBatchJobSettingsArgs",
        "SageMakerBatchArgs",
        "SageMakerBatchJobArgs",
        "SageMakerBatchJobSettingsArgs",
        "TableFormat",
    ),
    "batch_job.kubernetes.component": ("KubernetesBatchJob",),
    "batch_job.sagemaker.component": ("SageMakerBatchJob",),
    "endpoint.args": (
        "AlarmsArgs",
        "AsynchronousArgs",
        "DataCaptureArgs",
        "EndpointArgs",
        "FeaturesUnavailable",
        "InferenceAmiVersion",
        "KubernetesEndpointArgs",
        "KubernetesEndpointSettingsArgs",
        "KubernetesServingArgs",
        "LookupArgs",
        "RolloutArgs",
        "RolloutStrategy",
        "SageMakerEndpointArgs",
        "SageMakerEndpointSettingsArgs",
        "SageMakerServingArgs",
        "ServerlessArgs",
        "ServingAcceleratorArgs",
        "ShadowArgs",
    ),
    "endpoint.kubernetes.component": ("KubernetesEndpoint",),
    "endpoint.sagemaker.component": ("SageMakerEndpoint",),
    "feature_store.args": (
        "KubernetesFeatureStoreArgs",
        "KubernetesFeatureStoreSettingsArgs",
        "KubernetesStoreArgs",
        "SageMakerFeatureStoreArgs",
        "SageMakerFeatureStoreSettingsArgs",
        "SageMakerStoreArgs",
    ),
    "feature_store.kubernetes.component": ("KubernetesFeatureStore",),
    "feature_store.sagemaker.component": ("SageMakerFeatureStore",),
    "model_registry.args": (
        "KubernetesModelRegistryArgs",
        "KubernetesModelRegistrySettingsArgs",
        "RegistryDatabase",
        "S3ArtifactsArgs",
        "SageMakerModelRegistryArgs",
        "SageMakerModelRegistrySettingsArgs",
    ),
    "model_registry.kubernetes.component": ("KubernetesModelRegistry",),
    "model_registry.sagemaker.component": ("SageMakerModelRegistry",),
    "model_registry.sagemaker.storage.args": (
        "SageMakerStorageArgs",
        "SageMakerStorageSettingsArgs",
    ),
    "model_registry.sagemaker.storage.component": ("SageMakerStorage",),
    "stack.platform.component": ("Platform",),
    "stack.program": ("DeclaredStack", "declare_stack"),
    "stack.workload.args": ("WorkloadArgs",),
    "stack.workload.component": ("Workload",),
    "training_pipeline.args": (
        "GateArgs",
        "KubernetesTrainingArgs",
        "KubernetesTrainingPipelineArgs",
        "KubernetesTrainingPipelineSettingsArgs",
        "ModelApproval",
        "SageMakerTrainingArgs",
        "SageMakerTrainingPipelineArgs",
        "SageMakerTrainingPipelineSettingsArgs",
        "SpotArgs",
        "StepResourcesArgs",
        "TrainingPipelineArgs",
    ),
    "training_pipeline.kubernetes.component": ("KubernetesTrainingPipeline",),
    "training_pipeline.sagemaker.component": ("SageMakerTrainingPipeline",),
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
