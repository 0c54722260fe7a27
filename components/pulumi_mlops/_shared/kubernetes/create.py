"""Turns Kubernetes objects as data into Pulumi resources."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from pulumi_mlops._shared.documents import Document

_GATEWAY = "gateway.networking.k8s.io/v1"
_CLASSES: dict[tuple[str, str], Callable[[], Callable[..., pulumi.CustomResource]]] = {
    # Each module of pulumi_kubernetes is imported when it is first used.
    ("v1", "ConfigMap"): lambda: kubernetes.core.v1.ConfigMap,
    ("v1", "Namespace"): lambda: kubernetes.core.v1.Namespace,
    ("v1", "PersistentVolumeClaim"): lambda: kubernetes.core.v1.PersistentVolumeClaim,
    ("v1", "Secret"): lambda: kubernetes.core.v1.Secret,
    ("v1", "Service"): lambda: kubernetes.core.v1.Service,
    ("v1", "ServiceAccount"): lambda: kubernetes.core.v1.ServiceAccount,
    ("apps/v1", "Deployment"): lambda: kubernetes.apps.v1.Deployment,
    ("apps/v1", "StatefulSet"): lambda: kubernetes.apps.v1.StatefulSet,
    ("autoscaling/v2", "HorizontalPodAutoscaler"): lambda: kubernetes.autoscaling.v2.HorizontalPodAutoscaler,
    ("rbac.authorization.k8s.io/v1", "Role"): lambda: kubernetes.rbac.v1.Role,
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): lambda: kubernetes.rbac.v1.RoleBinding,
    ("batch/v1", "CronJob"): lambda: kubernetes.batch.v1.CronJob,
    ("batch/v1", "Job"): lambda: kubernetes.batch.v1.Job,
    # Custom resources have one class for all of them.
    (_GATEWAY, "HTTPRoute"): lambda: partial(
        kubernetes.apiextensions.CustomResource, api_version=_GATEWAY, kind="HTTPRoute"
    ),
    ("networking.k8s.io/v1", "Ingress"): lambda: kubernetes.networking.v1.Ingress,
    ("networking.k8s.io/v1", "NetworkPolicy"): lambda: kubernetes.networking.v1.NetworkPolicy,
    ("policy/v1", "PodDisruptionBudget"): lambda: kubernetes.policy.v1.PodDisruptionBudget,
}


def create(name: str, document: Document, options: pulumi.ResourceOptions) -> Any:
    """Declare a Kubernetes object as a resource.

    Args:
        name: The resource's name in Pulumi.
        document: The whole object, in the API's own names.
        options: The resource's options.

    Returns:
        The resource, of the class that its kind has in `pulumi_kubernetes`.
    """
    known = _CLASSES.get((document["apiVersion"], document["kind"]))
    if known is None:
        # A kind that the cluster's operators define: the library has no class for it.
        return kubernetes.apiextensions.CustomResource(
            name,
            api_version=document["apiVersion"],
            kind=document["kind"],
            metadata=document["metadata"],
            spec=document["spec"],
            opts=options,
        )
    arguments = {_snake_case(key): value for key, value in document.items() if key not in ("apiVersion", "kind")}
    return known()(name, **arguments, opts=options)


def _snake_case(key: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).lower()
