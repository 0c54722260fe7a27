"""What pulumi-kubernetes tells about a pod that is not ready (provider/pkg/await/checker/pod/check.go).

It looks at the pod's conditions and at the containers that are to serve: of init containers it knows no reasons, and it
reads no logs.
"""

from collections.abc import Iterable, Mapping

from sandbox.plugins.kubernetes.awaiters.observer import POD, Observer
from sandbox.plugins.kubernetes.objects import at, condition, dict_at, int_at, list_at, name_of, namespace_of, text_at
from sandbox.plugins.protocol.values import Object


def selected_pods(observer: Observer, namespace: str, labels: Mapping[str, str]) -> list[Object]:
    """Read the pods that carry labels; none when there are no labels to ask for."""
    if not labels:
        return []
    selector = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    return observer.list_objects(POD, namespace, {"labelSelector": selector})


def owned_by(bodies: Iterable[Object], uid: str) -> list[Object]:
    """Return the objects that another one owns."""
    return [
        body
        for body in bodies
        if any(text_at(owner, "uid") == uid for owner in list_at(body, "metadata", "ownerReferences"))
    ]


def pod_warnings(pods: Iterable[Object]) -> tuple[str, ...]:
    """Return what is said of pods; nothing of one that finds no node, which is no warning there."""
    return tuple(text for pod in pods for text in _warnings(pod))


def qualified(body: Object) -> str:
    """Return an object's name in texts; the namespace is left out when it is the default one."""
    namespace = namespace_of(body)
    return name_of(body) if namespace in {"", "default"} else f"{namespace}/{name_of(body)}"


def _warnings(pod: Object) -> list[str]:
    """Goes through the conditions in their order; the first that is not met is told."""
    if text_at(condition(pod, "PodScheduled"), "status") != "True":
        return []
    for name in ("Initialized", "Ready"):
        found = condition(pod, name)
        is_met = text_at(found, "status") == "True"
        if is_met or (name == "Ready" and text_at(pod, "status", "phase") == "Succeeded"):
            continue
        errors = [text for status in list_at(pod, "status", "containerStatuses") for text in _container_errors(status)]
        message = text_at(found, "message")
        if not found or not (errors or message):
            return []
        said = message if text_at(found, "reason") else ""
        return [f"[Pod {qualified(pod)}]: {said}" + "\n".join(errors)]
    return []


def _container_errors(status: Object) -> list[str]:
    if at(status, "ready") is True:
        return []
    found = []
    waiting = dict_at(status, "state", "waiting")
    if waiting and text_at(waiting, "reason") != "ContainerCreating":
        found.append(f"[{text_at(waiting, 'reason')}] {text_at(waiting, 'message')}")
    ended = dict_at(status, "state", "terminated")
    name, reason, message = text_at(status, "name"), text_at(ended, "reason"), text_at(ended, "message")
    if reason:
        exited = f'container "{name}" completed with exit code {int_at(ended, "exitCode")}'
        found.append(f"[{reason}] {message}" if message else exited)
    before = dict_at(status, "lastState", "terminated")
    if before:
        told = f"{text_at(before, 'reason')}: exit code {int_at(before, 'exitCode')}"
        found.append(f'container "{name}" terminated at {text_at(before, "finishedAt")} ({told})')
        if text_at(before, "message"):
            found.append(text_at(before, "message"))
    return found
