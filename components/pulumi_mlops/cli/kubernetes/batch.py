"""`mlops batch run` on Kubernetes: a Job from the template of the batch's CronJob."""

import copy
import secrets
from collections.abc import Mapping
from typing import Any

from pulumi_mlops._shared.kubernetes.volumes import path_in_pod
from pulumi_mlops.cli.kubernetes import jobs
from pulumi_mlops.cli.kubernetes.cluster import Cluster
from pulumi_mlops.cli.kubernetes.errors import ClusterError
from pulumi_mlops.cli.kubernetes.runs import job_of
from pulumi_mlops.cli.person import person
from pulumi_mlops.cli.stacks import Place


def start(cluster: Cluster, place: Place, overrides: Mapping[str, str]) -> str:
    """Start a run of a workload's batch and return its name.

    Args:
        cluster: The cluster.
        place: The workload.
        overrides: `input` and `output`, where they are to be others than the CronJob's.

    Raises:
        RunRefusedError: When somebody else started one at the same moment; two would write the same output.
        ClusterError: When the batch is not there or the cluster refuses.
    """
    cron_job = cluster.cron_job(place.namespace, place.batch)
    job = with_overrides(job_of(cron_job, f"{place.batch}-{secrets.token_hex(4)}", person()), overrides)
    return jobs.start_alone(cluster, place, job, place.batch_labels)


def with_overrides(job: Mapping[str, Any], overrides: Mapping[str, str]) -> dict[str, Any]:
    """Return a Job whose container reads or writes elsewhere.

    Raises:
        ClusterError: Its command names no such place: it is another version's.
    """
    changed: dict[str, Any] = copy.deepcopy(dict(job))
    command: list[str] = changed["spec"]["template"]["spec"]["containers"][0]["command"]
    for key, location in overrides.items():
        option = f"--{key}"
        if option not in command:
            name = job["metadata"]["name"]
            raise ClusterError(f"{name}: got a command without {option}, expected it, fix: run pulumi up")
        command[command.index(option) + 1] = path_in_pod(location)
    return changed
