"""A Service is ready as pulumi-kubernetes has it (provider/pkg/await/service.go).

Pods need not be ready behind it: one that it targets is enough. A Service without a selector is never ready.
"""

from sandbox.plugins.kubernetes.awaiters.observer import Observer
from sandbox.plugins.kubernetes.awaiters.progress import READY, Progress, waiting
from sandbox.plugins.kubernetes.kinds import Kind
from sandbox.plugins.kubernetes.objects import list_at, name_of, namespace_of, text_at
from sandbox.plugins.protocol.values import Object

_SLICE = Kind("discovery.k8s.io/v1", "EndpointSlice")
_NO_PODS = (
    "Service does not target any Pods. Selected Pods may not be ready, or field '.spec.selector' may not match labels "
    "on any Pods"
)
_NO_ADDRESS = "Service was not allocated an IP address; does your cloud provider support this?"


def check(live: Object, observer: Observer) -> Progress:
    """Look at a Service."""
    kind = text_at(live, "spec", "type") or "ClusterIP"
    has_address = kind != "LoadBalancer" or bool(list_at(live, "status", "loadBalancer", "ingress"))
    if kind == "ExternalName" or text_at(live, "spec", "clusterIP") == "None":
        return READY if has_address else waiting("Attempting to allocate IP address to Service")
    if not _has_endpoint(live, observer):
        return waiting("Finding Pods to direct traffic to", (_NO_PODS, *(() if has_address else (_NO_ADDRESS,))))
    return READY if has_address else waiting("Attempting to allocate IP address to Service", (_NO_ADDRESS,))


def _has_endpoint(live: Object, observer: Observer) -> bool:
    query = {"labelSelector": f"kubernetes.io/service-name={name_of(live)}"}
    slices = observer.list_objects(_SLICE, namespace_of(live), query)
    return any(list_at(each, "endpoints") for each in slices)
