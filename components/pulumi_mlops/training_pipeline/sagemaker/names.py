"""What belongs to a training pipeline on AWS is named after it. Nothing needs to be there for its ARN to be known."""

from enum import Enum

from pulumi_mlops.training_pipeline.sagemaker.resolved import SageMakerPipelineSettings


class Role(str, Enum):
    """Who acts with which rights."""

    JOBS = "jobs"
    """The steps' code."""
    EXECUTION = "execution"
    """SageMaker, which starts the steps' jobs and registers the model."""
    SCHEDULE = "schedule"
    """EventBridge Scheduler, which starts the pipeline."""


def role_name(settings: SageMakerPipelineSettings, role: Role) -> str:
    """Return a role's name."""
    return f"{settings.aws_name}-{role.value}"


def role_arn(settings: SageMakerPipelineSettings, role: Role) -> str:
    """Return a role's ARN."""
    return settings.account.arn("iam", f"role/{role_name(settings, role)}")


def pipeline_arn(settings: SageMakerPipelineSettings) -> str:
    """Return the pipeline's ARN."""
    return settings.account.arn("sagemaker", f"pipeline/{settings.aws_name}")
