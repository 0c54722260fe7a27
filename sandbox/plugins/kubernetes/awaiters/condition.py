"""Custom resources: they are ready when they say so of themselves."""

from sandbox.plugins.kubernetes.awaiters.observer import Observer
from sandbox.plugins.kubernetes.awaiters.progress import READY, Progress, waiting
from sandbox.plugins.kubernetes.objects import condition, int_at, name_of, text_at
from sandbox.plugins.protocol.values import Object


def check(live: Object, observer: Observer) -> Progress:  # noqa: ARG001 - all looks have one form
    """Look at an object's condition `Ready`; without one there is nothing to wait for."""
    ready = condition(live, "Ready")
    if not ready:
        return READY
    generation = int_at(live, "metadata", "generation")
    seen = int_at(ready, "observedGeneration", default=int_at(live, "status", "observedGeneration", default=generation))
    if text_at(ready, "status") == "True" and seen >= generation:
        return READY
    why = ": ".join(part for part in (text_at(ready, "reason"), text_at(ready, "message")) if part)
    text = f"{text_at(live, 'kind')} {name_of(live)}: not Ready{f' ({why})' if why else ''}"
    return waiting(text, (text,))
