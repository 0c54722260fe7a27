"""What every pod has in common: it meets Kubernetes' `restricted` standard and writes to its volumes alone."""

from collections.abc import Mapping, Sequence

import pulumi

from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.kubernetes.quantities import mebibytes

USER_ID = 10001
"""The user that our images are made for. They run as any other of group 0 as well, as OpenShift asks:
https://docs.openshift.com/container-platform/4.16/openshift_images/create-images.html#use-uid_create-images"""

TEMPORARY_FOLDER = "/tmp"  # noqa: S108 - a volume of the pod's own

IN_MEMORY = "Memory"
"""The medium of a volume that lies in the container's memory, and not on the node's disk."""

MODEL_LIBRARY_ENVIRONMENT = {
    "HOME": TEMPORARY_FOLDER,
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}
"""MLflow looks for a home folder and for git, and would report its use."""


def pod_security(*, cluster_assigned_user: bool) -> Document:
    """Security context of a pod. Volumes belong to the user's group.

    Args:
        cluster_assigned_user: Whether the cluster fills in user and groups, and refuses others than its own.
    """
    user = {} if cluster_assigned_user else {"runAsUser": USER_ID, "runAsGroup": USER_ID, "fsGroup": USER_ID}
    return {
        "runAsNonRoot": True,
        **user,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container_security() -> Document:
    """Security context of a container."""
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
    }


def empty_volume(name: str, size_limit: str) -> Document:
    """Return a volume that lives as long as its pod."""
    return {"name": name, "emptyDir": {"sizeLimit": size_limit}}


def mount(name: str, path: str, *, read_only: bool = False) -> Document:
    """Return the mount of a volume in a container."""
    document: Document = {"name": name, "mountPath": path}
    if read_only:
        document["readOnly"] = True
    return document


def environment(*groups: Mapping[str, pulumi.Input[str] | Document]) -> list[Document]:
    """Write environment variables in order of their names. A dictionary as value is where the value comes from."""
    merged = {name: value for group in groups for name, value in group.items()}
    return [
        {"name": name, "valueFrom": value} if isinstance(value, dict) else {"name": name, "value": value}
        for name, value in sorted(merged.items())
    ]


def container(
    name: str,
    image: pulumi.Input[str],
    command: Sequence[pulumi.Input[str]],
    *,
    resources: Document,
    mounts: Sequence[Document] = (),
    variables: Sequence[Document] = (),
    more: Document | None = None,
) -> Document:
    """Build a container with a temporary folder and no right beyond running its command.

    Args:
        name: Its name in the pod.
        image: A pinned image. It is never pulled again once the node has it.
        command: The whole command line; the image's own entry point is not used.
        resources: Requests and limits.
        mounts: Mounts besides the temporary folder.
        variables: Environment variables.
        more: Further keys, such as probes and ports.
    """
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": list(command),
        "env": list(variables),
        "resources": resources,
        "securityContext": container_security(),
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [mount("tmp", TEMPORARY_FOLDER), *mounts],
        **(more or {}),
    }


def pod(
    service_account: str,
    containers: Sequence[Document],
    *,
    cluster_assigned_user: bool,
    init_containers: Sequence[Document] = (),
    volumes: Sequence[Document] = (),
    temporary_size: str = "256Mi",
    pull_secrets: Sequence[pulumi.Input[str]] = (),
    more: Document | None = None,
) -> Document:
    """Build a pod's specification.

    Args:
        service_account: Whose identity it has. Its token is not mounted: no pod of ours calls the cluster.
        containers: Its containers.
        cluster_assigned_user: Whether the cluster assigns its user and groups.
        init_containers: Those that run before, one after the other.
        volumes: Volumes besides the temporary folder.
        temporary_size: Room in the temporary folder, as a Kubernetes quantity.
        pull_secrets: Names of Secrets with which images are pulled.
        more: Further keys.
    """
    room = [empty_volume("tmp", temporary_size), *volumes]
    document: Document = {
        "serviceAccountName": service_account,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pod_security(cluster_assigned_user=cluster_assigned_user),
        "containers": [_with_room(containers[0], room), *containers[1:]],
        "volumes": room,
        **(more or {}),
    }
    if init_containers:
        document["initContainers"] = list(init_containers)
    if pull_secrets:
        document["imagePullSecrets"] = [{"name": secret} for secret in pull_secrets]
    return document


def _with_room(container: Document, volumes: Sequence[Document]) -> Document:
    """Return a container that reserves the node's disk for the pod's volumes. The scheduler does not count limits.

    https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#local-ephemeral-storage
    """
    rooms = [volume["emptyDir"] for volume in volumes if "emptyDir" in volume]
    size = sum(mebibytes(room["sizeLimit"]) for room in rooms if room.get("medium") != IN_MEMORY)
    resources = container["resources"]
    requests = {**resources.get("requests", {}), "ephemeral-storage": f"{size}Mi"}
    return {**container, "resources": {**resources, "requests": requests}}
