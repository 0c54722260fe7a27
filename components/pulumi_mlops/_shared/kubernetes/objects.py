"""Small Kubernetes objects that more than one component has."""

from collections.abc import Mapping

import pulumi

from pulumi_mlops._shared.documents import Document


def service_account(metadata: Document, annotations: Mapping[str, pulumi.Input[str]] | None = None) -> Document:
    """Build a ServiceAccount whose token is not mounted. Annotations tie it to a cloud's identity."""
    if annotations:
        metadata = {**metadata, "annotations": dict(annotations)}
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata,
        "automountServiceAccountToken": False,
    }


def service(metadata: Document, selector: dict[str, str], ports: list[Document], *, headless: bool = False) -> Document:
    """Build a Service that the cluster alone can reach."""
    spec: Document = {"type": "ClusterIP", "selector": selector, "ports": ports}
    if headless:
        spec["clusterIP"] = "None"
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def volume_claim(metadata: Document, volume_gib: int, storage_class: pulumi.Input[str] | None) -> Document:
    """Build a claim for a volume that one node mounts at a time."""
    spec: Document = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": f"{volume_gib}Gi"}},
    }
    if storage_class is not None:
        spec["storageClassName"] = storage_class
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}


def disruption_budget(metadata: Document, selector: dict[str, str]) -> Document:
    """Build a PodDisruptionBudget that lets a node be drained one pod at a time, and never holds on to a sick pod."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata,
        "spec": {
            "maxUnavailable": 1,
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
            "selector": {"matchLabels": selector},
        },
    }


def single_pod_deployment(
    metadata: Document,
    selector: dict[str, str],
    template: Document,
    *,
    progress_deadline_seconds: int | None = None,
) -> Document:
    """Build a Deployment of one pod, which goes before the next comes: two would do the same twice.

    Args:
        metadata: Its metadata.
        selector: Labels that select its pod.
        template: The pod's template.
        progress_deadline_seconds: How long the pod may take to be ready. Defaults to Kubernetes' own.
    """
    patience = {} if progress_deadline_seconds is None else {"progressDeadlineSeconds": progress_deadline_seconds}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata,
        "spec": {
            "replicas": 1,
            **patience,
            "revisionHistoryLimit": 3,
            "selector": {"matchLabels": selector},
            "strategy": {"type": "Recreate"},
            "template": template,
        },
    }
