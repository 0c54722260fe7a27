"""Which look belongs to which kind. A kind without a look is ready by existing."""

from collections.abc import Callable

from sandbox.plugins.kubernetes.awaiters import condition, deployment, job, service, stateful_set, volume_claim
from sandbox.plugins.kubernetes.awaiters.observer import Observer
from sandbox.plugins.kubernetes.awaiters.progress import READY, Progress
from sandbox.plugins.kubernetes.kinds import GroupKind, Kind, is_built_in
from sandbox.plugins.kubernetes.objects import SKIP_AWAIT, is_annotated, kind_of
from sandbox.plugins.protocol.values import Object

Look = Callable[[Object, Observer], Progress]

_CLAIM = GroupKind("", "PersistentVolumeClaim")
_LOOKS: dict[GroupKind, Look] = {
    GroupKind("", "Service"): service.check,
    GroupKind("apps", "Deployment"): deployment.check,
    GroupKind("apps", "StatefulSet"): stateful_set.check,
    GroupKind("batch", "Job"): job.check,
}


def look_for(inputs: Object, *, is_update: bool = False) -> Look | None:
    """Return how to look at an object that was applied, or None when there is nothing to wait for.

    Args:
        inputs: Plain inputs, whose annotations decide first.
        is_update: Whether the object was there before.
    """
    if is_annotated(inputs, SKIP_AWAIT):
        return None
    kind = kind_of(inputs)
    if kind.group_kind == _CLAIM:
        return volume_claim.check_updated if is_update else volume_claim.check_new
    if kind.group_kind in _LOOKS:
        return _LOOKS[kind.group_kind]
    return None if is_built_in(kind) else condition.check


def fixed_seconds(kind: Kind) -> float | None:
    """Return how long a kind is waited for whatever anybody says; None for a kind that can be told."""
    return volume_claim.TIMEOUT_SECONDS if kind.group_kind == _CLAIM else None


def look_once(inputs: Object, live: Object, observer: Observer) -> Progress:
    """Look at an object that was read; claims are not judged then (pulumi-kubernetes has no `awaitRead` for them)."""
    kind = kind_of(inputs)
    look = None if kind.group_kind == _CLAIM else look_for(inputs)
    return READY if look is None else look(live, observer)
