"""A StatefulSet is ready when all its pods are, in the newest revision."""

from sandbox.plugins.kubernetes.awaiters.observer import Observer
from sandbox.plugins.kubernetes.awaiters.pods import creation_problems, owned_by, pod_problems, selected_pods
from sandbox.plugins.kubernetes.awaiters.progress import READY, Progress, waiting
from sandbox.plugins.kubernetes.objects import dict_at, int_at, name_of, namespace_of, text_at
from sandbox.plugins.protocol.values import Object


def check(live: Object, observer: Observer) -> Progress:
    """Looks at a StatefulSet."""
    text = _remaining(live)
    if not text:
        return READY
    uid = text_at(live, "metadata", "uid")
    labels = dict_at(live, "spec", "selector", "matchLabels")
    pods = owned_by(selected_pods(observer, namespace_of(live), labels), uid)
    problems = pod_problems(pods, observer) or creation_problems(observer, namespace_of(live), uid)
    return waiting(f"StatefulSet {name_of(live)}: {text}", problems)


def _remaining(live: Object) -> str:
    desired = int_at(live, "spec", "replicas", default=1)
    status = dict_at(live, "status")
    if int_at(status, "observedGeneration") < int_at(live, "metadata", "generation"):
        return "the cluster has not looked at it yet"
    ready = int_at(status, "readyReplicas")
    if ready < desired:
        return f"{ready} of {desired} pods ready"
    strategy = text_at(live, "spec", "updateStrategy", "type") or "RollingUpdate"
    if strategy != "RollingUpdate":
        return ""
    partition = int_at(live, "spec", "updateStrategy", "rollingUpdate", "partition")
    updated = int_at(status, "updatedReplicas")
    if partition > 0:
        wanted = max(desired - partition, 0)
        return "" if updated >= wanted else f"{updated} of {wanted} pods updated"
    if text_at(status, "updateRevision") != text_at(status, "currentRevision"):
        return f"{updated} of {desired} pods updated"
    return ""
