"""Why a pod does not run: the reason in its own words, its exit code, the end of its log."""

import re
from collections.abc import Iterable, Mapping

from sandbox.plugins.kubernetes.awaiters.observer import LOG_LINES, POD, Observer
from sandbox.plugins.kubernetes.awaiters.progress import Problem
from sandbox.plugins.kubernetes.objects import (
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

_NEVER_PULLED = frozenset({"InvalidImageName", "ErrImageNeverPull"})
_PULLED_LATER = frozenset({"ErrImagePull", "ImagePullBackOff", "ImageInspectError", "RegistryUnavailable"})
_NOT_STARTED = frozenset(
    {"CreateContainerConfigError", "CreateContainerError", "RunContainerError", "StartError", "CreatePodSandboxError"}
)
_NO_SUCH_IMAGE = re.compile(
    r"not found|NotFound|manifest unknown|does not exist|pull access denied|denied", re.IGNORECASE
)
_IMPORTED = "localhost/"
"""Images that are imported into nodes, and that no registry has."""

_PULL_PATIENCE_SECONDS = 60.0
_MISSING_IMAGE_PATIENCE_SECONDS = 5.0
_START_PATIENCE_SECONDS = 120.0
_FORBIDDEN_PATIENCE_SECONDS = 15.0
_QUOTA_PATIENCE_SECONDS = 60.0


def selected_pods(observer: Observer, namespace: str, labels: Mapping[str, str]) -> list[Object]:
    """Reads the pods that carry labels; none when there are no labels to ask for."""
    if not labels:
        return []
    selector = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    return observer.list_objects(POD, namespace, {"labelSelector": selector})


def owned_by(pods: Iterable[Object], uid: str) -> list[Object]:
    """Returns the pods that an object owns."""
    return [
        pod
        for pod in pods
        if any(text_at(owner, "uid") == uid for owner in list_at(pod, "metadata", "ownerReferences"))
    ]


def pod_problems(pods: Iterable[Object], observer: Observer) -> tuple[Problem, ...]:
    """Explains every pod that is in trouble; pods that are being deleted are left out."""
    return tuple(
        problem
        for pod in pods
        if at(pod, "metadata", "deletionTimestamp") is None
        for problem in _problems(pod, observer)
    )


def creation_problems(observer: Observer, namespace: str, uid: str) -> tuple[Problem, ...]:
    """Explains why a controller cannot create its pods: a quota, Pod Security, a missing service account."""
    texts = {
        text_at(event, "reason"): text_at(event, "message")
        for event in observer.events(namespace, uid)
        if text_at(event, "reason") in {"FailedCreate", "FailedScheduling"}
    }
    return tuple(creation_problem(reason, text) for reason, text in texts.items())


def creation_problem(reason: str, text: str) -> Problem:
    """Explains why a pod was not created.

    Args:
        reason: Such as "FailedCreate".
        text: The cluster's own words.
    """
    patience_seconds = None
    if "violates PodSecurity" in text or "forbidden by" in text:
        patience_seconds = _FORBIDDEN_PATIENCE_SECONDS
    elif "exceeded quota" in text:
        patience_seconds = _QUOTA_PATIENCE_SECONDS
    return Problem(f"{reason}: {text}", f"{reason}:{text[:40]}", patience_seconds)


def _problems(pod: Object, observer: Observer) -> list[Problem]:
    name = name_of(pod)
    found = []
    scheduled = condition(pod, "PodScheduled")
    if text_at(scheduled, "status") == "False":
        reason = text_at(scheduled, "reason")
        text = f"pod {name}: not scheduled ({reason}): {text_at(scheduled, 'message')}"
        found.append(Problem(text, f"{name}:scheduled"))
    for section, what in (("initContainerStatuses", "init container"), ("containerStatuses", "container")):
        for status in list_at(pod, "status", section):
            problem = _container_problem(pod, status, what, observer)
            if problem:
                found.append(problem)
    if not found and text_at(pod, "status", "phase") == "Failed":
        reason = text_at(pod, "status", "reason") or "Failed"
        found.append(Problem(f"pod {name}: {reason}: {text_at(pod, 'status', 'message')}", f"{name}:phase"))
    return found


def _container_problem(pod: Object, status: Object, what: str, observer: Observer) -> Problem | None:
    place = f"pod {name_of(pod)}, {what} {text_at(status, 'name')}"
    key = f"{name_of(pod)}:{text_at(status, 'name')}"
    waiting = dict_at(status, "state", "waiting")
    reason = text_at(waiting, "reason")
    if reason in _NEVER_PULLED or reason in _PULLED_LATER:
        return _image_problem(status, reason, text_at(waiting, "message"), place, key)
    if reason in _NOT_STARTED:
        text = f"{place}: {reason}: {text_at(waiting, 'message')}"
        return Problem(text, f"{key}:{reason}", _START_PATIENCE_SECONDS)
    if reason == "CrashLoopBackOff" or _is_tried_again(status):
        ended = dict_at(status, "lastState", "terminated")
        restarts = int_at(status, "restartCount")
        text = f"{place}: {reason or 'not ready'} after {restarts} restarts: {_ending(ended)}"
        return Problem(text + _log(pod, status, observer, is_previous=True), f"{key}:crash")
    ended = dict_at(status, "state", "terminated")
    if ended and int_at(ended, "exitCode") != 0:
        return Problem(f"{place}: {_ending(ended)}{_log(pod, status, observer, is_previous=False)}", f"{key}:ended")
    return None


def _is_tried_again(status: Object) -> bool:
    """Tells whether a container runs that has failed before and has yet to do better."""
    failed = int_at(status, "lastState", "terminated", "exitCode") != 0
    return failed and at(status, "ready") is not True and at(status, "state", "running") is not None


def _image_problem(status: Object, reason: str, message: str, place: str, key: str) -> Problem:
    image = text_at(status, "image")
    patience_seconds = _PULL_PATIENCE_SECONDS
    if reason in _NEVER_PULLED:
        patience_seconds = 0.0
    elif _NO_SUCH_IMAGE.search(message) or image.startswith(_IMPORTED):
        patience_seconds = _MISSING_IMAGE_PATIENCE_SECONDS
    text = f'{place}: {reason}: image "{image}" cannot be pulled' + (f": {message}" if message else "")
    return Problem(text, f"{key}:image", patience_seconds)


def _ending(ended: Object) -> str:
    text = f"exit code {int_at(ended, 'exitCode')}"
    reason = text_at(ended, "reason")
    if reason and reason != "Error":
        text += f" ({reason})"
    message = text_at(ended, "message").strip()
    return f"{text}: {message}" if message else text


def _log(pod: Object, status: Object, observer: Observer, *, is_previous: bool) -> str:
    tail = observer.log_tail(namespace_of(pod), name_of(pod), text_at(status, "name"), is_previous=is_previous)
    if not tail:
        return ""
    indented = "\n".join(f"    {line}" for line in tail.splitlines())
    return f"\n  last lines of its log (at most {LOG_LINES}):\n{indented}"
