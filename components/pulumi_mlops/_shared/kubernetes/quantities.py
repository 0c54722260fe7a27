"""Kubernetes quantities of CPU and memory."""

from collections.abc import Mapping

from pulumi_mlops._shared.documents import Document

RESERVED_SHARE_OF_CPU = 0.25
"""Of a step's CPU limit, what the scheduler sets aside for it."""


def millicores(quantity: str) -> int:
    """Read a quantity of CPU, such as `500m` or `2`, in thousandths of a core."""
    if quantity.endswith("m"):
        return int(quantity[:-1])
    return round(float(quantity) * 1000)


def mebibytes(quantity: str) -> int:
    """Read a size in Mi, Gi or Ti, such as `256Mi`."""
    number, unit = int(quantity[:-2]), quantity[-2:]
    return number * {"Mi": 1, "Gi": 1024, "Ti": 1024 * 1024}[unit]


def batch_resources(resources: Mapping[str, str]) -> Document:
    """Resources of a container that runs for a while: it may use its CPU, and a quarter of it is reserved.

    Memory is reserved whole: a step that is given less than it needs fails, where one with less CPU takes longer.
    """
    reserved = max(1, round(millicores(resources["cpu"]) * RESERVED_SHARE_OF_CPU))
    return {
        "requests": {"cpu": f"{reserved}m", "memory": resources["memory"]},
        "limits": {"cpu": resources["cpu"], "memory": resources["memory"]},
    }


def server_resources(cpu: str, memory: str) -> Document:
    """Resources of a container that answers requests: CPU is reserved and not capped, memory is both.

    A cap on CPU would throttle the slowest answers and the start, and gain nothing where the node has time left.
    """
    return {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": memory}}
