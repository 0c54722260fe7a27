"""The contract of where pods are scheduled, and of what accelerators their containers get."""

from enum import Enum
from typing import NotRequired, TypedDict

import pulumi


class TolerationOperator(str, Enum):
    """How a toleration's key and value are held against a taint's."""

    EQUAL = "Equal"
    """The taint has the key and the value."""
    EXISTS = "Exists"
    """The taint has the key, whatever its value."""


class TaintEffect(str, Enum):
    """What a taint does to pods that do not tolerate it."""

    NO_SCHEDULE = "NoSchedule"
    """They are not scheduled on the node."""
    PREFER_NO_SCHEDULE = "PreferNoSchedule"
    """They are scheduled on the node only where there is no other."""
    NO_EXECUTE = "NoExecute"
    """They are not scheduled on the node, and those that run there are evicted."""


class TolerationArgs(TypedDict):
    """Toleration: a taint of nodes that keeps the pods off no longer."""

    key: NotRequired[str]
    """The taint's key, such as `nvidia.com/gpu`. Defaults to none: with the operator Exists, every taint."""
    operator: NotRequired[TolerationOperator]
    """How key and value are held against the taint's: Equal or Exists. Defaults to Equal."""
    value: NotRequired[str]
    """The taint's value, for the operator Equal. Defaults to the empty value."""
    effect: NotRequired[TaintEffect]
    """The taint's effect: NoSchedule, PreferNoSchedule or NoExecute. Defaults to every effect."""
    toleration_seconds: NotRequired[int]
    """With the effect NoExecute: after how many seconds on a tainted node a pod is evicted all the same. Defaults to
    never."""


class AcceleratorArgs(TypedDict):
    """Accelerators of a container: an extended resource, of which whole ones are requested and nothing is shared."""

    resource: NotRequired[str]
    """The extended resource's name, as the device plugin registers it. Defaults to `nvidia.com/gpu`."""
    count: NotRequired[int]
    """How many of them the container gets: its request, and the same limit. Defaults to 1."""


class KubernetesSchedulingArgs(TypedDict):
    """On which nodes pods run on Kubernetes, and before whom."""

    node_selector: NotRequired[dict[str, pulumi.Input[str]]]
    """Node selector: labels that a node must have, such as `cloud.google.com/gke-accelerator`. Spot nodes are chosen by
    the label that the cluster gives them. Defaults to none: any node."""
    tolerations: NotRequired[list[TolerationArgs]]
    """Tolerations of nodes' taints, such as those of GPU and spot nodes. Defaults to none."""
    runtime_class_name: NotRequired[pulumi.Input[str]]
    """RuntimeClass of the pods, such as `nvidia`. Defaults to the cluster's own container runtime."""
    priority_class_name: NotRequired[pulumi.Input[str]]
    """PriorityClass of the pods: those of a higher one may preempt those of a lower. Defaults to the cluster's
    default."""
