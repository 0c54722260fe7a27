"""What a workload of a stack is called on AWS."""

from dataclasses import dataclass

from pulumi_mlops._shared.aws.account import AwsAccount
from pulumi_mlops.cli.stacks import Place
from pulumi_mlops.model_registry.config import AccountRegistry
from pulumi_mlops.model_registry.sagemaker.storage.settings import bucket_name_of
from pulumi_mlops.stack.platform.config import SageMakerSettings


@dataclass(frozen=True)
class Names:
    """A workload's names.

    Attributes:
        region: The region that it runs in.
        pipeline: Its pipeline.
        endpoint: Its endpoint.
        bucket: The stack's bucket.
        group: Its model package group: its name or, where another stack has the registry, its ARN.
    """

    region: str
    pipeline: str
    endpoint: str
    bucket: str
    group: str


def names_of(place: Place) -> Names:
    """Return the names of a workload.

    Raises:
        ValueError: When its stack is not for SageMaker.
    """
    platform = place.config.platform
    settings = platform.sagemaker
    if settings is None:
        raise ValueError(f"stack {place.stack}: got target {platform.target.value}, expected sagemaker")
    prefix = f"{place.namespace}-{place.workload}"
    bucket = bucket_name_of(place.namespace, AwsAccount(settings.account_id, settings.region))
    return Names(settings.region, f"{prefix}-pipeline", prefix, bucket, _group(place, settings))


def _group(place: Place, settings: SageMakerSettings) -> str:
    registry = place.config.platform.registry
    if not isinstance(registry, AccountRegistry):
        return f"{place.namespace}-{place.workload}"
    name = f"model-package-group/{registry.namespace}-{place.workload}"
    return AwsAccount(registry.account_id, settings.region).arn("sagemaker", name)
