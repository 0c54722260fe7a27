"""One model's whole life: its pipeline, the version that serves, its endpoint."""

from enum import Enum
from typing import Annotated, Self

from pydantic import Field, model_validator

from pulumi_mlops._shared.config_model import Model, refuse
from pulumi_mlops._shared.scalars import (
    AddressRange,
    CpuQuantity,
    CronSchedule,
    Digest,
    GraphReference,
    MemoryQuantity,
    Name,
    ParameterName,
    ParameterValue,
    StepName,
)
from pulumi_mlops.stack.sagemaker import SageMakerEndpointSettings, SageMakerPipelineSettings


class GateConfig(Model):
    """What a trained model must reach to be registered."""

    metric: str = Field(min_length=1)
    """A metric that the pipeline measures, like mae_minutes."""

    max: float | None = None
    """The most that the metric may be, for metrics where less is better."""

    min: float | None = None
    """The least that the metric may be, for metrics where more is better."""

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        if (self.max is None) == (self.min is None):
            refuse(
                expected="exactly one of max and min",
                got=f"max {self.max} and min {self.min}",
                fix="keep max where less is better, min where more is better",
            )
        return self


class StepResources(Model):
    """The most that one step may use; what is not named stays as the step graph has it."""

    cpu: CpuQuantity | None = None
    """Cores, like "2" or "500m"."""

    memory: MemoryQuantity | None = None
    """Memory, like 2Gi."""


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

    resources: dict[StepName, StepResources] = Field(default={})
    """Per step, over the graph's defaults."""

    workspace_gib: int = Field(default=2, ge=1, le=1024)
    """Size in GiB of the volume over which steps hand on their results. Defaults to 2."""

    allowed_egress_cidrs: Annotated[tuple[AddressRange, ...], Field(strict=False)] = ()
    """Ranges of addresses that a run may connect to besides the registry, like a database's. Defaults to none."""

    sagemaker: SageMakerPipelineSettings | None = None
    """Settings of the pipeline on sagemaker; refused elsewhere. Defaults to those of its own."""


class ModelPin(Model):
    """The registered version that serves. Promotion changes this."""

    version: int = Field(ge=1)
    """The version's number in the registry."""

    digest: Digest
    """The digest of its bytes, as the registry shows it."""


class ReplicasConfig(Model):
    """How many pods serve."""

    min: int = Field(default=1, ge=1, le=1000)
    """The fewest. Defaults to 1."""

    max: int = Field(default=1, ge=1, le=1000)
    """The most that load can ask for. Defaults to 1."""

    @model_validator(mode="before")
    @classmethod
    def _max_follows_min(cls, values: object) -> object:
        if isinstance(values, dict) and "min" in values and "max" not in values:
            return {**values, "max": values["min"]}
        return values

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min > self.max:
            refuse(expected="min not above max", got=f"min {self.min} and max {self.max}", fix="raise max or lower min")
        return self


class RolloutStrategy(str, Enum):
    """How traffic moves from one version to the next."""

    ALL_AT_ONCE = "all_at_once"
    CANARY = "canary"
    LINEAR = "linear"


class RolloutConfig(Model):
    """How traffic moves from one version to the next."""

    strategy: Annotated[RolloutStrategy, Field(strict=False)] = RolloutStrategy.ALL_AT_ONCE
    """all_at_once; canary: a part first, then the rest; linear: in equal parts. Defaults to all_at_once."""

    step_percent: int = Field(default=10, ge=1, le=50)
    """Part of the machines that gets traffic first (canary) or in each step (linear: 10 or more). Defaults to 10."""

    bake_seconds: int = Field(default=120, ge=0, le=3600)
    """How long the alarms are watched after each step. Defaults to 120."""


class EndpointConfig(Model):
    """How a workload's model is served."""

    replicas: ReplicasConfig = ReplicasConfig()
    """How many pods serve. Defaults to one."""

    cpu: CpuQuantity = "500m"
    """Cores for each pod. Defaults to "500m"."""

    memory: MemoryQuantity = "512Mi"
    """Memory for each pod. Defaults to 512Mi."""

    target_cpu_percent: int = Field(default=70, ge=10, le=100)
    """Part of its CPU that a pod should use before another is started. Defaults to 70."""

    rollout_timeout_seconds: int | None = Field(default=None, ge=10, le=14400)
    """How long a new version may take to be ready before the update fails; on kubernetes for each wave, since pods are
    replaced a quarter at a time. Defaults to 600 on kubernetes, as its own deadline for progress (3600 at most), and to
    1800 on sagemaker."""

    drain_seconds: int = Field(default=20, ge=1, le=600)
    """How long a pod that leaves may take to answer what it has begun. Defaults to 20."""

    allowed_namespaces: Annotated[tuple[Name, ...] | None, Field(strict=False)] = None
    """Namespaces whose pods may call the endpoint, besides its own. Defaults to every namespace of the cluster."""

    rollout: RolloutConfig | None = None
    """How traffic moves from one version to the next. Defaults to the target's own way: all at once on sagemaker,
    pod by pod on kubernetes."""

    sagemaker: SageMakerEndpointSettings | None = None
    """Settings of the endpoint on sagemaker; refused elsewhere. Defaults to those of its own."""


class WorkloadConfig(Model):
    """One workload under `mlops:workloads`."""

    pipeline: PipelineConfig = PipelineConfig()
    """How its model is trained."""

    model: ModelPin | None = None
    """The version that serves. Absent: no endpoint yet, and the stack says waiting-for-model."""

    endpoint: EndpointConfig = EndpointConfig()
    """How its model is served."""
