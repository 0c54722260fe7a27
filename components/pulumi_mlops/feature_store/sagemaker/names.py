"""What belongs to a feature store on AWS is named after it. Nothing needs to be there for its ARN to be known."""

from enum import Enum

from pulumi_mlops._shared import names
from pulumi_mlops.feature_store.sagemaker.settings import SageMakerFeatureStoreSettings

FEATURES_PREFIX = "features/"
"""Below it a stack's bucket has the offline stores, and how far their ingestion has come."""


class Role(str, Enum):
    """Who acts with which rights."""

    STORE = "store"
    """SageMaker, which writes what is put to S3."""
    INGESTION = "ingestion"
    """The code that brings rows in."""
    EXECUTION = "execution"
    """SageMaker, which starts that job."""
    SCHEDULE = "schedule"
    """EventBridge Scheduler, which starts the pipeline."""


def feature_group_arn(settings: SageMakerFeatureStoreSettings, view: str) -> str:
    """Return the ARN of a view's feature group. AWS writes the name in lower case there."""
    name = names.feature_group(settings.namespace, settings.name, view)
    return settings.account.arn("sagemaker", f"feature-group/{name.lower()}")


def role_name(settings: SageMakerFeatureStoreSettings, role: Role) -> str:
    """Return a role's name."""
    return f"{settings.aws_name}-{role.value}"


def role_arn(settings: SageMakerFeatureStoreSettings, role: Role) -> str:
    """Return a role's ARN."""
    return settings.account.arn("iam", f"role/{role_name(settings, role)}")


def pipeline_name(settings: SageMakerFeatureStoreSettings) -> str:
    """Return the name of the pipeline that brings rows in, and of its schedule."""
    return f"{settings.aws_name}-ingestion"


def pipeline_arn(settings: SageMakerFeatureStoreSettings) -> str:
    """Return the ARN of that pipeline."""
    return settings.account.arn("sagemaker", f"pipeline/{pipeline_name(settings)}")


def store_folder(settings: SageMakerFeatureStoreSettings) -> str:
    """Return the folder of the bucket that belongs to the store."""
    return f"{FEATURES_PREFIX}{settings.name}"


def offline_folder(settings: SageMakerFeatureStoreSettings) -> str:
    """Return the folder of the bucket that SageMaker writes below."""
    return f"{store_folder(settings)}/offline"


def progress_folder(settings: SageMakerFeatureStoreSettings) -> str:
    """Return the folder of the bucket where it is noted how far each view has come."""
    return f"{store_folder(settings)}/progress"
