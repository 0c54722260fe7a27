"""What a stack's configuration comes to as arguments of the components, by name. Pure: nothing is declared."""

from typing import Any

import pulumi

from pulumi_mlops._shared.aws.account import AwsAccount
from pulumi_mlops._shared.config_model import Model
from pulumi_mlops._shared.documents import without_none
from pulumi_mlops.model_registry.config import AccountRegistry, OwnRegistry
from pulumi_mlops.model_registry.sagemaker.storage.settings import bucket_name_of
from pulumi_mlops.stack import graphs
from pulumi_mlops.stack.model import StackConfig
from pulumi_mlops.stack.platform.config import PlatformConfig, SageMakerSettings
from pulumi_mlops.stack.workload.args import WorkloadArgs

GROUP = "model-package-group"
_OTHER_ACCOUNTS = ("consumer_account_ids", "producer_account_ids")
_ONLY_SAGEMAKER = set(_OTHER_ACCOUNTS)
_STORAGE = {
    "account_id",
    "region",
    "allow_unlisted",
    "kms_key_arn",
    "protect_data",
    "noncurrent_version_days",
    "run_retention_days",
}
_PLACE = {
    "account_id",
    "region",
    "allow_unlisted",
    "kms_key_arn",
    "permissions_boundary_arn",
    "subnet_ids",
    "security_group_ids",
    "protect_data",
}


def given(config: Model, **choice: Any) -> dict[str, Any]:
    """Return what a configuration says, as arguments; what it leaves out, the components know."""
    return config.model_dump(mode="json", exclude_none=True, exclude_unset=True, **choice)


def workload_args(
    stack: StackConfig,
    name: str,
    tags: dict[str, pulumi.Input[str]],
    *,
    registry_url: pulumi.Input[str] | None = None,
    namespace: pulumi.Input[str] | None = None,
    bucket_name: pulumi.Input[str] | None = None,
) -> WorkloadArgs:
    """Return the arguments of one of a stack's workloads.

    Args:
        stack: The stack's configuration.
        name: Name of the workload.
        tags: Tags of everything in the stack.
        registry_url: On kubernetes: the address of the registry.
        namespace: On kubernetes: the namespace, known once it exists. Defaults to its name.
        bucket_name: On sagemaker: the stack's bucket.
    """
    workload, platform = stack.workloads[name], stack.platform
    args: dict[str, Any] = {
        "environment": platform.environment,
        "pipeline_image": platform.images.pipeline,
        "serving_image": platform.images.serving,
        "tags": tags,
        **given(workload),
    }
    args["pipeline"] = {
        **given(workload.pipeline, exclude={"graph"}),
        "graph": graphs.load_graph(stack.graph_of(name)).to_document(),
    }
    if platform.sagemaker is not None:
        args["sagemaker"] = _sagemaker_place(platform, platform.sagemaker, name, bucket_name)
    else:
        args["registry_url"] = registry_url
        args["kubernetes"] = {"namespace": namespace or platform.namespace, **_kubernetes_place(platform)}
    checked: Any = args
    result: WorkloadArgs = checked
    return result


def registry_args(platform: PlatformConfig, registry: OwnRegistry, namespace: pulumi.Input[str]) -> dict[str, Any]:
    """Return the settings of the registry that a stack on kubernetes runs, but for its secrets."""
    kubernetes = platform.kubernetes
    return without_none(
        {
            **given(registry, exclude=_ONLY_SAGEMAKER),
            "namespace": namespace,
            "image": platform.images.registry,
            "database_image": platform.images.postgres,
            "storage_class_name": None if kubernetes is None else kubernetes.storage_class_name,
            **_kubernetes_place(platform),
        }
    )


def storage_args(platform: PlatformConfig, settings: SageMakerSettings) -> dict[str, Any]:
    """Return the settings of a stack's bucket."""
    return {**given(settings, include=_STORAGE), "namespace": platform.namespace, **_other_accounts(platform)}


def registry_arn(platform: PlatformConfig, settings: SageMakerSettings, workload: str) -> str:
    """Return the ARN of a workload's model package group: the stack's own, or another stack's."""
    registry = platform.registry
    if isinstance(registry, AccountRegistry):
        account_id, namespace = registry.account_id, registry.namespace
    else:
        account_id, namespace = settings.account_id, platform.namespace
    account = AwsAccount(settings.account_id, settings.region)
    return account.arn("sagemaker", f"{GROUP}/{namespace}-{workload}", account_id=account_id)


def _kubernetes_place(platform: PlatformConfig) -> dict[str, Any]:
    """Return what every component of a stack on kubernetes is told of the cluster, besides the namespace."""
    if platform.kubernetes is None:
        return {}
    return given(platform.kubernetes, include={"image_pull_secret_names", "cluster_assigned_user"})


def _sagemaker_place(
    platform: PlatformConfig, settings: SageMakerSettings, workload: str, bucket_name: pulumi.Input[str] | None
) -> dict[str, Any]:
    place = {**given(settings, include=_PLACE), "namespace": platform.namespace, "bucket_name": bucket_name}
    registry = platform.registry
    if not isinstance(registry, AccountRegistry):
        return place | _other_accounts(platform)
    owner = AwsAccount(registry.account_id, settings.region)
    place["model_package_group"] = registry_arn(platform, settings, workload)
    place["model_data_bucket"] = bucket_name_of(registry.namespace, owner)
    return without_none({**place, "model_data_kms_key_arn": registry.kms_key_arn})


def _other_accounts(platform: PlatformConfig) -> dict[str, Any]:
    registry = platform.registry
    return given(registry, include=_ONLY_SAGEMAKER) if isinstance(registry, OwnRegistry) else {}
