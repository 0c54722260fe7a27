"""What a training pipeline on SageMaker is made of: its arguments, checked and complete."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from pulumi_mlops._shared.aws.account import AwsAccount
from pulumi_mlops.training_pipeline.sagemaker.definition import ParameterPlan, StepKind, StepPlan
from pulumi_mlops.training_pipeline.settings import NeutralPipelineSettings


@dataclass(frozen=True, kw_only=True)
class SageMakerPipelineSettings(NeutralPipelineSettings):
    """Everything that the pipeline's documents are made of."""

    aws_name: str
    """The pipeline's name on AWS, and the beginning of what belongs to it."""
    account: AwsAccount
    steps: Sequence[StepPlan]
    result_step: str | None
    parameters: Mapping[str, ParameterPlan]
    """With the defaults that the graph has; `later` has the values that were given."""
    cache_days: int
    retry_attempts: int
    spot_wait_seconds: int | None
    """How long the training job may take, waiting for spare capacity included; None: it is not on spare capacity."""
    approval: str
    has_network: bool
    """Whether jobs can reach anything at all."""
    subnet_ids: Sequence[pulumi.Input[str]]
    security_group_ids: Sequence[pulumi.Input[str]]
    data_s3_uris: Sequence[pulumi.Input[str]]
    data_kms_key_arns: Sequence[pulumi.Input[str]]
    permissions_boundary_arn: pulumi.Input[str] | None
    tags: Mapping[str, pulumi.Input[str]]
    """Of everything that is created, and of each run's jobs."""
    later: Mapping[str, Any]
    """What may not be known yet, by name."""

    @property
    def registers(self) -> bool:
        """Whether runs register what they train."""
        return any(step.kind is StepKind.REGISTRATION for step in self.steps)

    @property
    def trains(self) -> bool:
        """Whether one of the steps is a training job."""
        return any(step.kind is StepKind.TRAINING for step in self.steps)
