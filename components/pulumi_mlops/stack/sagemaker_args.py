"""What a stack's configuration comes to as arguments of the components on SageMaker. Pure: nothing is declared."""

from typing import Any

import pulumi

from pulumi_mlops._shared.aws.account import AwsAccount
from pulumi_mlops._shared.documents import without_none
from pulumi_mlops.model_registry.sagemaker.storage.settings import bucket_name_of
from pulumi_mlops.stack import graphs
from pulumi_mlops.stack.model import StackConfig
from pulumi_mlops.stack.platform.config import AccountRegistry, OwnRegistry, PlatformConfig
from pulumi_mlops.stack.sagemaker import SageMakerSettings
from pulumi_mlops.stack.workload.component import WorkloadArgs

GROUP = "model-package-group"


def account_of(settings: SageMakerSettings) -> AwsAccount:
    """Return where a stack is."""
    return AwsAccount(settings.account_id, settings.region)


def storage_args(config: PlatformConfig, settings: SageMakerSettings) -> Any:
    """Return the settings of the stack's bucket."""
    return without_none(
        {
            "account_id": settings.account_id,
            "region": settings.region,
            "namespace": config.namespace,
            "kms_key_arn": settings.kms_key_arn,
            **_other_accounts(config),
            "protect_data": settings.protect_data,
            "noncurrent_days": settings.noncurrent_version_days,
            "expire_days": settings.run_retention_days,
        }
    )


def registry_arn(config: PlatformConfig, settings: SageMakerSettings, workload: str) -> str:
    """Return the ARN of a workload's model package group: the stack's own, or another stack's."""
    registry = config.registry
    if isinstance(registry, AccountRegistry):
        account_id, namespace = registry.account_id, registry.namespace
    else:
        account_id, namespace = settings.account_id, config.namespace
    return account_of(settings).arn("sagemaker", f"{GROUP}/{namespace}-{workload}", account_id=account_id)


def workload_args(
    stack: StackConfig,
    name: str,
    settings: SageMakerSettings,
    bucket_name: pulumi.Input[str],
    tags: dict[str, pulumi.Input[str]],
) -> WorkloadArgs:
    """Return the arguments of one of a stack's workloads.

    Args:
        stack: The stack's configuration.
        name: Name of the workload.
        settings: The stack's settings that only SageMaker has.
        bucket_name: The stack's bucket.
        tags: Tags of everything in the stack.
    """
    workload, platform = stack.workloads[name], stack.platform
    args: Any = {
        "environment": platform.environment,
        "pipeline_image": platform.images.pipeline,
        "serving_image": platform.images.serving,
        "pipeline": _pipeline(stack, name),
        "endpoint": _endpoint(stack, name),
        "tags": tags,
        "sagemaker": _place(platform, settings, name, bucket_name),
    }
    if workload.model is not None:
        args["model"] = _pin(workload.model)
    checked: WorkloadArgs = args
    return checked


def _place(
    config: PlatformConfig, settings: SageMakerSettings, workload: str, bucket_name: pulumi.Input[str]
) -> dict[str, Any]:
    registry = config.registry
    place: dict[str, Any] = {
        "account_id": settings.account_id,
        "region": settings.region,
        "namespace": config.namespace,
        "bucket_name": bucket_name,
        "kms_key_arn": settings.kms_key_arn,
        "permissions_boundary_arn": settings.permissions_boundary_arn,
        "subnet_ids": list(settings.subnet_ids) or None,
        "security_group_ids": list(settings.security_group_ids) or None,
        "protect_data": settings.protect_data,
    }
    if isinstance(registry, AccountRegistry):
        place["model_package_group"] = registry_arn(config, settings, workload)
        owner = AwsAccount(registry.account_id, settings.region)
        place["model_data_bucket"] = bucket_name_of(registry.namespace, owner)
        place["model_data_kms_key_arn"] = registry.kms_key_arn
    else:
        place.update(_other_accounts(config))
    return without_none(place)


def _other_accounts(config: PlatformConfig) -> dict[str, list[str] | None]:
    registry = config.registry
    if not isinstance(registry, OwnRegistry):
        return {}
    return {
        "consumer_account_ids": list(registry.consumer_account_ids) or None,
        "producer_account_ids": list(registry.producer_account_ids) or None,
    }


def _pipeline(stack: StackConfig, name: str) -> Any:
    pipeline = stack.workloads[name].pipeline
    args: dict[str, Any] = {
        **pipeline.model_dump(
            mode="json", exclude_none=True, exclude={"graph", "resources", "allowed_egress_cidrs", "sagemaker"}
        ),
        "graph": graphs.load_graph(stack.graph_of(name)).to_document(),
    }
    if pipeline.sagemaker is not None:
        args["sagemaker"] = pipeline.sagemaker.model_dump(mode="json", exclude_none=True, exclude_unset=True)
    return args


def _endpoint(stack: StackConfig, name: str) -> Any:
    endpoint = stack.workloads[name].endpoint
    args: dict[str, Any] = {}
    if "replicas" in endpoint.model_fields_set:
        args |= {"replicas_min": endpoint.replicas.min, "replicas_max": endpoint.replicas.max}
    if endpoint.rollout_timeout_seconds is not None:
        args["rollout_timeout_seconds"] = endpoint.rollout_timeout_seconds
    if endpoint.rollout is not None:
        args["rollout"] = endpoint.rollout.model_dump(mode="json")
    if endpoint.sagemaker is not None:
        args["sagemaker"] = endpoint.sagemaker.model_dump(mode="json", exclude_none=True, exclude_unset=True)
        if endpoint.sagemaker.shadow is not None:
            args["sagemaker"]["shadow"]["model"] = _pin(endpoint.sagemaker.shadow.model)
    return args


def _pin(model: Any) -> dict[str, str]:
    return {"version": str(model.version), "digest": model.digest}
