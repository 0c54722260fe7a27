"""Whether the truth check proved what an endpoint's pods serve, for `mlops status`."""

from pulumi_mlops._shared.kubernetes import labels
from pulumi_mlops.cli.kubernetes.cluster import Cluster
from pulumi_mlops.cli.kubernetes.runs import Document
from pulumi_mlops.cli.workload_status import Health
from pulumi_mlops.endpoint.kubernetes import truth_check


def checked(cluster: Cluster, namespace: str, endpoint: str, rollout: str, health: Health) -> Health:
    """Return the health of an endpoint whose pods are ready, by what its truth check says of this rollout.

    Args:
        cluster: The cluster.
        namespace: The endpoint's namespace.
        endpoint: Its name.
        rollout: Which rollout of its Deployment stands, as `truth_check.rollout` says it.
        health: How it stands without a check.

    Raises:
        ClusterError: When the cluster gives no answer.
    """
    jobs = cluster.jobs(namespace, labels.selector(endpoint, truth_check.COMPONENT))
    own = [job for job in jobs if _rollout(job) == rollout and "deletionTimestamp" not in job["metadata"]]
    if not own:
        # Such as after `kubectl rollout restart`, of which Pulumi knows nothing.
        return Health(f"{health}, no truth check of this rollout", is_healthy=health.is_healthy)
    job = max(own, key=lambda one: str(one["metadata"].get("creationTimestamp", "")))
    conditions = {one["type"]: one for one in job.get("status", {}).get("conditions") or [] if one["status"] == "True"}
    if "Complete" in conditions:
        return health
    name = job["metadata"]["name"]
    if "Failed" not in conditions:
        return Health(f"no: the truth check {name} is under way", is_healthy=False)
    failed = conditions["Failed"]
    why = cluster.trouble(namespace, {"batch.kubernetes.io/job-name": name}) or failed.get("message") or "no reason"
    return Health(f"no: the truth check {name} failed ({why})", is_healthy=False)


def _rollout(job: Document) -> str | None:
    annotations = job["spec"]["template"]["metadata"].get("annotations") or {}
    rollout: str | None = annotations.get(truth_check.ROLLOUT)
    return rollout
