"""`mlops logs` on Kubernetes: the logs of a run's containers, each of which is a step."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pulumi_mlops.cli.kubernetes.cluster import Cluster
from pulumi_mlops.cli.kubernetes.runs import containers_of, is_active, run_of
from pulumi_mlops.cli.kubernetes.train import JOB_NAME, POLL_SECONDS
from pulumi_mlops.cli.past_run import LogPiece, NoLogError, no_run, no_step
from pulumi_mlops.cli.stacks import Place

Document = Mapping[str, Any]


def log(
    cluster: Cluster,
    place: Place,
    name: str | None,
    step: str | None,
    *,
    follow: bool,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[str, Iterator[LogPiece]]:
    """Return the name of a run, and what its steps have written.

    Args:
        cluster: The cluster.
        place: The workload.
        name: The run's. Defaults to the newest run.
        step: The only step that is wanted. Defaults to all.
        follow: Whether to go on until the run ends.
        sleep: Waits for seconds.

    Raises:
        NoLogError: When there is no such run, or no pod of it any more.
        ClusterError: When the cluster refuses.
    """
    job = _job(cluster, place, name)
    run = str(job["metadata"]["name"])
    pod = _pod(cluster, place, run)
    while pod is None and follow and is_active(cluster.job(place.namespace, run)):
        sleep(POLL_SECONDS)
        pod = _pod(cluster, place, run)
    if pod is None:
        told = run_of(job, []).message
        raise NoLogError(
            f"run {run}: got no pod{f' ({told})' if told else ''}, expected one with its log, "
            "fix: logs go with their pod after a week; mlops runs shows what the registry keeps"
        )
    steps = containers_of(pod)
    if step is not None and step not in steps:
        raise no_step(run, step, list(steps))
    wanted = {each: container for each, container in steps.items() if step in (None, each)}
    return run, _pieces(cluster, place, run, pod, wanted, follow=follow, sleep=sleep)


def _job(cluster: Cluster, place: Place, name: str | None) -> Document:
    jobs = sorted(
        cluster.jobs(place.namespace, place.pipeline_labels),
        key=lambda job: (str(job["metadata"].get("creationTimestamp", "")), str(job["metadata"]["name"])),
    )
    for job in reversed(jobs):
        if name in (None, job["metadata"]["name"]):
            return job
    raise no_run(place.pipeline, name, [str(job["metadata"]["name"]) for job in reversed(jobs)])


def _pod(cluster: Cluster, place: Place, run: str) -> Document | None:
    pods = cluster.pods(place.namespace, {JOB_NAME: run})
    return max(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp", "")), default=None)


def _pieces(
    cluster: Cluster,
    place: Place,
    run: str,
    pod: Document,
    wanted: Mapping[str, str],
    *,
    follow: bool,
    sleep: Callable[[float], None],
) -> Iterator[LogPiece]:
    name = str(pod["metadata"]["name"])
    for step, container in wanted.items():
        while not _has_started(pod, container) and follow and not _is_over(pod):
            sleep(POLL_SECONDS)
            pod = _pod(cluster, place, run) or pod
        if not _has_started(pod, container):
            continue
        for text in cluster.log(place.namespace, name, container, follow=follow):
            yield LogPiece(step, text)


def _has_started(pod: Document, container: str) -> bool:
    status = pod.get("status", {})
    every = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    states = [each.get("state") or {} for each in every if each["name"] == container]
    return any("running" in state or "terminated" in state for state in states)


def _is_over(pod: Document) -> bool:
    return pod.get("status", {}).get("phase") in ("Succeeded", "Failed")
