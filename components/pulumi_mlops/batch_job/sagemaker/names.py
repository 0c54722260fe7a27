"""What belongs to a batch on AWS is named after it. Nothing needs to be there for its ARN to be known."""

from enum import Enum

from pulumi_mlops.batch_job.sagemaker.settings import SageMakerBatchSettings


class Role(str, Enum):
    """Who acts with which rights."""

    JOB = "job"
    """The code that scores."""
    EXECUTION = "execution"
    """SageMaker, which starts the job."""
    SCHEDULE = "schedule"
    """EventBridge Scheduler, which starts the pipeline."""


def role_name(settings: SageMakerBatchSettings, role: Role) -> str:
    """Return a role's name."""
    return f"{settings.aws_name}-{role.value}"


def role_arn(settings: SageMakerBatchSettings, role: Role) -> str:
    """Return a role's ARN."""
    return settings.account.arn("iam", f"role/{role_name(settings, role)}")


def pipeline_arn(settings: SageMakerBatchSettings) -> str:
    """Return the ARN of the pipeline."""
    return settings.account.arn("sagemaker", f"pipeline/{settings.aws_name}")
