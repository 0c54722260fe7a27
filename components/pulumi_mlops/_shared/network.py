"""Rules of NetworkPolicies: who may speak to whom."""

from collections.abc import Sequence
from urllib.parse import urlsplit

import pulumi

from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.inputs import combine
from pulumi_mlops._shared.labels import PART_OF

NAMESPACE_LABEL = "kubernetes.io/metadata.name"
CLUSTER_SUFFIXES = (".svc.cluster.local", ".svc")


def tcp(port: int) -> Document:
    """Return one TCP port."""
    return {"port": port, "protocol": "TCP"}


def in_namespace(namespace: pulumi.Input[str]) -> Document:
    """Select a namespace by its name."""
    return {"matchLabels": {NAMESPACE_LABEL: namespace}}


def from_our_pods(namespaces: Sequence[pulumi.Input[str]]) -> list[Document]:
    """Select the pods that the components of this package run in the namespaces."""
    ours = {"matchLabels": {"app.kubernetes.io/part-of": PART_OF}}
    return [{"namespaceSelector": in_namespace(namespace), "podSelector": ours} for namespace in namespaces]


def to_dns() -> Document:
    """Allow questions to the cluster's DNS."""
    ports = [{"port": 53, "protocol": "UDP"}, tcp(53)]
    return {"to": [{"namespaceSelector": in_namespace("kube-system")}], "ports": ports}


def to_url(url: pulumi.Input[str]) -> pulumi.Input[Document]:
    """Allow connections to a URL's port: of its namespace when it is a Service of the cluster, else of any address.

    A NetworkPolicy knows no host names, so an address outside cannot be told from another by its name.
    """
    return combine(_to_known_url, url)


def _to_known_url(url: str) -> Document:
    parts = urlsplit(url)
    host = parts.hostname or ""
    rule: Document = {"ports": [tcp(parts.port or (443 if parts.scheme == "https" else 80))]}
    for suffix in CLUSTER_SUFFIXES:
        if host.endswith(suffix) and host.removesuffix(suffix).count(".") == 1:
            namespace = host.removesuffix(suffix).split(".")[1]
            rule["to"] = [{"namespaceSelector": in_namespace(namespace)}]
            break
    return rule


def policy(
    metadata: Document,
    selector: dict[str, str],
    *,
    ingress: Sequence[pulumi.Input[Document]] = (),
    egress: Sequence[pulumi.Input[Document]] = (),
) -> Document:
    """Build a NetworkPolicy that allows what the rules say and nothing else, in both directions."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata,
        "spec": {
            "podSelector": {"matchLabels": selector},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": list(ingress),
            "egress": list(egress),
        },
    }
