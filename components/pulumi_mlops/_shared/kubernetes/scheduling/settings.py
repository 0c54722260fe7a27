"""Where pods are scheduled: each setting's range and default, once, and what Kubernetes refuses of them together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from pulumi_mlops._shared import values
from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops._shared.documents import Document, without_none
from pulumi_mlops._shared.kubernetes.quantities import mebibytes
from pulumi_mlops._shared.kubernetes.scheduling.args import TaintEffect, TolerationOperator
from pulumi_mlops._shared.rules import Range, Setting

DEFAULT_RESOURCE = "nvidia.com/gpu"
DEFAULT_OPERATOR = TolerationOperator.EQUAL
ACCELERATOR_COUNT = Setting(1, default=1)
"""Whole ones: Kubernetes takes no part of an extended resource.
https://kubernetes.io/docs/tasks/configure-pod-container/extended-resource/"""
TOLERATION_SECONDS = Range(0)
SHARED_MEMORY_GIB = Range(1, values.MOST_MEMORY_MIB // 1024 - 1)
"""Less than any container's memory."""


@dataclass(frozen=True, kw_only=True)
class Scheduling:
    """On which nodes pods run, and before whom."""

    node_selector: Mapping[str, pulumi.Input[str]]
    tolerations: Sequence[Document]
    """As Kubernetes has them."""
    runtime_class_name: pulumi.Input[str] | None
    priority_class_name: pulumi.Input[str] | None


@dataclass(frozen=True)
class Accelerator:
    """Accelerators of a container."""

    resource: str
    count: int


def read_scheduling(arguments: Arguments, path: str = "kubernetes") -> Scheduling:
    """Take where pods are scheduled.

    Args:
        arguments: The component's arguments.
        path: Where `node_selector` and the others stand among them.
    """
    tolerations = enumerate(arguments.read(f"{path}.tolerations", None, []))
    return Scheduling(
        node_selector=arguments.mapping(f"{path}.node_selector", values.label_key, values.label_value),
        tolerations=[_toleration(arguments, f"{path}.tolerations[{index}]", given) for index, given in tolerations],
        runtime_class_name=arguments.read(f"{path}.runtime_class_name", values.object_name),
        priority_class_name=arguments.read(f"{path}.priority_class_name", values.object_name),
    )


def read_accelerator(arguments: Arguments, path: str) -> Accelerator | None:
    """Take the accelerators of a container; None where it has none."""
    if arguments.read(path) is None:
        return None
    resource = arguments.read(f"{path}.resource", values.extended_resource, DEFAULT_RESOURCE)
    return Accelerator(resource, arguments.number(f"{path}.count", ACCELERATOR_COUNT))


def read_shared_memory_gib(arguments: Arguments, path: str, memory_path: str, memory: str) -> int | None:
    """Take how much a container may put into its shared memory, which is a part of its memory.

    https://kubernetes.io/docs/concepts/storage/volumes/#emptydir: with the medium Memory, "the files you write count
    against the memory limit of the container that wrote them".

    Args:
        arguments: The component's arguments.
        path: Where it stands.
        memory_path: Where the container's memory stands.
        memory: The container's limit of memory.
    """
    given = arguments.read(path, SHARED_MEMORY_GIB)
    if given is not None and int(given) * 1024 >= mebibytes(memory) and arguments.sound(memory_path):
        expected = f"less than the container's memory ({memory}), which shared memory is a part of"
        arguments.add(path, given, expected, "lower it, or raise memory")
    return None if given is None else int(given)


def _toleration(arguments: Arguments, path: str, given: Mapping[str, Any]) -> Document:
    operator = TolerationOperator(given.get("operator") or DEFAULT_OPERATOR)
    key, value, effect, seconds = (given.get(name) for name in ("key", "value", "effect", "toleration_seconds"))
    for name, rule in (
        ("key", values.label_key),
        ("value", values.label_value),
        ("toleration_seconds", TOLERATION_SECONDS),
    ):
        if given.get(name) is not None:
            arguments.check(f"{path}.{name}", given[name], rule)
    # k8s.io/kubernetes/pkg/apis/core/validation, ValidateTolerations.
    if key is None and operator is not TolerationOperator.EXISTS:
        arguments.add(path, dict(given), "a key, or the operator Exists, which without a key is every taint", "add key")
    if value and operator is TolerationOperator.EXISTS:
        arguments.add(path, dict(given), "no value: the operator Exists takes any", "remove value, or use Equal")
    if seconds is not None and effect != TaintEffect.NO_EXECUTE:
        expected = "the effect NoExecute beside toleration_seconds: no other evicts"
        arguments.add(path, dict(given), expected, "set effect: NoExecute, or remove toleration_seconds")
    return without_none(
        {
            "key": key,
            "operator": operator.value,
            "value": value,
            "effect": None if effect is None else TaintEffect(effect).value,
            "tolerationSeconds": None if seconds is None else int(seconds),
        }
    )
