"""Where pods are scheduled, as Kubernetes has it."""

from pulumi_mlops._shared.documents import Document, without_none
from pulumi_mlops._shared.kubernetes import pods
from pulumi_mlops._shared.kubernetes.scheduling.settings import Accelerator, Scheduling

SHARED_MEMORY_FOLDER = "/dev/shm"  # noqa: S108 - a volume of the pod's own


def scheduled(scheduling: Scheduling) -> Document:
    """Return the keys of a pod that say where it runs; none where nothing is said."""
    return without_none(
        {
            "nodeSelector": dict(scheduling.node_selector) or None,
            "tolerations": list(scheduling.tolerations) or None,
            "runtimeClassName": scheduling.runtime_class_name,
            "priorityClassName": scheduling.priority_class_name,
        }
    )


def accelerated(resources: Document, accelerator: Accelerator | None) -> Document:
    """Return a container's resources with its accelerators, as many requested as it is limited to.

    https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/: "the two values must be equal".
    """
    if accelerator is None:
        return resources
    devices = {accelerator.resource: str(accelerator.count)}
    return {**resources, **{kind: {**resources.get(kind, {}), **devices} for kind in ("requests", "limits")}}


def shared_memory_volumes(*sizes_gib: int | None) -> list[Document]:
    """Return a volume in memory for each size that a container of the pod asks for; None asks for none.

    What is written to it counts against the memory of the container that writes: one of another's size could be more
    than a container's memory holds.
    """
    return [
        {"name": _volume_of(gib), "emptyDir": {"medium": pods.IN_MEMORY, "sizeLimit": f"{gib}Gi"}}
        for gib in sorted({size for size in sizes_gib if size is not None})
    ]


def shared_memory_mounts(gib: int | None) -> list[Document]:
    """Return the mount of a container's shared memory, in the place of the 64 MiB that it has otherwise."""
    return [] if gib is None else [pods.mount(_volume_of(gib), SHARED_MEMORY_FOLDER)]


def _volume_of(gib: int) -> str:
    return f"shared-memory-{gib}gi"
