"""A CronJob of which each run is one Job: started by its schedule, or by hand from the same template."""

from collections.abc import Mapping

from pulumi_mlops._shared.documents import Document

# The 31st of February: what a CronJob without a schedule has in its place, being suspended besides.
_NEVER = "0 0 31 2 *"
_START_AT_MOST_SECONDS_LATE = 3600
KEEP_FINISHED_RUNS_SECONDS = 7 * 24 * 3600
# A drained or reclaimed node, or a pod of higher priority, is no fault of the run and counts as no retry.
# https://kubernetes.io/docs/tasks/job/pod-failure-policy/#using-pod-failure-policy-to-ignore-pod-disruptions
IGNORE_DISRUPTIONS: Document = {
    "action": "Ignore",
    "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
}


def cron_job(metadata: Document, run_labels: Mapping[str, str], schedule: str | None, run: Document) -> Document:
    """Return the CronJob. Its schedule starts no run while one that it started goes on.

    Args:
        metadata: Its metadata.
        run_labels: Labels of each run's Job.
        schedule: Five cron fields, in UTC. None: it runs only when someone starts it.
        run: What a run is: the spec of a Job.
    """
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": metadata,
        "spec": {
            "schedule": schedule or _NEVER,
            "timeZone": "Etc/UTC",
            "suspend": schedule is None,
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": _START_AT_MOST_SECONDS_LATE,
            "successfulJobsHistoryLimit": 3,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {"metadata": {"labels": dict(run_labels)}, "spec": run},
        },
    }
