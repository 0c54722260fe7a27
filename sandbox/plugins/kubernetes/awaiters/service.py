"""A Service is ready when something answers behind it, and a load balancer has its address."""

from sandbox.plugins.kubernetes.awaiters.observer import Observer
from sandbox.plugins.kubernetes.awaiters.pods import pod_problems, selected_pods
from sandbox.plugins.kubernetes.awaiters.progress import READY, Progress, waiting
from sandbox.plugins.kubernetes.kinds import Kind
from sandbox.plugins.kubernetes.objects import at, dict_at, list_at, name_of, namespace_of, text_at
from sandbox.plugins.protocol.values import Object

_SLICE = Kind("discovery.k8s.io/v1", "EndpointSlice")


def check(live: Object, observer: Observer) -> Progress:
    """Looks at a Service."""
    name = name_of(live)
    kind = text_at(live, "spec", "type") or "ClusterIP"
    if kind == "ExternalName":
        return READY
    if kind == "LoadBalancer" and not list_at(live, "status", "loadBalancer", "ingress"):
        return waiting(f"Service {name}: its load balancer has no address yet")
    labels = dict_at(live, "spec", "selector")
    if not labels or text_at(live, "spec", "clusterIP") == "None":
        return READY
    if _has_ready_endpoint(live, observer):
        return READY
    pods = selected_pods(observer, namespace_of(live), labels)
    if not pods:
        return waiting(f"Service {name}: no pod matches its selector")
    return waiting(f"Service {name}: none of its {len(pods)} pods is ready", pod_problems(pods, observer))


def _has_ready_endpoint(live: Object, observer: Observer) -> bool:
    query = {"labelSelector": f"kubernetes.io/service-name={name_of(live)}"}
    slices = observer.list_objects(_SLICE, namespace_of(live), query)
    # An endpoint that does not say is ready.
    return any(at(end, "conditions", "ready") is not False for each in slices for end in list_at(each, "endpoints"))
