"""The components for programs in every Pulumi language: `pulumi package add <this folder>`."""

import inspect
from importlib.metadata import version

from pulumi.provider.experimental import component_provider_host

from pulumi_mlops import (
    KubernetesEndpoint,
    KubernetesModelRegistry,
    KubernetesTrainingPipeline,
    SageMakerEndpoint,
    SageMakerModelRegistry,
    SageMakerStorage,
    SageMakerTrainingPipeline,
    Workload,
)
from pulumi_mlops._shared.descriptions import describe_inherited

COMPONENTS = [
    KubernetesEndpoint,
    KubernetesModelRegistry,
    KubernetesTrainingPipeline,
    SageMakerEndpoint,
    SageMakerModelRegistry,
    SageMakerStorage,
    SageMakerTrainingPipeline,
    Workload,
]
# Before Python 3.13 a docstring keeps its indentation, and Pulumi would take it over into the schema.
for component in COMPONENTS:
    component.__doc__ = inspect.getdoc(component)

describe_inherited()

if __name__ == "__main__":
    component_provider_host(
        components=COMPONENTS, name="mlops", namespace="pulumi-mlops", version=version("pulumi-mlops")
    )
