"""A training pipeline in a stack file: the tree of `TrainingPipelineArgs`, with lines and strictness."""

from typing import Annotated

from pydantic import Field

from pulumi_mlops._shared.aws.values import InstanceType, KmsKeyArn
from pulumi_mlops._shared.config_model import Model
from pulumi_mlops._shared.values import (
    AddressRange,
    AnnotationKey,
    CpuQuantity,
    CronSchedule,
    GraphReference,
    MemoryQuantity,
    ParameterName,
    ParameterValue,
    S3Uri,
    StepName,
)
from pulumi_mlops.training_pipeline import settings
from pulumi_mlops.training_pipeline.args import ModelApproval
from pulumi_mlops.training_pipeline.sagemaker import limits


class GateConfig(Model):
    """What a trained model must reach to be registered: one bound of one metric."""

    metric: str = Field(min_length=1)
    """A metric that the pipeline measures, like mae_minutes."""

    max: float | None = None
    """The most that the metric may be, for metrics where less is better."""

    min: float | None = None
    """The least that the metric may be, for metrics where more is better."""


class StepResources(Model):
    """The most that one step may use; what is not named stays as the step graph has it."""

    cpu: CpuQuantity | None = None
    """CPU limit: cores, like "2" or "500m"."""

    memory: MemoryQuantity | None = None
    """Memory request and limit, like 2Gi."""


class KubernetesTrainingConfig(Model):
    """What only the target kubernetes has of a pipeline."""

    resources: dict[StepName, StepResources] = Field(default={})
    """Resources by step, over the graph's defaults."""

    allowed_egress_cidrs: Annotated[tuple[AddressRange, ...], Field(strict=False)] = ()
    """Address ranges (CIDR) that a run may connect to besides the registry, like a database's. Defaults to none."""

    pod_annotations: dict[AnnotationKey, str] = Field(default={})
    """Annotations of a run's pod, like sidecar.istio.io/inject: a run ends when all of its containers have, and a
    sidecar may not. Defaults to none."""

    service_account_annotations: dict[AnnotationKey, str] = Field(default={})
    """Annotations of a run's ServiceAccount that give it a cloud identity, like eks.amazonaws.com/role-arn. Defaults
    to none."""


class SageMakerTrainingConfig(Model):
    """What only the target sagemaker has of a pipeline."""

    processing_instance_type: InstanceType = limits.DEFAULT_PROCESSING_INSTANCE_TYPE
    """Instance type of every step but the one that trains. Defaults to ml.m5.large."""

    training_instance_type: InstanceType = limits.DEFAULT_TRAINING_INSTANCE_TYPE
    """Instance type of the step that trains. Defaults to ml.m5.xlarge."""

    instance_types: dict[StepName, InstanceType] = Field(default={})
    """Instance types by step, over the two above."""

    cache_days: Annotated[int, limits.CACHE_DAYS] = limits.CACHE_DAYS.default
    """Days for which a step with unchanged inputs is not run again. Defaults to 0: every step runs."""

    retry_attempts: Annotated[int, limits.RETRY_ATTEMPTS] = limits.RETRY_ATTEMPTS.default
    """How often a step is tried again when AWS fails it, like for a lack of capacity. Defaults to 3."""

    data_s3_uris: Annotated[tuple[S3Uri, ...], Field(strict=False)] = ()
    """S3 locations that steps may read besides their inputs. With any, jobs have a network. Defaults to none."""

    data_kms_key_arns: Annotated[tuple[KmsKeyArn, ...], Field(strict=False)] = ()
    """KMS keys that the objects at data_s3_uris are encrypted with, which jobs may decrypt with. Defaults to none."""

    approval: Annotated[ModelApproval, Field(strict=False)] = ModelApproval.PENDING
    """Approval status of a newly registered version: Approved lets it serve at once; PendingManualApproval, the
    default, waits for a person."""


class PipelineConfig(Model):
    """How a workload's model is trained."""

    graph: GraphReference | None = None
    """The step graph as module:name. Defaults to `<workload with underscores>.graph:GRAPH` (see `graph_of`)."""

    schedule: CronSchedule | None = None
    """When it runs by itself: five cron fields, UTC. Defaults to never: it runs when someone asks."""

    parameters: dict[ParameterName, ParameterValue] = Field(default={})
    """Values of the graph's parameters. Each defaults to the graph's own."""

    gate: GateConfig | None = None
    """What a model must reach to be registered. Defaults to no bound but the graph's own checks."""

    workspace_gib: Annotated[int, settings.WORKSPACE_GIB] = settings.WORKSPACE_GIB.default
    """Size in GiB of the volume over which steps hand on their results. Defaults to 2."""

    run_timeout_seconds: Annotated[int, settings.RUN_TIMEOUT_SECONDS] = settings.RUN_TIMEOUT_SECONDS.default
    """How long a run may take before it is ended; on sagemaker each of its steps. Defaults to 14400, four hours."""

    kubernetes: KubernetesTrainingConfig | None = None
    """Settings of the pipeline on kubernetes; refused elsewhere. Defaults to those of its own."""

    sagemaker: SageMakerTrainingConfig | None = None
    """Settings of the pipeline on sagemaker; refused elsewhere. Defaults to those of its own."""
