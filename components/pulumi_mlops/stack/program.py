"""A whole stack as one call: what a project's Pulumi program consists of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi

from pulumi_mlops.stack import arguments, providers
from pulumi_mlops.stack.load import load_secrets, load_stack
from pulumi_mlops.stack.model import StackConfig
from pulumi_mlops.stack.platform.component import Platform
from pulumi_mlops.stack.preview_warnings import warn_of_losses
from pulumi_mlops.stack.workload.component import Workload

if TYPE_CHECKING:
    from pulumi_mlops.feature_store.kubernetes.component import KubernetesFeatureStore
    from pulumi_mlops.feature_store.sagemaker.component import SageMakerFeatureStore


@dataclass(frozen=True)
class DeclaredStack:
    """What `declare_stack` has declared, for a program that goes on from there.

    Attributes:
        platform: What the workloads share.
        workloads: The workloads by name.
        feature_stores: The feature stores by name.
        provider: The provider of the stack's target, explicit on all of them.
    """

    platform: Platform
    workloads: Mapping[str, Workload]
    feature_stores: "Mapping[str, KubernetesFeatureStore | SageMakerFeatureStore]"
    provider: pulumi.ProviderResource


def declare_stack() -> DeclaredStack:
    """Declare the running stack as its file says: its platform, each of its workloads, and the stack's outputs.

    Returns:
        What was declared. A program may declare more beside it, on the same provider.

    Raises:
        RefusedStackError: When anything is wrong with the stack's configuration; its text holds every problem.
    """
    stack = load_stack()
    provider = providers.of(stack.platform)
    on_target = pulumi.ResourceOptions(provider=provider)
    keeps_rows = any(store.protect_data for store in stack.feature_stores.values())
    platform = Platform("platform", stack.platform, load_secrets(), on_target, keeps_rows=keeps_rows)
    stores = _feature_stores(stack, platform, on_target)
    lookup_urls = {name: store.lookup_url for name, store in stores.items()}
    workloads = {
        name: Workload(name, platform.workload_args(stack, name, lookup_urls), on_target)
        for name in sorted(stack.workloads)
    }
    pulumi.export("namespace", platform.namespace)
    pulumi.export("registry", platform.registry_id)
    pulumi.export("workloads", {name: workload.outputs() for name, workload in workloads.items()})
    if stores:
        pulumi.export("feature_stores", {name: store.outputs() for name, store in stores.items()})
    warn_of_losses(stack)
    return DeclaredStack(platform, workloads, stores, provider)


def _feature_stores(
    stack: StackConfig, platform: Platform, options: pulumi.ResourceOptions
) -> "Mapping[str, KubernetesFeatureStore | SageMakerFeatureStore]":
    """Declare the feature stores. Each target's library is large, and most stacks have no store."""
    if not stack.feature_stores:
        return {}
    if stack.platform.sagemaker is not None:
        from pulumi_mlops.feature_store.sagemaker.component import SageMakerFeatureStore  # noqa: PLC0415

        return {
            name: SageMakerFeatureStore(name, platform.sagemaker_feature_store_args(stack, name), options)
            for name in sorted(stack.feature_stores)
        }
    from pulumi_mlops.feature_store.kubernetes.component import KubernetesFeatureStore  # noqa: PLC0415

    return {
        name: KubernetesFeatureStore(
            name, arguments.feature_store_args(stack, name, platform.tags, namespace=platform.namespace), options
        )
        for name in sorted(stack.feature_stores)
    }
