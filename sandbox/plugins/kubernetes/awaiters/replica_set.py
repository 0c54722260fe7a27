"""A ReplicaSet or ReplicationController is ready when all its pods are available."""

from sandbox.plugins.kubernetes.awaiters.observer import Observer
from sandbox.plugins.kubernetes.awaiters.pods import creation_problems, owned_by, pod_problems, selected_pods
from sandbox.plugins.kubernetes.awaiters.progress import READY, Progress, waiting
from sandbox.plugins.kubernetes.objects import dict_at, int_at, name_of, namespace_of, text_at
from sandbox.plugins.protocol.values import Object


def check(live: Object, observer: Observer) -> Progress:
    """Looks at a ReplicaSet or a ReplicationController."""
    desired = int_at(live, "spec", "replicas", default=1)
    is_current = int_at(live, "status", "observedGeneration") >= int_at(live, "metadata", "generation")
    available = int_at(live, "status", "availableReplicas")
    if is_current and available >= desired:
        return READY
    uid = text_at(live, "metadata", "uid")
    labels = dict_at(live, "spec", "selector", "matchLabels") or dict_at(live, "spec", "selector")
    pods = owned_by(selected_pods(observer, namespace_of(live), labels), uid)
    problems = pod_problems(pods, observer) or creation_problems(observer, namespace_of(live), uid)
    return waiting(f"{text_at(live, 'kind')} {name_of(live)}: {available} of {desired} pods available", problems)
