"""The providers of a stack, made explicitly: none takes what the machine happens to be set to."""

import os

import pulumi_kubernetes

from pulumi_mlops.config import PlatformConfig


def kubernetes(platform: PlatformConfig) -> pulumi_kubernetes.Provider:
    """Return the provider of the stack's cluster.

    Args:
        platform: The stack's settings. `MLOPS_KUBE_CONTEXT` goes before the context that they name.
    """
    if platform.kubernetes is None:
        raise ValueError("platform.kubernetes: got nothing, expected the cluster's context; add it to the stack file")
    context = os.environ.get("MLOPS_KUBE_CONTEXT") or platform.kubernetes.context
    return pulumi_kubernetes.Provider("kubernetes", context=context)
