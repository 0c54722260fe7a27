"""Where pods are scheduled, in a stack file: the tree of `KubernetesSchedulingArgs`, with lines and strictness."""

from typing import Annotated

from pydantic import Field

from pulumi_mlops._shared.config_model import Model
from pulumi_mlops._shared.kubernetes.scheduling import settings
from pulumi_mlops._shared.kubernetes.scheduling.args import TaintEffect, TolerationOperator
from pulumi_mlops._shared.values import ExtendedResource, LabelKey, LabelValue, ObjectName


class TolerationConfig(Model):
    """Toleration: a taint of nodes that keeps the pods off no longer."""

    key: LabelKey | None = None
    """The taint's key, like nvidia.com/gpu. Defaults to none: with the operator Exists, every taint."""

    operator: Annotated[TolerationOperator, Field(strict=False)] = settings.DEFAULT_OPERATOR
    """How key and value are held against the taint's: Equal or Exists. Defaults to Equal."""

    value: LabelValue | None = None
    """The taint's value, for the operator Equal. Defaults to the empty value."""

    effect: Annotated[TaintEffect | None, Field(strict=False)] = None
    """The taint's effect: NoSchedule, PreferNoSchedule or NoExecute. Defaults to every effect."""

    toleration_seconds: Annotated[int, settings.TOLERATION_SECONDS] | None = None
    """With the effect NoExecute: after how many seconds on a tainted node a pod is evicted all the same. Defaults to
    never."""


class AcceleratorConfig(Model):
    """Accelerators of a container: an extended resource, of which whole ones are requested and nothing is shared."""

    resource: ExtendedResource = settings.DEFAULT_RESOURCE
    """The extended resource's name, as the device plugin registers it. Defaults to nvidia.com/gpu."""

    count: Annotated[int, settings.ACCELERATOR_COUNT] = settings.ACCELERATOR_COUNT.default
    """How many of them the container gets: its request, and the same limit. Defaults to 1."""


class KubernetesSchedulingConfig(Model):
    """On which nodes pods run on kubernetes, and before whom."""

    node_selector: dict[LabelKey, LabelValue] = Field(default={})
    """Node selector: labels that a node must have, like cloud.google.com/gke-accelerator. Spot nodes are chosen by the
    label that the cluster gives them. Defaults to none: any node."""

    tolerations: Annotated[tuple[TolerationConfig, ...], Field(strict=False)] = ()
    """Tolerations of nodes' taints, like those of GPU and spot nodes. Defaults to none."""

    runtime_class_name: ObjectName | None = None
    """RuntimeClass of the pods, like nvidia. Defaults to the cluster's own container runtime."""

    priority_class_name: ObjectName | None = None
    """PriorityClass of the pods: those of a higher one may preempt those of a lower. Defaults to the cluster's
    default."""
