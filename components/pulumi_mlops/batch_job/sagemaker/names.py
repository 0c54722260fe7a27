"""What belongs to a batch on AWS is named after it. Nothing needs to be there for its ARN to be known."""

from enum import Enum

from pulumi_mlops._shared.aws.pipeline_roles import EXECUTION, SCHEDULE, PipelineRoles
from pulumi_mlops.batch_job.sagemaker.settings import SageMakerBatchSettings


class Role(str, Enum):
    """Who acts with which rights."""

    JOB = "job"
    """The code that scores."""
    EXECUTION = EXECUTION
    """SageMaker, which starts the job."""
    SCHEDULE = SCHEDULE
    """EventBridge Scheduler, which starts the pipeline."""


def roles_of(settings: SageMakerBatchSettings) -> PipelineRoles:
    """Return the roles of a batch."""
    return PipelineRoles(settings.account, settings.aws_name, settings.job_tags, settings.permissions_boundary_arn)
