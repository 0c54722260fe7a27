"""What a stack's configuration comes to as arguments of the components, by name. Pure: nothing is declared."""

from collections.abc import Mapping
from typing import Any

import pulumi

from pulumi_mlops._shared import names
from pulumi_mlops._shared.aws.account import AwsAccount
from pulumi_mlops._shared.config_model import Model
from pulumi_mlops._shared.documents import without_none
from pulumi_mlops._shared.place import KubernetesPlaceArgs, SageMakerWorkloadPlaceArgs
from pulumi_mlops.feature_store.args import (
    KubernetesFeatureStoreArgs,
    KubernetesFeatureStoreSettingsArgs,
    SageMakerFeatureStoreArgs,
    SageMakerFeatureStoreSettingsArgs,
)
from pulumi_mlops.model_registry.args import KubernetesModelRegistrySettingsArgs
from pulumi_mlops.model_registry.config import AccountRegistry, OwnRegistry
from pulumi_mlops.model_registry.sagemaker.storage.args import SageMakerStorageSettingsArgs
from pulumi_mlops.stack import feature_definitions, graphs
from pulumi_mlops.stack.model import StackConfig
from pulumi_mlops.stack.platform.config import PlatformConfig, SageMakerSettings
from pulumi_mlops.stack.workload.args import WorkloadArgs

# What a registry's settings say of SageMaker alone: which other accounts use it.
_OTHER_ACCOUNTS = OwnRegistry.model_fields.keys() - KubernetesModelRegistrySettingsArgs.__annotations__.keys()


def given(config: Model, **choice: Any) -> dict[str, Any]:
    """Return what a configuration says, as arguments; what it leaves out, the components know."""
    return config.model_dump(mode="json", exclude_none=True, exclude_unset=True, **choice)


def given_to(contract: type, config: Model | None) -> dict[str, Any]:
    """Return what a configuration says of what a contract takes, by name; nothing of no configuration."""
    return {} if config is None else given(config, include=set(contract.__annotations__))


def workload_args(
    stack: StackConfig,
    name: str,
    tags: dict[str, pulumi.Input[str]],
    *,
    registry_url: pulumi.Input[str] | None = None,
    namespace: pulumi.Input[str] | None = None,
    bucket_name: pulumi.Input[str] | None = None,
    lookup_urls: Mapping[str, pulumi.Input[str]] | None = None,
) -> WorkloadArgs:
    """Return the arguments of one of a stack's workloads.

    Args:
        stack: The stack's configuration.
        name: Name of the workload.
        tags: Tags of everything in the stack.
        registry_url: On kubernetes: the address of the registry.
        namespace: On kubernetes: the namespace, known once it exists. Defaults to its name.
        bucket_name: On sagemaker: the stack's bucket.
        lookup_urls: On kubernetes: the address of each feature store, known once it answers. Defaults to its name.
    """
    workload, platform = stack.workloads[name], stack.platform
    args: dict[str, Any] = {
        "environment": platform.environment,
        "pipeline_image": stack.image_of(name, "pipeline"),
        "serving_image": stack.image_of(name, "serving"),
        "tags": tags,
        **given(workload, exclude={"images"}),
    }
    args["pipeline"] = {
        **given(workload.pipeline, exclude={"graph"}),
        "graph": graphs.load_graph(stack.graph_of(name)).to_document(),
    }
    if "features" in args.get("endpoint", {}):
        args["endpoint"] |= _lookup(stack, args["endpoint"].pop("features"), lookup_urls or {})
    if platform.sagemaker is not None:
        args["sagemaker"] = _sagemaker_place(platform, platform.sagemaker, name, bucket_name)
    else:
        args["registry_url"] = registry_url
        place = given_to(KubernetesPlaceArgs, platform.kubernetes)
        args["kubernetes"] = {**place, "namespace": namespace or platform.namespace}
    checked: Any = args
    result: WorkloadArgs = checked
    return result


def _lookup(stack: StackConfig, said: dict[str, Any], lookup_urls: Mapping[str, pulumi.Input[str]]) -> dict[str, Any]:
    """Return how an endpoint looks features up; nothing where its store or definition cannot be had, as is told."""
    name = said.pop("store")
    try:
        definition = feature_definitions.load_definition(stack.feature_stores[name].definition)
    except (KeyError, graphs.GraphError):
        return {}
    host = names.service_host(names.feature_server_of(name), stack.platform.namespace)
    url = lookup_urls.get(name, f"http://{host}")
    return {"features": {**said, "lookup_url": url, "definition": definition.document()}}


def registry_args(platform: PlatformConfig, registry: OwnRegistry, namespace: pulumi.Input[str]) -> dict[str, Any]:
    """Return the settings of the registry that a stack on kubernetes runs, but for its secrets."""
    contract = KubernetesModelRegistrySettingsArgs
    return without_none(
        {
            **given_to(contract, registry),
            **given_to(contract, platform.kubernetes),
            "namespace": namespace,
            "image": platform.images.registry,
            "database_image": platform.images.postgres,
        }
    )


def feature_store_args(
    stack: StackConfig,
    name: str,
    tags: dict[str, pulumi.Input[str]],
    *,
    namespace: pulumi.Input[str] | None = None,
) -> KubernetesFeatureStoreArgs:
    """Return the arguments of one of a stack's feature stores on kubernetes.

    Args:
        stack: The stack's configuration.
        name: Name of the store.
        tags: Tags of everything in the stack.
        namespace: The namespace, known once it exists. Defaults to its name.
    """
    store, platform = stack.feature_stores[name], stack.platform
    args: dict[str, Any] = {**given(store), "tags": tags}
    args["definition"] = feature_definitions.load_definition(store.definition).document()
    args["kubernetes"] = without_none(
        {
            **given_to(KubernetesFeatureStoreSettingsArgs, platform.kubernetes),
            **args.get("kubernetes", {}),
            "namespace": namespace or platform.namespace,
            "image": platform.images.feature_store,
            "online_store_image": platform.images.redis,
        }
    )
    checked: Any = args
    result: KubernetesFeatureStoreArgs = checked
    return result


def sagemaker_feature_store_args(
    stack: StackConfig,
    name: str,
    tags: dict[str, pulumi.Input[str]],
    settings: SageMakerSettings,
    bucket_name: pulumi.Input[str],
) -> SageMakerFeatureStoreArgs:
    """Return the arguments of one of a stack's feature stores on sagemaker.

    Args:
        stack: The stack's configuration.
        name: Name of the store.
        tags: Tags of everything in the stack.
        settings: The platform's, which only this target has.
        bucket_name: The stack's bucket.
    """
    store, platform = stack.feature_stores[name], stack.platform
    args: dict[str, Any] = {**given(store), "tags": tags}
    args["definition"] = feature_definitions.load_definition(store.definition).document()
    args["sagemaker"] = without_none(
        {
            **given_to(SageMakerFeatureStoreSettingsArgs, settings),
            **args.get("sagemaker", {}),
            "namespace": platform.namespace,
            "bucket_name": bucket_name,
            "image": platform.images.pipeline,
        }
    )
    checked: Any = args
    result: SageMakerFeatureStoreArgs = checked
    return result


def storage_args(platform: PlatformConfig, settings: SageMakerSettings) -> dict[str, Any]:
    """Return the settings of a stack's bucket."""
    said = given_to(SageMakerStorageSettingsArgs, settings)
    return {**said, "namespace": platform.namespace, **_other_accounts(platform)}


def registry_arn(platform: PlatformConfig, settings: SageMakerSettings, workload: str) -> str:
    """Return the ARN of a workload's model package group: the stack's own, or another stack's."""
    registry = platform.registry
    if isinstance(registry, AccountRegistry):
        account_id, namespace = registry.account_id, registry.namespace
    else:
        account_id, namespace = settings.account_id, platform.namespace
    account = AwsAccount(account_id, settings.region)
    return names.model_package_group_arn(account, names.on_aws(namespace, workload))


def _sagemaker_place(
    platform: PlatformConfig, settings: SageMakerSettings, workload: str, bucket_name: pulumi.Input[str] | None
) -> dict[str, Any]:
    said = given_to(SageMakerWorkloadPlaceArgs, settings)
    place = {**said, "namespace": platform.namespace, "bucket_name": bucket_name}
    registry = platform.registry
    if not isinstance(registry, AccountRegistry):
        return place | _other_accounts(platform)
    owner = AwsAccount(registry.account_id, settings.region)
    place["model_package_group"] = registry_arn(platform, settings, workload)
    place["model_data_bucket"] = names.bucket(registry.namespace, owner)
    return without_none({**place, "model_data_kms_key_arn": registry.kms_key_arn})


def _other_accounts(platform: PlatformConfig) -> dict[str, Any]:
    registry = platform.registry
    return given(registry, include=set(_OTHER_ACCOUNTS)) if isinstance(registry, OwnRegistry) else {}
