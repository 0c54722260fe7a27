"""A Secret for a service account's token is ready when the cluster has put the token in."""

from sandbox.plugins.kubernetes.awaiters.observer import Observer
from sandbox.plugins.kubernetes.awaiters.progress import READY, Progress, waiting
from sandbox.plugins.kubernetes.objects import at, name_of, text_at
from sandbox.plugins.protocol.values import Object


def check(live: Object, observer: Observer) -> Progress:  # noqa: ARG001 - all looks have one form
    """Looks at a Secret."""
    if text_at(live, "type") != "kubernetes.io/service-account-token" or at(live, "data", "token"):
        return READY
    return waiting(f"Secret {name_of(live)}: the cluster has not put the token in yet")
