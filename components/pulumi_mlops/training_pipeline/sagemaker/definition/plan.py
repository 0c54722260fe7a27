"""What a pipeline definition is made of. Everything is known: no value is awaited here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from pulumi_mlops._shared.aws.model_data import model_data_url


class StepKind(Enum):
    """What a step of the graph becomes on SageMaker."""

    PROCESSING = "Processing"
    """A job that reads folders and fills one."""
    TRAINING = "Training"
    """The job whose output is the model."""
    REGISTRATION = "RegisterModel"
    """No job: SageMaker itself stores the version."""


@dataclass(frozen=True)
class StepPlan:
    """One step of the graph."""

    name: str
    kind: StepKind
    after: Sequence[str]
    instance_type: str
    """The machine of its job; empty for the registration."""
    description: str = ""


@dataclass(frozen=True)
class ParameterPlan:
    """One parameter that an execution may be started with."""

    type: str
    """The type in JSON Schema: integer, number, string or boolean."""
    default: Any
    choices: Sequence[str] = ()
    """The only values that it may have, where the graph names them."""


@dataclass(frozen=True)
class PipelinePlan:
    """One pipeline."""

    name: str
    """Its name on AWS; the folders of its runs and models are named after it."""
    graph_reference: str
    workload: str
    model_name: str
    """Name that versions are registered under."""
    environment: str
    steps: Sequence[StepPlan]
    """In an order in which each comes after those that it needs."""
    result_step: str | None
    """The step whose result says whether the model is registered: the gate's, where there is one."""
    gate: Mapping[str, Any] | None
    parameters: Mapping[str, ParameterPlan]
    image: str
    serving_image: str
    bucket: str
    """Where steps hand on their results."""
    model_data_bucket: str
    """Where registered models are put."""
    model_package_group: str
    role_arn: str
    """What the jobs run as."""
    approval: str
    volume_gib: int
    timeout_seconds: int
    cache_days: int
    retry_attempts: int
    is_isolated: bool
    """Whether the jobs have no network."""
    spot_wait_seconds: int | None = None
    """How long the training job may wait for spare capacity and run; None: it runs on demand."""
    champion: Mapping[str, str] | None = None
    allow_code_formats: Sequence[str] = ()
    kms_key_arn: str | None = None
    model_data_kms_key_arn: str | None = None
    subnet_ids: Sequence[str] = ()
    security_group_ids: Sequence[str] = ()
    tags: Mapping[str, str] | None = None

    def step(self, name: str) -> StepPlan:
        """Return the step of that name."""
        return next(step for step in self.steps if step.name == name)

    @property
    def training_step(self) -> StepPlan | None:
        """The step whose output is the model."""
        return next((step for step in self.steps if step.kind is StepKind.TRAINING), None)

    @property
    def registers(self) -> bool:
        """Whether a run registers what it trains."""
        return any(step.kind is StepKind.REGISTRATION for step in self.steps)

    @property
    def champion_model_data_url(self) -> str | None:
        """Where the archive of the version that serves lies."""
        if self.champion is None:
            return None
        return model_data_url(self.model_data_bucket, self.model_package_group, self.champion["digest"])
