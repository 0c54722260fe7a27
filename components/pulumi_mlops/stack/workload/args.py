"""The contract of a workload: its parts as their components know them, and where it runs."""

from typing import NotRequired, TypedDict

import pulumi

from pulumi_mlops._shared.model import ModelPinArgs
from pulumi_mlops._shared.place import KubernetesPlaceArgs, SageMakerWorkloadPlaceArgs
from pulumi_mlops.batch_job.args import BatchJobArgs
from pulumi_mlops.endpoint.args import EndpointArgs
from pulumi_mlops.monitoring.args import MonitoringArgs
from pulumi_mlops.training_pipeline.args import TrainingPipelineArgs


class WorkloadArgs(TypedDict):
    """Arguments of a workload."""

    environment: pulumi.Input[str]
    """Name of the environment, recorded with every run."""
    registry_url: NotRequired[pulumi.Input[str]]
    """URL of the MLflow server. Required on Kubernetes, an error on SageMaker."""
    model_name: NotRequired[str]
    """Name that the model is registered under. Defaults to the workload's name."""
    pipeline_image: pulumi.Input[str]
    """Image that the pipeline's steps run in, pinned by digest or content tag."""
    serving_image: pulumi.Input[str]
    """Image of the model server, pinned by digest or content tag."""
    pipeline: TrainingPipelineArgs
    """How the model is trained."""
    model: NotRequired[ModelPinArgs]
    """The model version to serve. Defaults to none: there is no endpoint, and the status is `waiting-for-model`."""
    endpoint: NotRequired[EndpointArgs]
    """How the model is served. Defaults to one replica."""
    batch: NotRequired[BatchJobArgs]
    """How the model scores a whole table. Defaults to none: there is no batch."""
    monitoring: NotRequired[MonitoringArgs]
    """What of the model in production is measured, and held against which thresholds. Kubernetes only. Defaults to
    none."""
    prometheus_image: NotRequired[pulumi.Input[str]]
    """Image of a monitoring's own Prometheus, pinned. Defaults to none."""
    alertmanager_image: NotRequired[pulumi.Input[str]]
    """Image of a monitoring's own Alertmanager, pinned. Defaults to none."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of every resource, set as labels on Kubernetes. Defaults to none."""
    kubernetes: NotRequired[KubernetesPlaceArgs]
    """Where the workload runs on Kubernetes. Give `kubernetes` or `sagemaker`."""
    sagemaker: NotRequired[SageMakerWorkloadPlaceArgs]
    """Where the workload runs on SageMaker. Give `kubernetes` or `sagemaker`."""
