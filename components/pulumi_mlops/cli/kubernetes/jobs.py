"""Runs of a CronJob that are started by hand: one at a time, whoever asks."""

from collections.abc import Mapping
from typing import Any

from pulumi_mlops.cli.kubernetes.cluster import Cluster
from pulumi_mlops.cli.kubernetes.runs import is_active
from pulumi_mlops.cli.operations import RunRefusedError
from pulumi_mlops.cli.stacks import Place


def start_alone(cluster: Cluster, place: Place, job: dict[str, Any], run_labels: Mapping[str, str]) -> str:
    """Create a Job unless another was created at the same moment, and return its name.

    Args:
        cluster: The cluster.
        place: The workload.
        job: The Job.
        run_labels: Labels that all runs of its kind have.

    Raises:
        RunRefusedError: When somebody else started one at the same moment.
        ClusterError: When the cluster refuses.
    """
    name = str(cluster.create_job(place.namespace, job)["metadata"]["name"])
    # Whoever asked at the same moment sees both runs; all but the first by name give way.
    rivals = active(cluster, place, run_labels)
    if rivals and rivals[0] != name:
        cluster.delete_job(place.namespace, name)
        raise RunRefusedError.beside(place, rivals[0])
    return name


def active(cluster: Cluster, place: Place, run_labels: Mapping[str, str]) -> list[str]:
    """Return the names of the runs that have not ended, the oldest first."""
    jobs = [job for job in cluster.jobs(place.namespace, run_labels) if is_active(job)]
    jobs.sort(key=lambda job: (job["metadata"]["creationTimestamp"], job["metadata"]["name"]))
    return [str(job["metadata"]["name"]) for job in jobs]
