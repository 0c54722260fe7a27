"""An Ingress is ready when a controller has given it an address; where there is no controller, at once."""

from sandbox.plugins.kubernetes.awaiters.observer import Observer
from sandbox.plugins.kubernetes.awaiters.progress import READY, Progress, waiting
from sandbox.plugins.kubernetes.kinds import Kind
from sandbox.plugins.kubernetes.objects import list_at, name_of, text_at
from sandbox.plugins.protocol.values import Object

_CLASS = Kind("networking.k8s.io/v1", "IngressClass")


def check(live: Object, observer: Observer) -> Progress:
    """Looks at an Ingress."""
    if list_at(live, "status", "loadBalancer", "ingress"):
        return READY
    name = text_at(live, "spec", "ingressClassName")
    has_class = observer.get(_CLASS, "", name) is not None if name else bool(observer.list_objects(_CLASS, ""))
    if not has_class:
        return READY
    return waiting(f"Ingress {name_of(live)}: no controller has given it an address yet")
