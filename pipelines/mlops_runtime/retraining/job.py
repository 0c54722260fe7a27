"""The Job that an alert starts: one run of the pipeline's CronJob."""

import copy
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

STARTED_BY: Final = "pulumi-mlops.dev/started-by"
"""Annotation of a run, and of its pod: who started it. `mlops train` writes the same."""
RECEIVER: Final = "retraining"
_SUFFIX_BYTES = 4


def name_of(cron_job: Mapping[str, Any]) -> str:
    """Return a new name for a run of the CronJob."""
    return f"{cron_job['metadata']['name']}-{secrets.token_hex(_SUFFIX_BYTES)}"


def job_of(cron_job: Mapping[str, Any], name: str, because: Sequence[str]) -> dict[str, Any]:
    """Return the Job.

    Args:
        cron_job: The CronJob as the cluster has it.
        name: The Job's name.
        because: The alerts that it is started for.
    """
    template = copy.deepcopy(cron_job["spec"]["jobTemplate"])
    started_by = {STARTED_BY: f"{RECEIVER}: {', '.join(because)}"}
    pod = template["spec"]["template"]
    pod["metadata"] = {**pod.get("metadata", {})}
    pod["metadata"]["annotations"] = {**pod["metadata"].get("annotations", {}), **started_by}
    metadata = template.get("metadata", {})
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "namespace": cron_job["metadata"]["namespace"],
            "labels": metadata.get("labels", {}),
            "annotations": {**metadata.get("annotations", {}), **started_by},
        },
        "spec": template["spec"],
    }


def is_active(job: Mapping[str, Any]) -> bool:
    """Tell whether a Job has not ended."""
    conditions = job.get("status", {}).get("conditions") or []
    return not any(one["type"] in ("Complete", "Failed") and one["status"] == "True" for one in conditions)
