"""Rules of NetworkPolicies: who may speak to whom."""

from collections.abc import Sequence
from urllib.parse import urlsplit

import pulumi

from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.inputs import combine
from pulumi_mlops._shared.kubernetes.labels import PART_OF

NAMESPACE_LABEL = "kubernetes.io/metadata.name"
CLUSTER_SUFFIXES = (".svc.cluster.local", ".svc")
# OpenShift's DNS listens at the second; a policy sees the port of the pod, not of the Service.
DNS_PORTS = (53, 5353)


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
    """Allow questions to DNS, wherever it is: a cache on each node has an address that no selector finds."""
    return {"ports": [{"port": port, "protocol": protocol} for port in DNS_PORTS for protocol in ("UDP", "TCP")]}


def to_url(url: pulumi.Input[str]) -> pulumi.Input[Document]:
    """Allow connections to the pods of a Service's namespace, or to a URL's port at any address outside.

    A NetworkPolicy knows the ports of pods, and a Service may have another: it is left open. It knows no host names
    either, so an address outside cannot be told from another by its name.

    Raises:
        ValueError: The URL, once it is known, is none.
    """
    return combine(_to_known_url, url)


def _to_known_url(url: str) -> Document:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        # Without the address, which may hold a password; and without the error, which quotes it.
        raise ValueError(
            "url: got none that can be read, expected http(s)://host or http(s)://host:port; correct it"
        ) from None
    for suffix in CLUSTER_SUFFIXES:
        service, _, namespace = host.removesuffix(suffix).rpartition(".")
        if host.endswith(suffix) and service:
            return {"to": [{"namespaceSelector": in_namespace(namespace)}]}
    return {"ports": [tcp(port or (443 if parts.scheme == "https" else 80))]}


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
