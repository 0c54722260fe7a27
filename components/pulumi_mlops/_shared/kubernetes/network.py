"""Rules of NetworkPolicies: who may speak to whom."""

from collections.abc import Sequence
from urllib.parse import urlsplit

import pulumi

from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.inputs import combine
from pulumi_mlops._shared.kubernetes.labels import PART_OF

NAMESPACE_LABEL = "kubernetes.io/metadata.name"
# OpenShift's DNS listens at the second; a policy sees the port of the pod, not of the Service.
DNS_PORTS = (53, 5353)
POD_IDENTITY_AGENT_CIDRS = ("169.254.170.23/32", "fd00:ec2::23/128")


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


def from_address_ranges(cidrs: Sequence[pulumi.Input[str]]) -> list[Document]:
    """Select callers by their address: load balancers, ingress on the nodes' network, whatever is outside the cluster.

    A policy sees the address that reaches the pod, which may be a node's:
    https://kubernetes.io/docs/concepts/services-networking/network-policies/#behavior-of-to-and-from-selectors
    """
    return [{"ipBlock": {"cidr": cidr}} for cidr in cidrs]


def to_address_ranges(cidrs: Sequence[pulumi.Input[str]]) -> list[Document]:
    """Allow every port of some addresses, in one rule; no rule where there are none."""
    return [{"to": [{"ipBlock": {"cidr": cidr}} for cidr in cidrs]}] if cidrs else []


def to_dns() -> Document:
    """Allow questions to DNS, wherever it is: a cache on each node has an address that no selector finds."""
    return {"ports": [{"port": port, "protocol": protocol} for port in DNS_PORTS for protocol in ("UDP", "TCP")]}


def to_url(url: pulumi.Input[str]) -> pulumi.Input[list[Document]]:
    """Allow connections to the pods of a Service's namespace, or to a URL's port at any address outside.

    A NetworkPolicy knows the ports of pods, and a Service may have another: it is left open. It knows no host names
    either, so an address outside cannot be told from another by its name. A host of one or two parts may be either, a
    Service or a name that the nodes' own DNS completes: both are allowed.

    Raises:
        ValueError: The URL, once it is known, is none.
    """
    return combine(_to_known_url, url)


def _to_known_url(url: str) -> list[Document]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        # Without the address, which may hold a password; and without the error, which quotes it.
        raise ValueError(
            "url: got one that cannot be parsed, expected http(s)://host or http(s)://host:port, fix: correct it"
        ) from None
    outside: Document = {"ports": [tcp(port or (443 if parts.scheme == "https" else 80))]}
    # <service>, <service>.<namespace>, or <service>.<namespace>.svc with the cluster's domain, which need not be
    # cluster.local: https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/
    labels = host.rstrip(".").split(".")
    if len(labels) == 1 and ":" not in host:
        # A selector of pods without one of namespaces means the policy's own.
        return [{"to": [{"podSelector": {}}]}, outside]
    if len(labels) == 2:
        return [{"to": [{"namespaceSelector": in_namespace(labels[1])}]}, outside]
    if "svc" in labels[2:]:
        namespace = labels[labels.index("svc", 2) - 1]
        return [{"to": [{"namespaceSelector": in_namespace(namespace)}]}]
    return [outside]


def to_pod_identity_agent() -> Document:
    """Allow questions to the agent on each node that gives a pod the AWS identity of its ServiceAccount.

    https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
    """
    agent = [{"ipBlock": {"cidr": cidr}} for cidr in POD_IDENTITY_AGENT_CIDRS]
    return {"to": agent, "ports": [tcp(80)]}


def policy(
    metadata: Document,
    selector: dict[str, str],
    *,
    ingress: Sequence[pulumi.Input[Document]] = (),
    egress: Sequence[pulumi.Input[Document] | pulumi.Input[list[Document]]] = (),
) -> Document:
    """Build a NetworkPolicy that allows what the rules say and nothing else, in both directions.

    Args:
        metadata: Its metadata.
        selector: Labels of the pods that it is for.
        ingress: Who may connect to them.
        egress: What they may connect to: rules, and lists of rules.
    """
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata,
        "spec": {
            "podSelector": {"matchLabels": selector},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": list(ingress),
            "egress": combine(_one_list, list(egress)),
        },
    }


def _one_list(rules: Sequence[Document | list[Document]]) -> list[Document]:
    return [one for rule in rules for one in (rule if isinstance(rule, list) else [rule])]
