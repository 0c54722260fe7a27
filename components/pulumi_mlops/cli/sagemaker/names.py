"""What a workload of a stack is called on AWS."""

from dataclasses import dataclass

from pulumi_mlops._shared import names
from pulumi_mlops._shared.aws.account import AwsAccount
from pulumi_mlops.cli.stacks import Place
from pulumi_mlops.model_registry.config import AccountRegistry
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
    account = AwsAccount(settings.account_id, settings.region)
    return Names(
        region=settings.region,
        pipeline=names.on_aws(place.namespace, names.pipeline_of(place.workload)),
        endpoint=names.on_aws(place.namespace, place.workload),
        bucket=names.bucket(place.namespace, account),
        group=_group(place, settings),
    )


def registry_of(place: Place) -> tuple[str, str, str]:
    """Return whose registry a stack uses: the account, the namespace and the region of the stack that owns it.

    Raises:
        ValueError: When its stack is not for SageMaker.
    """
    platform = place.config.platform
    if platform.sagemaker is None:
        raise ValueError(f"stack {place.stack}: got target {platform.target.value}, expected sagemaker")
    registry = platform.registry
    if isinstance(registry, AccountRegistry):
        return registry.account_id, registry.namespace, platform.sagemaker.region
    return platform.sagemaker.account_id, platform.namespace, platform.sagemaker.region


def _group(place: Place, settings: SageMakerSettings) -> str:
    registry = place.config.platform.registry
    if not isinstance(registry, AccountRegistry):
        return names.on_aws(place.namespace, place.model)
    owner = AwsAccount(registry.account_id, settings.region)
    return names.model_package_group_arn(owner, names.on_aws(registry.namespace, place.model))
