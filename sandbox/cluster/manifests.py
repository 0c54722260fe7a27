"""The objects that every cluster of the sandbox holds, beside those that Kubernetes makes itself."""

import base64
from pathlib import Path
from typing import Any

from sandbox.cluster import settings

Manifest = dict[str, Any]


def render(pki: Path) -> list[Manifest]:
    """Render the objects, in the order in which they are applied.

    Args:
        pki: Folder with the certificates.

    Returns:
        One document for each object.
    """
    authority = base64.b64encode((pki / "ca.crt").read_bytes()).decode()
    return [
        *_dns(),
        *_network_policies_rights(),
        _storage_class(),
        *_provisioner_rights(),
        *_metrics_rights(),
        *_metrics_service(authority),
    ]


def _dns() -> list[Manifest]:
    rules = [
        {"apiGroups": [""], "resources": ["endpoints", "services", "pods", "namespaces"], "verbs": ["list", "watch"]},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]},
    ]
    ports = [("dns", 53, settings.DNS_PORT, "UDP"), ("dns-tcp", 53, settings.DNS_PORT, "TCP")]
    labels = {"k8s-app": "kube-dns", "kubernetes.io/name": "CoreDNS"}
    return [
        *_cluster_rights("system:coredns", rules),
        *_service_of_the_machine("kube-dns", ports, labels, cluster_ip=settings.DNS_SERVICE_ADDRESS),
    ]


def _network_policies_rights() -> list[Manifest]:
    watch = ["list", "watch"]
    return _cluster_rights(
        "system:kube-network-policies",
        [
            {"apiGroups": [""], "resources": ["pods", "namespaces"], "verbs": watch},
            {"apiGroups": ["networking.k8s.io"], "resources": ["networkpolicies"], "verbs": watch},
            {"apiGroups": [""], "resources": ["events"], "verbs": ["create", "patch", "update"]},
        ],
    )


def _storage_class() -> Manifest:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": settings.STORAGE_CLASS,
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": settings.VOLUME_PROVISIONER,
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "WaitForFirstConsumer",
    }


def _provisioner_rights() -> list[Manifest]:
    watch = ["get", "list", "watch"]
    return _cluster_rights(
        "system:volume-provisioner",
        [
            {"apiGroups": [""], "resources": ["nodes"], "verbs": watch},
            {"apiGroups": [""], "resources": ["persistentvolumes"], "verbs": [*watch, "create", "patch", "delete"]},
            {"apiGroups": [""], "resources": ["persistentvolumeclaims"], "verbs": [*watch, "update"]},
            {"apiGroups": [""], "resources": ["events"], "verbs": ["create", "patch"]},
            {"apiGroups": ["storage.k8s.io"], "resources": ["storageclasses"], "verbs": watch},
        ],
    )


def _metrics_rights() -> list[Manifest]:
    user = "system:metrics-server"
    watch = ["get", "list", "watch"]
    rules = [
        {"apiGroups": [""], "resources": ["nodes/metrics"], "verbs": ["get"]},
        {"apiGroups": [""], "resources": ["pods", "nodes"], "verbs": watch},
    ]
    reader = {
        "apiGroups": ["metrics.k8s.io"],
        "resources": ["pods", "nodes"],
        "verbs": watch,
    }
    aggregated = {f"rbac.authorization.k8s.io/aggregate-to-{role}": "true" for role in ("view", "edit", "admin")}
    return [
        *_cluster_rights(user, rules),
        _cluster_role("system:aggregated-metrics-reader", [reader], labels=aggregated),
        _cluster_binding("metrics-server:system:auth-delegator", "system:auth-delegator", user),
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "metrics-server-auth-reader", "namespace": "kube-system"},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "Role",
                "name": "extension-apiserver-authentication-reader",
            },
            "subjects": [_user(user)],
        },
    ]


def _metrics_service(authority: str) -> list[Manifest]:
    return [
        *_service_of_the_machine("metrics-server", [("https", 443, settings.METRICS_SERVER_PORT, "TCP")], {}),
        {
            "apiVersion": "apiregistration.k8s.io/v1",
            "kind": "APIService",
            "metadata": {"name": "v1beta1.metrics.k8s.io"},
            "spec": {
                "service": {"name": "metrics-server", "namespace": "kube-system"},
                "group": "metrics.k8s.io",
                "version": "v1beta1",
                "caBundle": authority,
                "groupPriorityMinimum": 100,
                "versionPriority": 100,
            },
        },
    ]


def _service_of_the_machine(
    name: str, ports: list[tuple[str, int, int, str]], labels: dict[str, str], cluster_ip: str | None = None
) -> list[Manifest]:
    """Return a service without pods: its endpoint is a program that runs on the machine itself."""
    metadata = {"name": name, "namespace": "kube-system"}
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {**metadata, "labels": labels},
            "spec": {
                **({"clusterIP": cluster_ip} if cluster_ip else {}),
                "ports": [
                    {"name": port_name, "port": port, "targetPort": target, "protocol": protocol}
                    for port_name, port, target, protocol in ports
                ],
            },
        },
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {**metadata, "labels": {"kubernetes.io/service-name": name}},
            "addressType": "IPv4",
            "endpoints": [{"addresses": [settings.NODE_ADDRESS], "conditions": {"ready": True}}],
            "ports": [
                {"name": port_name, "port": target, "protocol": protocol} for port_name, _, target, protocol in ports
            ],
        },
    ]


def _cluster_rights(user: str, rules: list[Manifest]) -> list[Manifest]:
    return [_cluster_role(user, rules), _cluster_binding(user, user, user)]


def _cluster_role(name: str, rules: list[Manifest], labels: dict[str, str] | None = None) -> Manifest:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name, **({"labels": labels} if labels else {})},
        "rules": rules,
    }


def _cluster_binding(name: str, role: str, user: str) -> Manifest:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [_user(user)],
    }


def _user(name: str) -> Manifest:
    return {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": name}
