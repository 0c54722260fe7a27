"""A training pipeline in a stack file: the tree of `TrainingPipelineArgs`, with lines and strictness."""

from typing import Annotated

from pydantic import Field

from pulumi_mlops._shared.aws.values import InstanceType, KmsKeyArn
from pulumi_mlops._shared.config_model import Model
from pulumi_mlops._shared.kubernetes.scheduling import settings as scheduling
from pulumi_mlops._shared.kubernetes.scheduling.config import AcceleratorConfig, KubernetesSchedulingConfig
from pulumi_mlops._shared.values import (
    AddressRange,
    AnnotationKey,
    CodeFormat,
    CpuQuantity,
    CronSchedule,
    GraphReference,
    MemoryQuantity,
    ObjectName,
    ParameterName,
    ParameterValue,
    S3Uri,
    StepName,
)
from pulumi_mlops.training_pipeline import settings
from pulumi_mlops.training_pipeline.args import ModelApproval
from pulumi_mlops.training_pipeline.sagemaker import limits


class GateConfig(Model):
    """Gate: a trained model is registered only if one metric is within one bound."""

    metric: str = Field(min_length=1)
    """A metric that the pipeline measures, like mae_minutes."""

    max: float | None = None
    """Maximum of the metric, if lower is better. Give max or min."""

    min: float | None = None
    """Minimum of the metric, if higher is better. Give max or min."""


class StepResources(Model):
    """Resources of a step's container. Each defaults to the step graph's."""

    cpu: CpuQuantity | None = None
    """CPU limit in cores, like "2" or "500m". The request is a quarter of it."""

    memory: MemoryQuantity | None = None
    """Memory request and limit, like 2Gi."""

    accelerator: AcceleratorConfig | None = None
    """Accelerators of the step. The steps of a run are one pod, which holds them from its first step to its last.
    Defaults to none."""

    shared_memory_gib: Annotated[int, scheduling.SHARED_MEMORY_GIB] | None = None
    """Size in GiB of a volume in memory at /dev/shm, like for a data loader's workers. It is a part of memory.
    Defaults to the container runtime's 64 MiB."""


class KubernetesTrainingConfig(KubernetesSchedulingConfig):
    """Settings of a pipeline on the target kubernetes only."""

    resources: dict[StepName, StepResources] = Field(default={})
    """Resources by step. Defaults to the step graph's."""

    allowed_egress_cidrs: Annotated[tuple[AddressRange, ...], Field(strict=False)] = ()
    """NetworkPolicy: CIDR ranges that a run may connect to besides the registry, like a database's. Defaults to
    none."""

    environment_secret_names: Annotated[tuple[ObjectName, ...], Field(strict=False)] = ()
    """Secrets in the namespace whose keys become environment variables of every step, like the credentials of a
    database. A run does not start before they are there. Defaults to none."""

    pod_annotations: dict[AnnotationKey, str] = Field(default={})
    """Annotations of a run's pod, like sidecar.istio.io/inject: a run ends when all of its containers have, and a
    sidecar may not. Defaults to none."""

    service_account_annotations: dict[AnnotationKey, str] = Field(default={})
    """Annotations of a run's ServiceAccount that give it a cloud identity, like eks.amazonaws.com/role-arn. Defaults
    to none."""


class SpotConfig(Model):
    """Managed spot training: the training job runs on spare capacity, which AWS may take back."""

    max_wait_seconds: Annotated[int, limits.SPOT_WAIT_SECONDS]
    """How long the training job may take, waiting for capacity included; no less than run_timeout_seconds."""


class SageMakerTrainingConfig(Model):
    """Settings of a pipeline on the target sagemaker only."""

    processing_instance_type: InstanceType = limits.DEFAULT_PROCESSING_INSTANCE_TYPE
    """Instance type of the processing jobs: every step but the one that trains. Defaults to ml.m5.large."""

    training_instance_type: InstanceType = limits.DEFAULT_TRAINING_INSTANCE_TYPE
    """Instance type of the training job. Defaults to ml.m5.xlarge."""

    instance_types: dict[StepName, InstanceType] = Field(default={})
    """Instance types of single steps, which override the two above. Defaults to none."""

    spot: SpotConfig | None = None
    """Managed spot training. After an interruption AWS starts the training step anew, with the files that it had
    written to /opt/ml/checkpoints. Cannot be used with cache_days. Defaults to on-demand instances."""

    cache_days: Annotated[int, limits.CACHE_DAYS] = limits.CACHE_DAYS.default
    """Step caching: for how many days a step with unchanged inputs is not run again. Defaults to 0: every step runs."""

    retry_attempts: Annotated[int, limits.RETRY_ATTEMPTS] = limits.RETRY_ATTEMPTS.default
    """Retry policy: how often a step is retried when AWS fails it, such as for lack of capacity. Defaults to 3."""

    data_s3_uris: Annotated[tuple[S3Uri, ...], Field(strict=False)] = ()
    """S3 locations that steps may read besides their inputs. If there are any, jobs run without network isolation.
    Defaults to none."""

    data_kms_key_arns: Annotated[tuple[KmsKeyArn, ...], Field(strict=False)] = ()
    """KMS keys that encrypt the objects at data_s3_uris. Jobs may decrypt with them. Defaults to none."""

    approval: Annotated[ModelApproval, Field(strict=False)] = ModelApproval.PENDING
    """Approval status of a newly registered version: Approved, or PendingManualApproval, which waits for a person.
    Defaults to PendingManualApproval."""


class PipelineConfig(Model):
    """How a workload's model is trained."""

    graph: GraphReference | None = None
    """The step graph as module:name. Defaults to `<workload with underscores>.graph:GRAPH` (see `graph_of`)."""

    schedule: CronSchedule | None = None
    """Cron schedule in UTC, with five fields. Defaults to none: the pipeline runs only when someone starts it."""

    parameters: dict[ParameterName, ParameterValue] = Field(default={})
    """Values of the step graph's parameters. They must hold no secrets. Each defaults to the graph's."""

    gate: GateConfig | None = None
    """Gate that a model must pass to be registered. Defaults to none: only the step graph's own checks apply."""

    workspace_gib: Annotated[int, settings.WORKSPACE_GIB] = settings.WORKSPACE_GIB.default
    """Size in GiB of the volume that the steps share; on sagemaker, of each job's volume. Defaults to 2."""

    run_timeout_seconds: Annotated[int, settings.RUN_TIMEOUT_SECONDS] = settings.RUN_TIMEOUT_SECONDS.default
    """How long a run may take before it is stopped; on sagemaker, each job of it. Defaults to 14400, four hours."""

    allow_code_formats: Annotated[tuple[CodeFormat, ...], Field(strict=False)] = ()
    """Formats of a model's files that may be registered though they run code when they are loaded: pickle, cloudpickle,
    joblib, torch.save. A model that holds one of another name is not registered. Defaults to none."""

    kubernetes: KubernetesTrainingConfig | None = None
    """Settings of the pipeline on kubernetes. An error on any other target. Each has its own default."""

    sagemaker: SageMakerTrainingConfig | None = None
    """Settings of the pipeline on sagemaker. An error on any other target. Each has its own default."""
