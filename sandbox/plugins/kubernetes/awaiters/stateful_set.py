"""A StatefulSet is ready as pulumi-kubernetes has it (provider/pkg/await/statefulset.go)."""

from sandbox.plugins.kubernetes.awaiters.observer import Observer
from sandbox.plugins.kubernetes.awaiters.pods import owned_by, pod_warnings, selected_pods
from sandbox.plugins.kubernetes.awaiters.progress import READY, Progress, waiting
from sandbox.plugins.kubernetes.objects import dict_at, int_at, namespace_of, text_at
from sandbox.plugins.protocol.values import Object


def check(live: Object, observer: Observer) -> Progress:
    """Look at a StatefulSet."""
    status = dict_at(live, "status")
    generation = int_at(live, "metadata", "generation")
    desired, ready = int_at(live, "spec", "replicas"), int_at(status, "readyReplicas")
    current, target = text_at(status, "currentRevision"), text_at(status, "updateRevision")
    is_current = int_at(status, "observedGeneration") >= generation
    is_on_delete = generation > 1 and text_at(live, "spec", "updateStrategy", "type") == "OnDelete"
    has_revision = is_on_delete or (current != "" and current == target)
    counts = [int_at(status, "replicas"), ready, *([] if is_on_delete else [int_at(status, "currentReplicas")])]
    has_replicas = all(count == desired for count in counts)
    if is_current and has_revision and has_replicas:
        return READY
    shown = ready if has_revision else min(ready, int_at(status, "updatedReplicas"))
    errors = []
    if not has_replicas:
        errors.append(f"{shown} out of {desired} replicas succeeded readiness checks")
    if not has_revision:
        errors.append(f'StatefulSet controller failed to advance from revision "{current}" to revision "{target}"')
    pods = selected_pods(observer, namespace_of(live), dict_at(live, "spec", "selector", "matchLabels"))
    return waiting(
        f"Waiting for StatefulSet to roll out ({shown}/{desired} Pods ready)",
        tuple(errors),
        pod_warnings(owned_by(pods, text_at(live, "metadata", "uid"))),
    )
