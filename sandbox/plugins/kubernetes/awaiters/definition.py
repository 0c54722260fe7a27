"""A CustomResourceDefinition is ready when its objects can be created."""

from sandbox.plugins.kubernetes.awaiters.observer import Observer
from sandbox.plugins.kubernetes.awaiters.progress import READY, Progress, failed, waiting
from sandbox.plugins.kubernetes.objects import condition, name_of, text_at
from sandbox.plugins.protocol.values import Object


def check(live: Object, observer: Observer) -> Progress:  # noqa: ARG001 - all looks have one form
    """Looks at a CustomResourceDefinition."""
    name = name_of(live)
    accepted = condition(live, "NamesAccepted")
    if text_at(accepted, "status") == "False":
        return failed(f"CustomResourceDefinition {name}: its names are refused: {text_at(accepted, 'message')}")
    if text_at(condition(live, "Established"), "status") == "True":
        return READY
    return waiting(f"CustomResourceDefinition {name}: not established yet")
