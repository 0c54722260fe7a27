"""The contract of a training pipeline: what it is on every target, what a target adds, and where it runs."""

from enum import Enum
from typing import Any, NotRequired, TypedDict

import pulumi

from pulumi_mlops._shared.kubernetes.scheduling.args import AcceleratorArgs, KubernetesSchedulingArgs
from pulumi_mlops._shared.model import ModelPinArgs
from pulumi_mlops._shared.place import KubernetesPlaceArgs, SageMakerPlaceArgs


class GateArgs(TypedDict):
    """Gate: a trained model is registered only if one metric is within one bound."""

    metric: str
    """Name of a metric that the pipeline measures, such as `mae_minutes`."""
    max: NotRequired[float]
    """Maximum of the metric, if lower is better. Give `max` or `min`."""
    min: NotRequired[float]
    """Minimum of the metric, if higher is better. Give `max` or `min`."""


class StepResourcesArgs(TypedDict):
    """Resources of a step's container."""

    cpu: NotRequired[str]
    """CPU limit, as a Kubernetes quantity. The request is a quarter of it. Defaults to the step graph's."""
    memory: NotRequired[str]
    """Memory request and limit, as a Kubernetes quantity. Defaults to the step graph's."""
    accelerator: NotRequired[AcceleratorArgs]
    """Accelerators of the step. The steps of a run are one pod, which holds them from its first step to its last.
    Defaults to none."""
    shared_memory_gib: NotRequired[int]
    """Size in GiB of an emptyDir volume in memory at /dev/shm, such as for a data loader's workers. It is a part of
    `memory`. Defaults to the container runtime's 64 MiB."""


class ModelApproval(str, Enum):
    """Approval status of a newly registered version."""

    PENDING = "PendingManualApproval"
    """It cannot be served until someone approves it."""
    APPROVED = "Approved"
    """It can be served at once."""


class NeutralTrainingPipelineArgs(TypedDict):
    """Settings of a training pipeline on every target."""

    graph: dict[str, Any]
    """The step graph: the document that `StepGraph.to_document()` returns."""
    parameters: NotRequired[dict[str, Any]]
    """Values of the step graph's parameters. They must hold no secrets. Each defaults to the graph's."""
    gate: NotRequired[GateArgs]
    """Gate that a model must pass to be registered. Defaults to none: only the step graph's own checks apply."""
    schedule: NotRequired[str]
    """Cron schedule in UTC, with five fields. Defaults to none: the pipeline runs only when someone starts it."""
    workspace_gib: NotRequired[int]
    """Size in GiB of the volume that the steps share; on SageMaker, of each job's volume. Defaults to 2."""
    run_timeout_seconds: NotRequired[int]
    """How long a run may take before it is stopped; on SageMaker, each job of it. Defaults to 14400, four hours."""
    allow_code_formats: NotRequired[list[str]]
    """Formats of a model's files that may be registered though they run code when they are loaded: pickle, cloudpickle,
    joblib, torch.save. A model that holds one of another name is not registered. Defaults to none."""


class KubernetesTrainingArgs(KubernetesSchedulingArgs):
    """Settings of a training pipeline on Kubernetes only."""

    resources: NotRequired[dict[str, StepResourcesArgs]]
    """Resources by step. Defaults to the step graph's."""
    allowed_egress_cidrs: NotRequired[list[pulumi.Input[str]]]
    """NetworkPolicy: CIDR ranges that a run may connect to besides the registry, such as a database's. Defaults to
    none."""
    environment_secret_names: NotRequired[list[pulumi.Input[str]]]
    """Secrets in the namespace whose keys become environment variables of every step, such as the credentials of a
    database. A run does not start before they are there. Defaults to none."""
    pod_annotations: NotRequired[dict[str, pulumi.Input[str]]]
    """Annotations of a run's pod, such as `sidecar.istio.io/inject`. A run ends when all of its containers have ended,
    and a sidecar may not. Defaults to none."""
    service_account_annotations: NotRequired[dict[str, pulumi.Input[str]]]
    """Annotations of a run's ServiceAccount, which can give it a cloud identity, such as `eks.amazonaws.com/role-arn`.
    Defaults to none."""


class SpotArgs(TypedDict):
    """Managed spot training: the training job runs on spare capacity, which AWS may take back."""

    max_wait_seconds: int
    """How long the training job may take, waiting for capacity included; no less than `run_timeout_seconds`."""


class SageMakerTrainingArgs(TypedDict):
    """Settings of a training pipeline on SageMaker only."""

    processing_instance_type: NotRequired[str]
    """Instance type of the processing jobs: every step but the one that trains. Defaults to ml.m5.large."""
    training_instance_type: NotRequired[str]
    """Instance type of the training job. Defaults to ml.m5.xlarge."""
    instance_types: NotRequired[dict[str, str]]
    """Instance types of single steps, which override the two above. Defaults to none."""
    spot: NotRequired[SpotArgs]
    """Managed spot training. After an interruption AWS starts the training step anew, with the files that it had
    written to /opt/ml/checkpoints. Cannot be used with `cache_days`. Defaults to on-demand instances."""
    cache_days: NotRequired[int]
    """Step caching: for how many days a step with unchanged inputs is not run again. Defaults to 0: every step runs."""
    retry_attempts: NotRequired[int]
    """Retry policy: how often a step is retried when AWS fails it, such as for lack of capacity. Defaults to 3."""
    approval: NotRequired[ModelApproval]
    """Approval status of a newly registered version: Approved, or PendingManualApproval, which waits for a person.
    Defaults to PendingManualApproval."""
    data_s3_uris: NotRequired[list[pulumi.Input[str]]]
    """S3 locations that steps may read besides their inputs. If there are any, jobs run without network isolation.
    Defaults to none."""
    data_kms_key_arns: NotRequired[list[pulumi.Input[str]]]
    """KMS keys that encrypt the objects at `data_s3_uris`. Jobs may decrypt with them. Defaults to none."""


class TrainingPipelineArgs(NeutralTrainingPipelineArgs):
    """Arguments of a workload's training pipeline. The workload says where it runs."""

    kubernetes: NotRequired[KubernetesTrainingArgs]
    """Settings of the pipeline on Kubernetes. An error on any other target."""
    sagemaker: NotRequired[SageMakerTrainingArgs]
    """Settings of the pipeline on SageMaker. An error on any other target."""


class KubernetesTrainingPipelineSettingsArgs(KubernetesPlaceArgs, KubernetesTrainingArgs):
    """Where a training pipeline runs on Kubernetes, and its settings there."""


class KubernetesTrainingPipelineArgs(NeutralTrainingPipelineArgs):
    """Arguments of a training pipeline on Kubernetes."""

    image: pulumi.Input[str]
    """Image that the steps run in, pinned by digest or content tag."""
    registry_url: pulumi.Input[str]
    """URL of the MLflow server that records runs and registers models."""
    environment: pulumi.Input[str]
    """Name of the environment, recorded with every run."""
    model_name: NotRequired[str]
    """Name that models are registered under. Defaults to the component's name."""
    workload: NotRequired[str]
    """Name of the workload that it is a part of, in its labels. Defaults to `model_name`."""
    champion: NotRequired[ModelPinArgs]
    """Champion: the serving version, with which a new model is compared. Defaults to none."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of every object, set as labels. Defaults to none."""
    kubernetes: KubernetesTrainingPipelineSettingsArgs
    """Where the pipeline runs, and its settings on Kubernetes."""


class SageMakerTrainingPipelineSettingsArgs(SageMakerPlaceArgs, SageMakerTrainingArgs):
    """Where a training pipeline runs on SageMaker, and its settings there."""

    model_package_group: pulumi.Input[str]
    """Model package group in which versions are registered: its name, or its ARN."""
    serving_image: pulumi.Input[str]
    """Image of the model server, pinned by digest, in ECR in the same region. It is recorded with each version."""


class SageMakerTrainingPipelineArgs(NeutralTrainingPipelineArgs):
    """Arguments of a training pipeline on SageMaker. One step of the graph must have a `model_output`."""

    image: pulumi.Input[str]
    """Image that the steps run in, pinned by digest, in ECR in the same region."""
    environment: pulumi.Input[str]
    """Name of the environment, recorded with every run."""
    model_name: NotRequired[str]
    """Name that models are registered under. Defaults to the component's name."""
    workload: NotRequired[str]
    """Name of the workload that it is a part of, in its tags. Defaults to `model_name`."""
    champion: NotRequired[ModelPinArgs]
    """Champion: the serving version, with which a new model is compared. Defaults to none."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of every resource, and of each run's jobs. Defaults to none."""
    sagemaker: SageMakerTrainingPipelineSettingsArgs
    """Where the pipeline runs, and its settings on SageMaker."""
