"""Which look belongs to which kind."""

import os
from collections.abc import Callable

from sandbox.plugins.kubernetes.awaiters import (
    condition,
    daemon_set,
    definition,
    deployment,
    ingress,
    job,
    pod,
    replica_set,
    secret,
    service,
    stateful_set,
    volume_claim,
)
from sandbox.plugins.kubernetes.awaiters.observer import Observer
from sandbox.plugins.kubernetes.awaiters.progress import READY, Progress
from sandbox.plugins.kubernetes.kinds import GroupKind, is_built_in
from sandbox.plugins.kubernetes.objects import SKIP_AWAIT, WAIT_FOR, annotation, is_annotated, kind_of
from sandbox.plugins.protocol.values import Object

Look = Callable[[Object, Observer], Progress]

_LOOKS: dict[GroupKind, Look] = {
    GroupKind("", "PersistentVolumeClaim"): volume_claim.check,
    GroupKind("", "Pod"): pod.check,
    GroupKind("", "ReplicationController"): replica_set.check,
    GroupKind("", "Secret"): secret.check,
    GroupKind("", "Service"): service.check,
    GroupKind("apiextensions.k8s.io", "CustomResourceDefinition"): definition.check,
    GroupKind("apps", "DaemonSet"): daemon_set.check,
    GroupKind("apps", "Deployment"): deployment.check,
    GroupKind("apps", "ReplicaSet"): replica_set.check,
    GroupKind("apps", "StatefulSet"): stateful_set.check,
    GroupKind("batch", "Job"): job.check,
    GroupKind("networking.k8s.io", "Ingress"): ingress.check,
}
_AWAIT_ALL = "PULUMI_K8S_AWAIT_ALL"


def look_for(inputs: Object) -> Look | None:
    """Returns how to look at an object, or None when there is nothing to wait for.

    Args:
        inputs: Plain inputs, whose annotations decide first.
    """
    if is_annotated(inputs, SKIP_AWAIT):
        return None
    expressions = annotation(inputs, WAIT_FOR)
    if expressions:
        return lambda live, _: condition.wait_for(live, expressions)
    kind = kind_of(inputs)
    if kind.group_kind in _LOOKS:
        return _LOOKS[kind.group_kind]
    if not is_built_in(kind) or os.environ.get(_AWAIT_ALL) == "true":
        return condition.check
    return None


def look_once(inputs: Object, live: Object, observer: Observer) -> Progress:
    """Looks at an object without waiting."""
    look = look_for(inputs)
    return READY if look is None else look(live, observer)
