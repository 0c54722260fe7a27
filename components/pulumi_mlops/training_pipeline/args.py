"""The contract of a training pipeline."""

from enum import Enum
from typing import Any, NotRequired, TypedDict

import pulumi

from pulumi_mlops._shared.model import ModelPinArgs


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


class KubernetesPipelineArgs(TypedDict):
    """What a training pipeline has on Kubernetes only."""

    namespace: pulumi.Input[str]
    """Namespace that everything is created in. It must exist."""
    allowed_egress_cidrs: NotRequired[list[pulumi.Input[str]]]
    """Address ranges that a run may connect to besides the registry, such as a database's. Defaults to none."""
    service_account_annotations: NotRequired[dict[str, pulumi.Input[str]]]
    """Annotations that give a run a cloud identity, such as `eks.amazonaws.com/role-arn`. Defaults to none."""
    image_pull_secret_names: NotRequired[list[pulumi.Input[str]]]
    """Secrets of the namespace with which the image is pulled. Defaults to none."""


class TrainingPipelineArgs(TypedDict):
    """Arguments of a training pipeline."""

    graph: dict[str, Any]
    """The step graph: the document that `StepGraph.to_document()` returns."""
    image: pulumi.Input[str]
    """Image that the steps run in, pinned by digest or content."""
    registry_url: pulumi.Input[str]
    """Address of the MLflow server that runs are recorded and models registered at."""
    environment: pulumi.Input[str]
    """Name of the environment, recorded with every run."""
    model_name: NotRequired[str]
    """Name that models are registered under. Defaults to the component's name."""
    parameters: NotRequired[dict[str, Any]]
    """Values of the graph's parameters; no secrets. Each defaults to what the graph says."""
    gate: NotRequired[GateArgs]
    """What a model must reach to be registered. Defaults to the graph's own checks alone."""
    schedule: NotRequired[str]
    """When it runs by itself: five cron fields, UTC. Defaults to never: it runs when someone asks."""
    resources: NotRequired[dict[str, StepResourcesArgs]]
    """What steps may use, by step. Defaults to what the graph says."""
    workspace_gib: NotRequired[int]
    """Size in GiB of the volume over which steps hand on their results. Defaults to 2."""
    run_timeout_seconds: NotRequired[int]
    """How long a run may take before it is ended. Defaults to 14400, four hours."""
    champion: NotRequired[ModelPinArgs]
    """The version that serves, which a new model is compared with. Defaults to none."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of every object, written as labels on Kubernetes. Defaults to none."""
    kubernetes: KubernetesPipelineArgs
    """Settings of the pipeline on Kubernetes."""


class ModelApproval(str, Enum):
    """What a version is when a run has registered it."""

    PENDING = "PendingManualApproval"
    """It may not serve until a person has approved it."""
    APPROVED = "Approved"
    """It may serve."""


class SageMakerPipelineArgs(TypedDict):
    """What a training pipeline has on SageMaker only."""

    account_id: str
    """AWS account that everything is created in."""
    region: str
    """AWS region that everything is created in."""
    namespace: str
    """What every name on AWS begins with."""
    bucket_name: pulumi.Input[str]
    """Bucket that steps hand on their results in. It must be in the region."""
    model_package_group: pulumi.Input[str]
    """Model package group that versions are registered in: its name, or its ARN."""
    serving_image: pulumi.Input[str]
    """Image that serves the versions, by digest and in the region's ECR. It is recorded with each version."""
    model_data_bucket: NotRequired[pulumi.Input[str]]
    """Bucket of the registry, with each model at `models/<group>/<digest>/model.tar.gz`. Defaults to `bucket_name`."""
    model_data_kms_key_arn: NotRequired[pulumi.Input[str]]
    """Key that registered models, the champion among them, are encrypted with. Defaults to `kms_key_arn`."""
    processing_instance_type: NotRequired[str]
    """Machine of every step but the one that trains. Defaults to ml.m5.large."""
    training_instance_type: NotRequired[str]
    """Machine of the step that trains. Defaults to ml.m5.xlarge."""
    instance_types: NotRequired[dict[str, str]]
    """Machines by step, over the two above. Defaults to none."""
    cache_days: NotRequired[int]
    """Days for which a step with unchanged inputs is not run again. Defaults to 0: every step runs."""
    retry_attempts: NotRequired[int]
    """How often a step is tried again when AWS fails it, as for a lack of machines. Defaults to 3."""
    approval: NotRequired[ModelApproval]
    """What a version is when a run has registered it. Defaults to PendingManualApproval."""
    data_s3_uris: NotRequired[list[pulumi.Input[str]]]
    """S3 locations that steps may read besides their inputs. With any, jobs have a network. Defaults to none."""
    data_kms_key_arns: NotRequired[list[pulumi.Input[str]]]
    """Keys that the objects at `data_s3_uris` are encrypted with, which jobs may decrypt with. Defaults to none."""
    permissions_boundary_arn: NotRequired[pulumi.Input[str]]
    """Policy that bounds what the roles can be given. Defaults to none."""
    kms_key_arn: NotRequired[pulumi.Input[str]]
    """Key that results, models and volumes are encrypted with. Defaults to keys that AWS manages."""
    subnet_ids: NotRequired[list[pulumi.Input[str]]]
    """Subnets that jobs run in. Defaults to none: jobs have no network at all."""
    security_group_ids: NotRequired[list[pulumi.Input[str]]]
    """Security groups of the jobs: given with `subnet_ids`, and only then."""


class SageMakerTrainingPipelineArgs(TypedDict):
    """Arguments of a training pipeline on SageMaker."""

    graph: dict[str, Any]
    """The step graph: the document that `StepGraph.to_document()` returns. One step must have a `model_output`."""
    image: pulumi.Input[str]
    """Image that the steps run in, by digest and in the region's ECR."""
    environment: pulumi.Input[str]
    """Name of the environment, recorded with every run."""
    model_name: NotRequired[str]
    """Name that models are registered under. Defaults to the component's name."""
    parameters: NotRequired[dict[str, Any]]
    """Values of the graph's parameters; no secrets. Each defaults to what the graph says."""
    gate: NotRequired[GateArgs]
    """What a model must reach to be registered. Defaults to the graph's own checks alone."""
    schedule: NotRequired[str]
    """When it runs by itself: five cron fields, UTC. Defaults to never: it runs when someone asks."""
    workspace_gib: NotRequired[int]
    """Size in GiB of the volume of each step's job. Defaults to 2."""
    run_timeout_seconds: NotRequired[int]
    """How long each step may take before it is ended. Defaults to 14400, four hours."""
    champion: NotRequired[ModelPinArgs]
    """The version that serves, which a new model is compared with. Defaults to none."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of everything that is created, and of each run's jobs. Defaults to none."""
    sagemaker: SageMakerPipelineArgs
    """Settings of the pipeline on SageMaker."""
