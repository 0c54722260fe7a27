"""An endpoint's arguments on Kubernetes, checked and complete."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from pulumi_mlops._shared import values
from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops._shared.kubernetes.quantities import mebibytes
from pulumi_mlops._shared.kubernetes.scheduling.settings import (
    Accelerator,
    Scheduling,
    read_accelerator,
    read_scheduling,
    read_shared_memory_gib,
)
from pulumi_mlops._shared.rules import Range, Setting
from pulumi_mlops.endpoint.args import KubernetesEndpointArgs
from pulumi_mlops.endpoint.lookup import LookupSettings, read_lookup
from pulumi_mlops.endpoint.settings import NeutralEndpointSettings, read_neutral, refuse_cache_without_room

LONGEST_NAME = 40
# Kubernetes' own progressDeadlineSeconds: a node's start, the image's pull and the model's fetch are in it.
ROLLOUT_TIMEOUT_SECONDS = Setting(10, 3600, default=600)
TARGET_CPU_PERCENT = Setting(10, 100, default=70)
DRAIN_SECONDS = Range(1, 3600)
MODEL_VOLUME_GIB = Setting(1, 16384, default=4)
ACCELERATOR_MEMORY_GIB = Range(1)
DEFAULT_CPU = "500m"
DEFAULT_MEMORY = "512Mi"


@dataclass(frozen=True, kw_only=True)
class EndpointSettings(NeutralEndpointSettings):
    """Everything that the endpoint's documents are made of."""

    namespace: pulumi.Input[str]
    registry_url: pulumi.Input[str]
    features: LookupSettings | None
    """None: what a request leaves out is null."""
    target_cpu_percent: int
    drain_seconds: int
    cpu: str
    memory: str
    allowed_namespaces: Sequence[pulumi.Input[str]] | None
    """None: every namespace."""
    allowed_ingress_cidrs: Sequence[pulumi.Input[str]]
    model_volume_gib: int
    scheduling: Scheduling
    accelerator: Accelerator | None
    accelerators_memory_mib: int | None
    """Of all of a pod's accelerators; None where it is not known, or there are none."""
    shared_memory_gib: int | None
    pod_annotations: Mapping[str, pulumi.Input[str]]
    service_account_annotations: Mapping[str, pulumi.Input[str]]
    image_pull_secret_names: Sequence[pulumi.Input[str]]
    cluster_assigned_user: bool


def resolve(name: str, args: KubernetesEndpointArgs) -> EndpointSettings:
    """Check the arguments and fill in the defaults.

    Raises:
        ArgumentsError: With every problem of the plain values. Outputs are checked where they are used.
    """
    arguments = Arguments("KubernetesEndpoint", name, args, KubernetesEndpointArgs)
    arguments.check("name", name, values.name_of_at_most(LONGEST_NAME))
    read = arguments.read
    neutral = read_neutral(arguments, name, image=values.image, rollout_timeout_seconds=ROLLOUT_TIMEOUT_SECONDS)
    everywhere = read("kubernetes.allowed_namespaces") is None
    memory = read("kubernetes.memory", values.memory, DEFAULT_MEMORY)
    accelerator = read_accelerator(arguments, "kubernetes.accelerator")
    settings = EndpointSettings(
        **vars(neutral),
        namespace=read("kubernetes.namespace", values.namespace),
        registry_url=read("registry_url", values.reachable_url),
        features=read_lookup(arguments),
        target_cpu_percent=arguments.number("kubernetes.target_cpu_percent", TARGET_CPU_PERCENT),
        drain_seconds=_drain_seconds(arguments, neutral.request_timeout_seconds),
        cpu=read("kubernetes.cpu", values.cpu, DEFAULT_CPU),
        memory=memory,
        allowed_namespaces=(None if everywhere else arguments.items("kubernetes.allowed_namespaces", values.namespace)),
        allowed_ingress_cidrs=arguments.items("kubernetes.allowed_ingress_cidrs", values.address_range),
        model_volume_gib=arguments.number("kubernetes.model_volume_gib", MODEL_VOLUME_GIB),
        scheduling=read_scheduling(arguments),
        accelerator=accelerator,
        accelerators_memory_mib=_accelerators_memory_mib(arguments, accelerator),
        shared_memory_gib=read_shared_memory_gib(
            arguments, "kubernetes.shared_memory_gib", "kubernetes.memory", memory
        ),
        pod_annotations=arguments.mapping("kubernetes.pod_annotations", values.annotation_key),
        service_account_annotations=arguments.mapping("kubernetes.service_account_annotations", values.annotation_key),
        image_pull_secret_names=arguments.items("kubernetes.image_pull_secret_names", values.object_name),
        cluster_assigned_user=bool(read("kubernetes.cluster_assigned_user", default=False)),
    )
    _refuse_cache_without_room(arguments, settings)
    arguments.finish()
    return settings


def _accelerators_memory_mib(arguments: Arguments, accelerator: Accelerator | None) -> int | None:
    gib = arguments.read("kubernetes.accelerator.memory_gib", ACCELERATOR_MEMORY_GIB)
    return None if gib is None or accelerator is None else int(gib) * 1024 * accelerator.count


def _refuse_cache_without_room(arguments: Arguments, settings: EndpointSettings) -> None:
    if settings.accelerator is not None:
        memory_mib, of, more = settings.accelerators_memory_mib, "the accelerators", "kubernetes.accelerator.count"
    else:
        memory_mib, of, more = mebibytes(settings.memory), "kubernetes.memory", "kubernetes.memory"
    if arguments.sound("kubernetes.memory", "kubernetes.accelerator"):
        refuse_cache_without_room(arguments, settings.model_cache_gib, memory_mib, of, f"raise {more}")


def _drain_seconds(arguments: Arguments, request_timeout_seconds: int) -> int:
    """Take how long a pod waits for its answers: one that ended sooner would cut off a request that still has time."""
    path = "kubernetes.drain_seconds"
    drain_seconds = int(arguments.read(path, DRAIN_SECONDS, request_timeout_seconds))
    if drain_seconds < request_timeout_seconds and arguments.sound(path, "request_timeout_seconds"):
        expected = f"at least request_timeout_seconds ({request_timeout_seconds}): a request may take as long"
        arguments.add(path, drain_seconds, expected, "raise it, or lower request_timeout_seconds")
    return drain_seconds
