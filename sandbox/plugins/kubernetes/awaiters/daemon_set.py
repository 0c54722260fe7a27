"""A DaemonSet is ready when every node that should runs its newest pod."""

from sandbox.plugins.kubernetes.awaiters.observer import Observer
from sandbox.plugins.kubernetes.awaiters.pods import creation_problems, owned_by, pod_problems, selected_pods
from sandbox.plugins.kubernetes.awaiters.progress import READY, Progress, waiting
from sandbox.plugins.kubernetes.objects import dict_at, int_at, name_of, namespace_of, text_at
from sandbox.plugins.protocol.values import Object


def check(live: Object, observer: Observer) -> Progress:
    """Looks at a DaemonSet."""
    text = _remaining(live)
    if not text:
        return READY
    uid = text_at(live, "metadata", "uid")
    labels = dict_at(live, "spec", "selector", "matchLabels")
    pods = owned_by(selected_pods(observer, namespace_of(live), labels), uid)
    problems = pod_problems(pods, observer) or creation_problems(observer, namespace_of(live), uid)
    return waiting(f"DaemonSet {name_of(live)}: {text}", problems)


def _remaining(live: Object) -> str:
    status = dict_at(live, "status")
    if int_at(status, "observedGeneration") < int_at(live, "metadata", "generation"):
        return "the cluster has not looked at it yet"
    desired = int_at(status, "desiredNumberScheduled")
    updated, available = int_at(status, "updatedNumberScheduled"), int_at(status, "numberAvailable")
    is_rolling = text_at(live, "spec", "updateStrategy", "type") != "OnDelete"
    if is_rolling and updated < desired:
        return f"{updated} of {desired} nodes have the new pod"
    if available < desired:
        return f"{available} of {desired} pods available"
    return ""
