"""What a run of a training pipeline looks like, from the documents of its Job and its pod. Nothing here is I/O."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

Document = Mapping[str, Any]
# Reasons for which a container never starts by itself.
_STUCK = {
    "CreateContainerConfigError",
    "CreateContainerError",
    "ErrImageNeverPull",
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "RunContainerError",
}


class Status(str, Enum):
    """How a run or a step of it stands."""

    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    SKIPPED = "skipped"
    REJECTED = "rejected"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """Whether it stays like this."""
        return self not in {Status.WAITING, Status.RUNNING}


GONE = "its pod is gone; the registry knows what it registered"

# What a command that waited for a run ends with.
EXIT_CODES = {Status.SUCCEEDED: 0, Status.FAILED: 1, Status.REJECTED: 3}


@dataclass(frozen=True)
class Step:
    """One step of a run.

    Attributes:
        name: Its name in the step graph.
        container: The container that runs it.
        status: How it stands.
        message: What it says about that; empty where it says nothing.
        started_at: When it started, RFC 3339; None before that.
        finished_at: When it ended, RFC 3339; None before that.
    """

    name: str
    container: str
    status: Status
    message: str = ""
    started_at: str | None = None
    finished_at: str | None = None


@dataclass(frozen=True)
class Run:
    """One run of a training pipeline.

    Attributes:
        name: The name of its Job.
        status: How it stands.
        message: Why, where that needs saying.
        steps: Its steps in order; none before there is a pod.
        pod: The name of its pod; None before there is one.
        stuck: Why it will not go on by itself; None while it may.
        model_version: The version that it registered, if any.
        model_digest: The digest of that version.
    """

    name: str
    status: Status
    message: str = ""
    steps: tuple[Step, ...] = ()
    pod: str | None = None
    stuck: str | None = None
    model_version: int | None = None
    model_digest: str | None = None

    def to_document(self) -> dict[str, Any]:
        """Return the run as plain data, for `--json`; its name stands under `run`."""
        document = asdict(self)
        return {"run": document.pop("name"), **document}


def is_active(job: Document) -> bool:
    """Whether a Job still runs or is yet to run."""
    return _condition(job, "Complete") is None and _condition(job, "Failed") is None


def job_of(cron_job: Document, name: str) -> dict[str, Any]:
    """Return a Job that runs a CronJob's template now.

    It belongs to the CronJob, so that it is deleted with it and counted among its runs.

    Args:
        cron_job: The CronJob.
        name: The new Job's name.
    """
    metadata = cron_job["metadata"]
    template = cron_job["spec"]["jobTemplate"]
    owner = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "name": metadata["name"],
        "uid": metadata["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
    described = template.get("metadata") or {}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "namespace": metadata["namespace"],
            "labels": dict(described.get("labels") or {}),
            "annotations": {**(described.get("annotations") or {}), "cronjob.kubernetes.io/instantiate": "manual"},
            "ownerReferences": [owner],
        },
        "spec": template["spec"],
    }


def run_of(job: Document, pods: Sequence[Document], events: Sequence[Document] = ()) -> Run:
    """Describe a run.

    Args:
        job: Its Job.
        pods: The pods of the Job: one, or none yet or any more.
        events: The Job's events, which tell why there is no pod.
    """
    name = job["metadata"]["name"]
    failed = _condition(job, "Failed")
    if not pods:
        if failed is not None:
            return Run(name, Status.FAILED, failed.get("message", ""))
        if _condition(job, "Complete") is not None:
            return Run(name, Status.SUCCEEDED, GONE)
        refusals = [event["message"] for event in events if event.get("reason") == "FailedCreate"]
        return Run(name, Status.WAITING, stuck=refusals[-1] if refusals else None)
    pod = max(pods, key=lambda candidate: str(candidate["metadata"].get("creationTimestamp", "")))
    steps, reports, stuck = _steps(pod)
    status, message = _overall(steps, failed, _condition(job, "Complete"))
    registered = next((report for report in reports if report.get("model_version") is not None), {})
    return Run(
        name=name,
        status=status,
        message=message or _scheduling(pod),
        steps=steps,
        pod=pod["metadata"]["name"],
        stuck=stuck,
        model_version=int(registered["model_version"]) if registered else None,
        model_digest=registered.get("model_digest"),
    )


def _condition(document: Document, kind: str) -> Document | None:
    conditions = document.get("status", {}).get("conditions") or []
    return next((entry for entry in conditions if entry["type"] == kind and entry["status"] == "True"), None)


def _steps(pod: Document) -> tuple[tuple[Step, ...], list[Document], str | None]:
    """Return the pod's steps in order, what they reported, and why one of them cannot start."""
    spec, status = pod["spec"], pod.get("status", {})
    statuses = {
        entry["name"]: entry
        for entry in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    }
    steps: list[Step] = []
    reports: list[Document] = []
    stuck: str | None = None
    for container in [*(spec.get("initContainers") or []), *spec["containers"]]:
        state = statuses.get(container["name"], {}).get("state") or {}
        report = _report(state.get("terminated") or {})
        reports.append(report)
        steps.append(_step(container, state, report))
        waiting = state.get("waiting") or {}
        if waiting.get("reason") in _STUCK:
            stuck = f"{steps[-1].name}: {waiting['reason']}: {waiting.get('message', '')}".rstrip(": ")
    return tuple(steps), reports, stuck


def _report(terminated: Document) -> Document:
    """Return what a step wrote about its end; empty where it wrote nothing that can be read."""
    try:
        report = json.loads(terminated.get("message") or "{}")
    except json.JSONDecodeError:
        report = {"message": terminated["message"].strip()}
    return report if isinstance(report, dict) else {"message": str(report)}


def _step(container: Document, state: Document, report: Document) -> Step:
    name = _step_name(container)
    terminated = state.get("terminated")
    if terminated is None:
        running = state.get("running")
        status = Status.RUNNING if running is not None else Status.WAITING
        return Step(name, container["name"], status, started_at=(running or {}).get("startedAt"))
    exit_code = terminated.get("exitCode", 0)
    status = Status.FAILED
    if exit_code == 0:
        told = str(report.get("status", Status.SUCCEEDED.value))
        status = Status(told) if told in [known.value for known in Status] else Status.SUCCEEDED
    message = str(report.get("message", ""))
    if exit_code != 0:
        why = terminated.get("reason", "Error")
        ended = f"{why}, exit code {exit_code}" if why != "Error" else f"exit code {exit_code}"
        message = f"{message} ({ended})" if message else ended
    return Step(name, container["name"], status, message, terminated.get("startedAt"), terminated.get("finishedAt"))


def _step_name(container: Document) -> str:
    arguments = [*(container.get("command") or []), *(container.get("args") or [])]
    position = arguments.index("--step") + 1 if "--step" in arguments else len(arguments)
    return str(arguments[position]) if position < len(arguments) else str(container["name"])


def _overall(steps: Sequence[Step], failed: Document | None, complete: Document | None) -> tuple[Status, str]:
    """Return how the run stands as a whole. It has ended when its Job has, and then another may start."""
    if failed is not None:
        broken = next((step for step in steps if step.status is Status.FAILED), None)
        reason = str(failed.get("message") or failed.get("reason", ""))
        return Status.FAILED, reason if broken is None else f"{broken.name}: {broken.message}"
    if complete is not None:
        rejected = next((step for step in steps if step.status is Status.REJECTED), None)
        return (Status.SUCCEEDED, "") if rejected is None else (Status.REJECTED, rejected.message)
    started = any(step.status is not Status.WAITING for step in steps)
    return (Status.RUNNING if started else Status.WAITING), ""


def _scheduling(pod: Document) -> str:
    """Return why no node takes the pod, if that is so."""
    conditions = pod.get("status", {}).get("conditions") or []
    for condition in conditions:
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return str(condition.get("message", ""))
    return ""
