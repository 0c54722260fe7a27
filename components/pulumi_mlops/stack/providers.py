"""The providers of a stack, made explicitly: none takes what the machine happens to be set to."""

import os
from typing import Any

import pulumi

from pulumi_mlops.stack import PlatformConfig, Target

# The services that a stack on SageMaker consists of.
AWS_SERVICES = ("cloudwatch", "iam", "s3", "sagemaker", "scheduler", "sts")


def of(platform: PlatformConfig) -> pulumi.ProviderResource:
    """Return the provider of the stack's target.

    Args:
        platform: The stack's settings.
    """
    return aws(platform) if platform.target is Target.SAGEMAKER else kubernetes(platform)


def kubernetes(platform: PlatformConfig) -> pulumi.ProviderResource:
    """Return the provider of the stack's cluster.

    Args:
        platform: The stack's settings. `MLOPS_KUBE_CONTEXT` goes before the context that they name. Another context is
            another cluster: everything is created there and deleted here, and a registry's data is protected from it.
    """
    import pulumi_kubernetes  # noqa: PLC0415 - each target's library is large, and a stack has one target

    if platform.kubernetes is None:
        raise ValueError(
            "platform.kubernetes: got nothing, expected the cluster's context, fix: add it to the stack file"
        )
    context = os.environ.get("MLOPS_KUBE_CONTEXT") or platform.kubernetes.context
    # The context stands for the cluster. Without this the provider compares what KUBECONFIG names, and where that is
    # not set another context is taken for the same cluster: the state would speak of objects that are elsewhere.
    provider: pulumi.ProviderResource = pulumi_kubernetes.Provider(
        "kubernetes", context=context, cluster_identifier=context
    )
    return provider


def aws(platform: PlatformConfig) -> pulumi.ProviderResource:
    """Return the provider of the stack's AWS account; credentials of any other account are refused.

    Args:
        platform: The stack's settings. `MLOPS_AWS_ENDPOINT_URL` leads to an offline AWS instead.
    """
    import pulumi_aws  # noqa: PLC0415 - each target's library is large, and a stack has one target

    if platform.sagemaker is None:
        raise ValueError("platform.sagemaker: got nothing, expected account and region, fix: add it to the stack file")
    settings = platform.sagemaker
    provider: pulumi.ProviderResource = pulumi_aws.Provider(
        "aws", region=settings.region, allowed_account_ids=[settings.account_id], **_offline()
    )
    return provider


def _offline() -> dict[str, Any]:
    """Return what leads to an offline AWS, where there is one: it has no metadata service and one host for all."""
    url = os.environ.get("MLOPS_AWS_ENDPOINT_URL")
    if not url:
        return {}
    return {
        "endpoints": [dict.fromkeys(AWS_SERVICES, url)],
        "s3_use_path_style": True,
        "skip_credentials_validation": True,
        "skip_metadata_api_check": True,
        "skip_region_validation": True,
    }
