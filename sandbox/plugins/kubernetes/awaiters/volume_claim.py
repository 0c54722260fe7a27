"""A PersistentVolumeClaim is ready as pulumi-kubernetes has it (provider/pkg/await/awaiters.go).

A new claim whose class says `WaitForFirstConsumer` need not be bound, if the class is known and may be read: without
the right to, the claim waits for a pod that waits for the claim. An updated claim must be bound
(https://github.com/pulumi/pulumi-kubernetes/pull/4181).
"""

from typing import Final

from sandbox.plugins.kubernetes.awaiters.observer import Observer
from sandbox.plugins.kubernetes.awaiters.progress import READY, Progress, waiting
from sandbox.plugins.kubernetes.kinds import Kind
from sandbox.plugins.kubernetes.objects import name_of, text_at
from sandbox.plugins.protocol.values import Object

TIMEOUT_SECONDS: Final = 300.0
"""Whatever the resource's options or its annotations say."""
_CLASS = Kind("storage.k8s.io/v1", "StorageClass")


def check_new(live: Object, observer: Observer) -> Progress:
    """Look at a claim that was created."""
    name = text_at(live, "spec", "storageClassName")
    found = observer.get(_CLASS, "", name) if name else None
    if text_at(found, "volumeBindingMode") == "WaitForFirstConsumer":
        return _in_phase("Pending", live)
    why = f'getting storageclass "{name}"' if name else f'no storage class found for "{name_of(live)}"'
    return _in_phase("Bound", live, *(() if found else (why,)))


def check_updated(live: Object, observer: Observer) -> Progress:  # noqa: ARG001 - all looks have one form
    """Look at a claim that was updated."""
    return _in_phase("Bound", live)


def _in_phase(phase: str, live: Object, *warnings: str) -> Progress:
    if text_at(live, "status", "phase") == phase:
        return READY
    return waiting(f"Waiting for PersistentVolumeClaim {name_of(live)} to be {phase}", (), warnings)
