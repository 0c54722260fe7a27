"""A whole stack as one call: what a project's Pulumi program consists of."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from pulumi_mlops.stack import providers
from pulumi_mlops.stack.load import load_secrets, load_stack
from pulumi_mlops.stack.platform.component import Platform
from pulumi_mlops.stack.preview_warnings import warn_of_losses
from pulumi_mlops.stack.workload.component import Workload


@dataclass(frozen=True)
class DeclaredStack:
    """What `declare_stack` has declared, for a program that goes on from there.

    Attributes:
        platform: What the workloads share.
        workloads: The workloads by name.
        provider: The provider of the stack's target, explicit on all of them.
    """

    platform: Platform
    workloads: Mapping[str, Workload]
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
    platform = Platform("platform", stack.platform, load_secrets(), on_target)
    workloads = {
        name: Workload(name, platform.workload_args(stack, name), on_target) for name in sorted(stack.workloads)
    }
    pulumi.export("namespace", platform.namespace)
    pulumi.export("registry", platform.registry_id)
    pulumi.export("workloads", {name: workload.outputs() for name, workload in workloads.items()})
    warn_of_losses(stack)
    return DeclaredStack(platform, workloads, provider)
