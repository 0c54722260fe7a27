"""What belongs to a training pipeline on AWS is named after it. Nothing needs to be there for its ARN to be known."""

from enum import Enum

from pulumi_mlops._shared.aws.pipeline_roles import EXECUTION, SCHEDULE, PipelineRoles
from pulumi_mlops.training_pipeline.sagemaker.resolved import SageMakerPipelineSettings


class Role(str, Enum):
    """Who acts with which rights."""

    JOBS = "jobs"
    """The steps' code."""
    EXECUTION = EXECUTION
    """SageMaker, which starts the steps' jobs and registers the model."""
    SCHEDULE = SCHEDULE
    """EventBridge Scheduler, which starts the pipeline."""


def roles_of(settings: SageMakerPipelineSettings) -> PipelineRoles:
    """Return the roles of a training pipeline."""
    return PipelineRoles(settings.account, settings.aws_name, settings.tags, settings.permissions_boundary_arn)
