"""`mlops status` of workloads on Kubernetes."""

import http.client
from collections.abc import Callable
from typing import Any, TypeVar

from pulumi_mlops._shared import names
from pulumi_mlops.cli.kubernetes.cluster import Cluster, Replicas, cluster_of
from pulumi_mlops.cli.kubernetes.errors import ClusterError
from pulumi_mlops.cli.kubernetes.proof import checked
from pulumi_mlops.cli.kubernetes.registry import Registry, tags_of
from pulumi_mlops.cli.kubernetes.services import ServiceAddress
from pulumi_mlops.cli.stacks import Place
from pulumi_mlops.cli.workload_status import Health, Known, Version, WorkloadStatus, unlike_the_pin
from pulumi_mlops.stack import StackConfig

# What reading an answer raises that is no answer to the question.
ODD_ANSWER = (KeyError, TypeError, ValueError, AttributeError, http.client.HTTPException)
Value = TypeVar("Value")


def workload_status(place: Place, connect: Callable[[StackConfig], Cluster] = cluster_of) -> WorkloadStatus:
    """Ask how a workload stands. Whatever gives no answer becomes the problem of its own cell.

    Args:
        place: The workload.
        connect: Returns the cluster of a configuration.
    """
    pin = place.config.workloads[place.workload].model
    pinned = Known(Version(pin.version, pin.digest) if pin is not None else None)
    try:
        cluster = connect(place.config)
    except ClusterError as error:
        lost: Known[Any] = Known(problem=str(error))
        return WorkloadStatus(place.stack, place.workload, pinned, lost, lost, lost)
    registered = _asked("the registry", lambda: _registered(cluster, place))
    deployment = _asked("the cluster", lambda: cluster.replicas(place.namespace, place.workload))
    absent = deployment.problem is None and deployment.value is None
    serving: Known[Version] = Known() if absent else _asked("the endpoint", lambda: _serving(cluster, place))
    healthy = judge_health(pinned.value, serving, deployment)
    if deployment.value is not None and healthy.value is not None and healthy.value.is_healthy:
        healthy = _checked(cluster, place, deployment.value, healthy.value)
    return WorkloadStatus(place.stack, place.workload, pinned, registered, serving, healthy)


def serving_version(place: Place, connect: Callable[[StackConfig], Cluster] = cluster_of) -> Known[Version]:
    """Ask an endpoint which version it serves; nothing where there is no endpoint. Nothing is raised."""
    try:
        cluster = connect(place.config)
    except ClusterError as error:
        return Known(problem=str(error))
    deployment = _asked("the cluster", lambda: cluster.replicas(place.namespace, place.workload))
    if deployment.value is None:
        return Known(problem=deployment.problem)
    return _asked("the endpoint", lambda: _serving(cluster, place))


def judge_health(pinned: Version | None, serving: Known[Version], replicas: Known[Replicas]) -> Known[Health]:
    """Say whether what is pinned is what serves, on every replica that there should be.

    Args:
        pinned: The version in the stack file.
        serving: The version that the endpoint reports.
        replicas: How many pods there are.
    """
    why = f" ({replicas.value.trouble})" if replicas.value is not None and replicas.value.trouble else ""
    problem = replicas.problem or serving.problem
    if problem is not None:
        return Known(problem=problem if not why or why in problem else problem + why)
    found = replicas.value
    other = unlike_the_pin(pinned, None if found is None else serving.value, why)
    if found is None or other is not None:
        return Known(other)
    if not found.ready >= found.wanted > 0:
        return Known(Health(f"no: {found.ready} of {found.wanted} ready{why}", is_healthy=False))
    # One answer speaks for all pods only when they are all of one kind.
    if not found.updated == found.total == found.ready:
        text = f"no: an update is under way, {found.updated} of {found.total} pods are new{why}"
        return Known(Health(text, is_healthy=False))
    return Known(Health(f"yes ({found.ready} of {found.wanted})", is_healthy=True))


def _checked(cluster: Cluster, place: Place, found: Replicas, health: Health) -> Known[Health]:
    return _asked("the cluster", lambda: checked(cluster, place.namespace, place.workload, found.rollout, health))


def _asked(whom: str, question: Callable[[], Value | None]) -> Known[Value]:
    try:
        return Known(question())
    except ClusterError as error:
        return Known(problem=str(error))
    except ODD_ANSWER as error:
        return Known(problem=f"{whom} answered in another form ({type(error).__name__}: {error})")


def _registered(cluster: Cluster, place: Place) -> Version | None:
    found = Registry(cluster, place.config).versions(place.model, 1)
    return Version(int(found[0]["version"]), tags_of(found[0]).get(names.DIGEST_TAG, "")) if found else None


def _serving(cluster: Cluster, place: Place) -> Version:
    service = ServiceAddress(place.namespace, place.workload, names.ENDPOINT_PORT)
    identity = cluster.request(service, "/mlops/identity")
    return Version(int(identity["version"]), str(identity["digest"]), str(identity.get("runtime") or ""))
