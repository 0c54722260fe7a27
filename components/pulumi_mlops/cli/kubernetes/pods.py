"""Why a pod does not start, from its document and its events. Nothing here is I/O."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Document = Mapping[str, Any]
# Three digests and what is wrong with them fit.
LONGEST_REASON = 600
# What every container says while the one before it runs, and so tells nothing.
_NOT_YET = {"PodInitializing", "ContainerCreating"}


def trouble_of(pod: Document, events: Sequence[Document] = ()) -> str:
    """Return why a pod is not ready; empty where nothing says so.

    Args:
        pod: The pod.
        events: Its events, which alone tell of a volume that cannot be mounted or a network that is not there.
    """
    status = pod.get("status", {})
    reasons = [*_unscheduled(status), *_containers(status), *_whole_pod(status)]
    if not reasons:
        reasons = [f"{event.get('reason')}: {event.get('message')}" for event in _warnings(events)][-1:]
    name = pod["metadata"]["name"]
    return f"pod {name}: {'; '.join(_short(reason) for reason in reasons)}" if reasons else ""


def newest_in_trouble(pods: Sequence[Document]) -> Document | None:
    """Return the newest pod that is not ready and not on its way out; None where there is none."""
    waiting = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"] and not _is_ready(pod)]
    return max(waiting, key=lambda pod: str(pod["metadata"].get("creationTimestamp", "")), default=None)


def refusal_of(deployment: Document) -> str:
    """Return why a Deployment's pods cannot even be created, such as by a quota; empty where they can."""
    for condition in deployment.get("status", {}).get("conditions") or []:
        if condition["type"] == "ReplicaFailure" and condition["status"] == "True":
            return _short(f"{condition.get('reason', '')}: {condition.get('message', '')}")
    return ""


def _unscheduled(status: Document) -> Iterator[str]:
    for condition in status.get("conditions") or []:
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            yield f"{condition.get('reason', 'Unschedulable')}: {condition.get('message', '')}"


def _containers(status: Document) -> Iterator[str]:
    """Yield what stops each container, in the order in which they run."""
    for one in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        state = one.get("state") or {}
        waiting, ended = state.get("waiting") or {}, state.get("terminated") or {}
        # A container that is started again and again waits; why it ended is told by its last state.
        last = ended or (one.get("lastState") or {}).get("terminated") or {}
        failed = f"{_ending(last)}" if last.get("exitCode", 0) else ""
        reason = "" if waiting.get("reason") in _NOT_YET else waiting.get("reason", "")
        told = failed or waiting.get("message", "")
        if reason or failed:
            yield f"{one['name']}: " + ": ".join(part for part in (reason, told) if part)


def _ending(terminated: Document) -> str:
    message = str(terminated.get("message") or "").strip()
    reason = terminated.get("reason", "Error")
    ended = f"exit code {terminated['exitCode']}"
    ended = ended if reason == "Error" else f"{reason}, {ended}"
    return f"{message} ({ended})" if message else ended


def _whole_pod(status: Document) -> Iterator[str]:
    # An evicted pod, or one that a node refused, says why as a whole.
    if status.get("phase") == "Failed" and status.get("reason"):
        yield f"{status['reason']}: {status.get('message', '')}"


def _warnings(events: Sequence[Document]) -> list[Document]:
    warnings = [event for event in events if event.get("type") == "Warning"]
    return sorted(warnings, key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""))


def _is_ready(pod: Document) -> bool:
    conditions = pod.get("status", {}).get("conditions") or []
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def _short(reason: str) -> str:
    line = " ".join(reason.split()).removesuffix(": ").rstrip(":")
    return line if len(line) <= LONGEST_REASON else f"{line[: LONGEST_REASON - 1]}…"
