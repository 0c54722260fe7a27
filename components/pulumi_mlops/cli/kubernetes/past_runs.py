"""The runs of a pipeline: the Jobs that the cluster still has, and all that the registry keeps of earlier ones."""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_mlops._shared import names
from pulumi_mlops._shared.kubernetes.labels import STARTED_BY
from pulumi_mlops.cli.kubernetes.cluster import Cluster
from pulumi_mlops.cli.kubernetes.registry import Registry, metrics_of, moment, tags_of
from pulumi_mlops.cli.kubernetes.runs import run_of
from pulumi_mlops.cli.kubernetes.train import JOB_NAME
from pulumi_mlops.cli.past_run import PastRun
from pulumi_mlops.cli.runs import Status
from pulumi_mlops.cli.stacks import Place

Document = Mapping[str, Any]
# The tags that `mlops_runtime.tracking` writes.
_OUTCOME, _REASON, _STARTED_BY = "mlops.outcome", "mlops.reason", "mlops.started_by"
_STATUS = {"FINISHED": Status.SUCCEEDED, "FAILED": Status.FAILED, "KILLED": Status.FAILED, "RUNNING": Status.RUNNING}
LOST = "it was lost: its Job is gone, and it never told how it ended"


def past_runs(cluster: Cluster, registry: Registry, place: Place, most: int) -> list[PastRun]:
    """Return the runs of a workload's pipeline, the newest first.

    Raises:
        ClusterError: When the cluster or the registry cannot be asked.
    """
    jobs = {str(job["metadata"]["name"]): job for job in cluster.jobs(place.namespace, place.pipeline_labels)}
    pods: dict[str, list[Document]] = {}
    for pod in cluster.pods(place.namespace, place.pipeline_labels):
        pods.setdefault((pod["metadata"].get("labels") or {}).get(JOB_NAME, ""), []).append(pod)
    recorded = registry.runs(place.model, most)
    versions = {str(version.get("run_id")): version for version in registry.versions(place.model)}
    found = [of_record(run, versions.get(str(run["info"]["run_id"]))) for run in recorded]
    told = {run.run: run for run in found}
    of_jobs = [of_job(job, pods.get(name, []), told.get(name)) for name, job in jobs.items()]
    # One of another environment, or from somebody's machine, has no Job here, and is not lost for that.
    here = [ended(run) for run in found if run.run not in jobs]
    return sorted([*of_jobs, *here], key=lambda run: run.started_at, reverse=True)[:most]


def of_record(run: Document, version: Document | None) -> PastRun:
    """Describe a run by what MLflow says of it and of the version that it registered."""
    info, tags = run["info"], tags_of(run.get("data", {}))
    status = _STATUS.get(str(info.get("status")), Status.WAITING)
    if status is Status.SUCCEEDED and tags.get(_OUTCOME) == Status.REJECTED.value:
        status = Status.REJECTED
    return PastRun(
        run=str(info.get("run_name") or info["run_id"]),
        status=status,
        started_at=moment(info.get("start_time")) or "",
        finished_at=(moment(info.get("end_time")) or "") if status.is_final else "",
        message=tags.get(_REASON, ""),
        metrics=metrics_of(run),
        version=None if version is None else int(version["version"]),
        digest="" if version is None else tags_of(version).get(names.DIGEST_TAG, ""),
        started_by=tags.get(_STARTED_BY, ""),
    )


def ended(run: PastRun) -> PastRun:
    """Return a run that has no Job any more: one that is said to run still was lost."""
    if run.status.is_final:
        return run
    return PastRun(
        run.run, Status.FAILED, run.started_at, "", LOST, run.metrics, run.version, run.digest, run.started_by
    )


def of_job(job: Document, pods: Sequence[Document], record: PastRun | None) -> PastRun:
    """Describe a run that has a Job: how it stands by its Job and pod, the rest by its record where there is one."""
    run = run_of(job, pods)
    status, metadata = job.get("status", {}), job["metadata"]
    known = record or PastRun(run.name, run.status)
    # A Job without its pod tells no more than that it is over.
    stands = known.status if not pods and record is not None and known.status.is_final else run.status
    ends = [condition.get("lastTransitionTime", "") for condition in status.get("conditions") or []]
    finished = status.get("completionTime") or (max(ends, default="") if run.status.is_final else "")
    return PastRun(
        run=run.name,
        status=stands,
        started_at=known.started_at or str(status.get("startTime") or metadata.get("creationTimestamp") or ""),
        finished_at=known.finished_at or str(finished),
        message=run.stuck or known.message or run.message,
        metrics=known.metrics or run.metrics,
        version=known.version if known.version is not None else run.model_version,
        digest=known.digest or run.model_digest or "",
        started_by=known.started_by or (metadata.get("annotations") or {}).get(STARTED_BY, ""),
    )
