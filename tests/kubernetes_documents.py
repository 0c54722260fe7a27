"""Checks of Kubernetes objects as an API server would make them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import kubernetes_validate

from tests.recording import Declared

KUBERNETES_VERSION = "1.36"


def objects(resources: Iterable[Declared]) -> list[dict[str, Any]]:
    """The Kubernetes objects among what was declared."""
    return [resource.inputs for resource in resources if resource.type.startswith("kubernetes:")]


def check_schema(document: Mapping[str, Any]) -> None:
    """Raise if the object has an unknown field, a wrong type, or lacks a required one."""
    kubernetes_validate.validate(document, KUBERNETES_VERSION, strict=True)


def pod_specs(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The specifications of the pods that an object makes."""
    spec = document.get("spec", {})
    match document["kind"]:
        case "Deployment" | "StatefulSet" | "Job":
            yield spec["template"]["spec"]
        case "CronJob":
            yield spec["jobTemplate"]["spec"]["template"]["spec"]


def weaknesses(pod: Mapping[str, Any]) -> list[str]:
    """What of a pod falls short of the `restricted` standard, or of what we ask beyond it."""
    found = []
    security = pod.get("securityContext", {})
    if security.get("runAsNonRoot") is not True or security.get("runAsUser") in (None, 0):
        found.append("may run as root")
    if security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        found.append("no seccomp profile")
    if pod.get("automountServiceAccountToken") is not False:
        found.append("has a token for the cluster")
    if pod.get("serviceAccountName") in (None, "default"):
        found.append("has no identity of its own")
    if any(pod.get(key) for key in ("hostNetwork", "hostPID", "hostIPC")):
        found.append("shares the host's namespaces")
    allowed = {"emptyDir", "persistentVolumeClaim", "secret", "configMap", "downwardAPI", "projected"}
    found += [f"volume {volume['name']}" for volume in pod["volumes"] if not (set(volume) - {"name"}) <= allowed]
    if disk_reserved(pod) < disk_used(pod):
        found.append(f"may use {disk_used(pod)} Mi of the node's disk, and reserves {disk_reserved(pod)} Mi")
    in_memory = _sizes(pod, in_memory=True)
    for container in [*pod.get("initContainers", []), *pod["containers"]]:
        found += [f"{container['name']}: {weakness}" for weakness in _container_weaknesses(container)]
        found += [f"{container['name']}: {weakness}" for weakness in _resource_weaknesses(container, in_memory)]
    return found


def disk_used(pod: Mapping[str, Any]) -> int:
    """Room in Mi that the pod's own volumes may take on the node's disk."""
    return sum(_sizes(pod, in_memory=False).values())


def _sizes(pod: Mapping[str, Any], *, in_memory: bool) -> dict[str, int]:
    """Room in Mi of the pod's own volumes by name: those in memory, or those on the node's disk."""
    rooms = {volume["name"]: volume["emptyDir"] for volume in pod["volumes"] if "emptyDir" in volume}
    return {
        name: mebibytes(room["sizeLimit"])
        for name, room in rooms.items()
        if (room.get("medium") == "Memory") is in_memory
    }


def disk_reserved(pod: Mapping[str, Any]) -> int:
    """Room in Mi that the scheduler sets aside on the node's disk."""
    requests = [container["resources"].get("requests", {}) for container in pod["containers"]]
    return sum(mebibytes(request.get("ephemeral-storage", "0Mi")) for request in requests)


def mebibytes(quantity: str) -> int:
    """A size in MiB."""
    return int(quantity[:-2]) * {"Mi": 1, "Gi": 1024}[quantity[-2:]]


def _resource_weaknesses(container: Mapping[str, Any], in_memory: Mapping[str, int]) -> Iterator[str]:
    """What of a container's resources an API server would refuse, or its memory not hold."""
    requests, limits = (container["resources"].get(kind, {}) for kind in ("requests", "limits"))
    for name in {name for name in [*requests, *limits] if "/" in name}:
        if requests.get(name) != limits.get(name) or not str(limits.get(name)).isdecimal():
            yield f"{name}: requests {requests.get(name)} and is limited to {limits.get(name)}"
    mounted = sum(in_memory.get(mount["name"], 0) for mount in container["volumeMounts"])
    if mounted and mounted >= mebibytes(limits["memory"]):
        yield f"may write {mounted} Mi to volumes in memory, of {limits['memory']} that it has"


def _container_weaknesses(container: Mapping[str, Any]) -> Iterator[str]:
    security = container.get("securityContext", {})
    if security.get("allowPrivilegeEscalation") is not False:
        yield "may gain privileges"
    if security.get("capabilities") != {"drop": ["ALL"]}:
        yield "has capabilities"
    if security.get("readOnlyRootFilesystem") is not True:
        yield "writes to its root file system"
    if "memory" not in container.get("resources", {}).get("limits", {}):
        yield "has no limit of memory"
    if container.get("imagePullPolicy") != "IfNotPresent":
        yield "pulls a pinned image again"
