"""A Deployment is ready when its newest pods serve and the older ones are gone."""

from sandbox.plugins.kubernetes.awaiters.observer import Observer
from sandbox.plugins.kubernetes.awaiters.pods import creation_problem, owned_by, pod_problems, selected_pods
from sandbox.plugins.kubernetes.awaiters.progress import READY, Problem, Progress, failed, waiting
from sandbox.plugins.kubernetes.kinds import Kind
from sandbox.plugins.kubernetes.objects import (
    annotation,
    at,
    condition,
    dict_at,
    int_at,
    list_at,
    name_of,
    namespace_of,
    text_at,
)
from sandbox.plugins.protocol.values import Object

_REPLICA_SET = Kind("apps/v1", "ReplicaSet")
_REVISION = "deployment.kubernetes.io/revision"


def check(live: Object, observer: Observer) -> Progress:
    """Looks at a Deployment."""
    if at(live, "spec", "paused") is True:
        return READY
    name = name_of(live)
    text = _remaining(live)
    progressing = condition(live, "Progressing")
    is_current = int_at(live, "status", "observedGeneration") >= int_at(live, "metadata", "generation")
    if not text:
        return READY
    problems = (*_replica_problems(live), *_newest_pod_problems(live, observer)) if is_current else ()
    has_expired = text_at(progressing, "reason") == "ProgressDeadlineExceeded"
    if is_current and has_expired and not _is_about_an_older_change(progressing, live):
        deadline = int_at(live, "spec", "progressDeadlineSeconds", default=600)
        return failed(
            f"Deployment {name}: no progress within {deadline} s (ProgressDeadlineExceeded): {text}",
            problems,
            judged_at=text_at(progressing, "lastUpdateTime"),
        )
    return waiting(f"Deployment {name}: {text}", problems)


def _is_about_an_older_change(progressing: Object, live: Object) -> bool:
    """Tells whether the deadline was missed by what was declared before.

    With the strategy Recreate the old verdict stands until the old pods are gone and the new ones are begun.
    """
    entries = list_at(live, "metadata", "managedFields")
    # Times of one form, from one clock: they sort as texts. What a subresource sets declares no pods.
    changed = max((text_at(entry, "time") for entry in entries if not text_at(entry, "subresource")), default="")
    return text_at(progressing, "lastUpdateTime") < changed


def _remaining(live: Object) -> str:
    """Says what is missing; nothing when the rollout is complete."""
    desired = int_at(live, "spec", "replicas", default=1)
    status = dict_at(live, "status")
    updated, total = int_at(status, "updatedReplicas"), int_at(status, "replicas")
    available = int_at(status, "availableReplicas")
    if int_at(status, "observedGeneration") < int_at(live, "metadata", "generation"):
        return "the cluster has not looked at it yet"
    if updated < desired:
        return f"{updated} of {desired} new pods created"
    if total > updated:
        return f"{total - updated} old pods still to go"
    if available < desired:
        return f"{available} of {desired} pods available"
    return ""


def _replica_problems(live: Object) -> tuple[Problem, ...]:
    failure = condition(live, "ReplicaFailure")
    if text_at(failure, "status") != "True":
        return ()
    return (creation_problem(text_at(failure, "reason"), text_at(failure, "message")),)


def _newest_pod_problems(live: Object, observer: Observer) -> tuple[Problem, ...]:
    """Explains the pods of the newest revision: those of an older one may be in trouble, which is why it goes."""
    labels = dict_at(live, "spec", "selector", "matchLabels")
    uid = text_at(live, "metadata", "uid")
    query = {"labelSelector": ",".join(f"{key}={value}" for key, value in sorted(labels.items()))}
    sets = [each for each in observer.list_objects(_REPLICA_SET, namespace_of(live), query) if _is_owned(each, uid)]
    newest = next((each for each in sets if annotation(each, _REVISION) == annotation(live, _REVISION)), None)
    if newest is None:
        return ()
    pods = selected_pods(observer, namespace_of(live), labels)
    return pod_problems(owned_by(pods, text_at(newest, "metadata", "uid")), observer)


def _is_owned(body: Object, uid: str) -> bool:
    return any(text_at(owner, "uid") == uid for owner in list_at(body, "metadata", "ownerReferences"))
