"""What a run of a training pipeline looks like, from the documents of its Job and its pod. Nothing here is I/O."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_mlops._shared.kubernetes.labels import STARTED_BY
from pulumi_mlops.cli.runs import Run, Status, Step

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


GONE = "its pod is gone; the registry knows what it registered"


def is_active(job: Document) -> bool:
    """Whether a Job still runs or is yet to run."""
    return _condition(job, "Complete") is None and _condition(job, "Failed") is None


def job_of(cron_job: Document, name: str, started_by: str) -> dict[str, Any]:
    """Return a Job that runs a CronJob's template now.

    It belongs to the CronJob, so that it is deleted with it and counted among its runs.

    Args:
        cron_job: The CronJob.
        name: The new Job's name.
        started_by: Who starts it. The pod is told, and puts it into the run's record.
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
    person = {STARTED_BY: started_by}
    pod = template["spec"].get("template") or {}
    pod_metadata = pod.get("metadata") or {}
    annotated = {**pod_metadata, "annotations": {**(pod_metadata.get("annotations") or {}), **person}}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "namespace": metadata["namespace"],
            "labels": dict(described.get("labels") or {}),
            "annotations": {
                **(described.get("annotations") or {}),
                "cronjob.kubernetes.io/instantiate": "manual",
                **person,
            },
            "ownerReferences": [owner],
        },
        "spec": {**template["spec"], "template": {**pod, "metadata": annotated}},
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
        metrics=_metrics(reports),
    )


def containers_of(pod: Document) -> dict[str, str]:
    """Return the container of each step of a pod, by the step's name, in order."""
    spec = pod["spec"]
    return {
        _step_name(container): str(container["name"])
        for container in [*(spec.get("initContainers") or []), *spec["containers"]]
    }


def _metrics(reports: Sequence[Document]) -> dict[str, float]:
    """Return what the steps measured, of which a later one's counts."""
    found: dict[str, float] = {}
    for report in reports:
        measured = report.get("metrics")
        if isinstance(measured, Mapping):
            found |= {str(name): float(value) for name, value in measured.items() if _is_number(value)}
    return found


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


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
