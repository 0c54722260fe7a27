"""The contract of a training pipeline: what it is on every target, what a target adds, and where it runs."""

from enum import Enum
from typing import Any, NotRequired, TypedDict

import pulumi

from pulumi_mlops._shared.model import ModelPinArgs
from pulumi_mlops._shared.place import KubernetesPlaceArgs, SageMakerPlaceArgs


class GateArgs(TypedDict):
    """What a trained model must reach to be registered: one bound of one metric."""

    metric: str
    """Name of a metric that the pipeline measures, such as `mae_minutes`."""
    max: NotRequired[float]
    """The most that it may be, for a metric where less is better."""
    min: NotRequired[float]
    """The least that it may be, for a metric where more is better."""


class StepResourcesArgs(TypedDict):
    """The most that one step may use."""

    cpu: NotRequired[str]
    """CPU as a Kubernetes quantity; a quarter of it is reserved. Defaults to what the graph says."""
    memory: NotRequired[str]
    """Memory as a Kubernetes quantity, all of it reserved. Defaults to what the graph says."""


class ModelApproval(str, Enum):
    """What a version is when a run has registered it."""

    PENDING = "PendingManualApproval"
    """It may not serve until a person has approved it."""
    APPROVED = "Approved"
    """It may serve."""


class NeutralTrainingPipelineArgs(TypedDict):
    """What a training pipeline has on every target."""

    graph: dict[str, Any]
    """The step graph: the document that `StepGraph.to_document()` returns."""
    parameters: NotRequired[dict[str, Any]]
    """Values of the graph's parameters; no secrets. Each defaults to what the graph says."""
    gate: NotRequired[GateArgs]
    """What a model must reach to be registered. Defaults to the graph's own checks alone."""
    schedule: NotRequired[str]
    """When it runs by itself: five cron fields, UTC. Defaults to never: it runs when someone asks."""
    workspace_gib: NotRequired[int]
    """Size in GiB of the volume over which steps hand on their results; on SageMaker of each step's job. Defaults to
    2."""
    run_timeout_seconds: NotRequired[int]
    """How long a run may take before it is ended; on SageMaker each of its steps. Defaults to 14400, four hours."""


class KubernetesTrainingArgs(TypedDict):
    """What a training pipeline has on Kubernetes only."""

    resources: NotRequired[dict[str, StepResourcesArgs]]
    """What steps may use, by step. Defaults to what the graph says."""
    allowed_egress_cidrs: NotRequired[list[pulumi.Input[str]]]
    """Address ranges (CIDR) that a run may connect to besides the registry, such as a database's. Defaults to none."""
    pod_annotations: NotRequired[dict[str, pulumi.Input[str]]]
    """Annotations of a run's pod, such as `sidecar.istio.io/inject`: a run ends when all of its containers have, and a
    sidecar may not. Defaults to none."""
    service_account_annotations: NotRequired[dict[str, pulumi.Input[str]]]
    """Annotations of a run's ServiceAccount that give it a cloud identity, such as `eks.amazonaws.com/role-arn`.
    Defaults to none."""


class SageMakerTrainingArgs(TypedDict):
    """What a training pipeline has on SageMaker only."""

    processing_instance_type: NotRequired[str]
    """Instance type of every step but the one that trains. Defaults to ml.m5.large."""
    training_instance_type: NotRequired[str]
    """Instance type of the step that trains. Defaults to ml.m5.xlarge."""
    instance_types: NotRequired[dict[str, str]]
    """Instance types by step, over the two above. Defaults to none."""
    cache_days: NotRequired[int]
    """Days for which a step with unchanged inputs is not run again. Defaults to 0: every step runs."""
    retry_attempts: NotRequired[int]
    """How often a step is tried again when AWS fails it, as for a lack of capacity. Defaults to 3."""
    approval: NotRequired[ModelApproval]
    """Approval status of a version when a run has registered it. Defaults to PendingManualApproval."""
    data_s3_uris: NotRequired[list[pulumi.Input[str]]]
    """S3 locations that steps may read besides their inputs. With any, jobs have a network. Defaults to none."""
    data_kms_key_arns: NotRequired[list[pulumi.Input[str]]]
    """KMS keys that the objects at `data_s3_uris` are encrypted with, which jobs may decrypt with. Defaults to none."""


class TrainingPipelineArgs(NeutralTrainingPipelineArgs):
    """What a training pipeline is, wherever it runs: a workload's, which says the place itself."""

    kubernetes: NotRequired[KubernetesTrainingArgs]
    """Settings of the pipeline on Kubernetes; refused elsewhere."""
    sagemaker: NotRequired[SageMakerTrainingArgs]
    """Settings of the pipeline on SageMaker; refused elsewhere."""


class KubernetesTrainingPipelineSettingsArgs(KubernetesPlaceArgs, KubernetesTrainingArgs):
    """Where a training pipeline runs on Kubernetes, and what it has there only."""


class KubernetesTrainingPipelineArgs(NeutralTrainingPipelineArgs):
    """Arguments of a training pipeline on Kubernetes."""

    image: pulumi.Input[str]
    """Image that the steps run in, pinned by digest or content."""
    registry_url: pulumi.Input[str]
    """Address of the MLflow server that runs are recorded and models registered at."""
    environment: pulumi.Input[str]
    """Name of the environment, recorded with every run."""
    model_name: NotRequired[str]
    """Name that models are registered under. Defaults to the component's name."""
    champion: NotRequired[ModelPinArgs]
    """The version that serves, which a new model is compared with. Defaults to none."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of every object, written as labels. Defaults to none."""
    kubernetes: KubernetesTrainingPipelineSettingsArgs
    """Where the pipeline runs, and its settings on Kubernetes."""


class SageMakerTrainingPipelineSettingsArgs(SageMakerPlaceArgs, SageMakerTrainingArgs):
    """Where a training pipeline runs on SageMaker, and what it has there only."""

    model_package_group: pulumi.Input[str]
    """Model package group that versions are registered in: its name, or its ARN."""
    serving_image: pulumi.Input[str]
    """Image that serves the versions, by digest and in the region's ECR. It is recorded with each version."""


class SageMakerTrainingPipelineArgs(NeutralTrainingPipelineArgs):
    """Arguments of a training pipeline on SageMaker. One step of the graph must have a `model_output`."""

    image: pulumi.Input[str]
    """Image that the steps run in, by digest and in the region's ECR."""
    environment: pulumi.Input[str]
    """Name of the environment, recorded with every run."""
    model_name: NotRequired[str]
    """Name that models are registered under. Defaults to the component's name."""
    champion: NotRequired[ModelPinArgs]
    """The version that serves, which a new model is compared with. Defaults to none."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of everything that is created, and of each run's jobs. Defaults to none."""
    sagemaker: SageMakerTrainingPipelineSettingsArgs
    """Where the pipeline runs, and its settings on SageMaker."""
