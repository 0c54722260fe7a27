"""A training pipeline's arguments on Kubernetes, checked and complete."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from pulumi_mlops._shared import values
from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.kubernetes.scheduling.settings import (
    Accelerator,
    Scheduling,
    read_accelerator,
    read_scheduling,
    read_shared_memory_gib,
)
from pulumi_mlops.training_pipeline import settings as neutral
from pulumi_mlops.training_pipeline.args import KubernetesTrainingPipelineArgs

# A run's Job is named after the pipeline, with up to eleven characters more; a CronJob takes 52.
LONGEST_NAME = 52


@dataclass(frozen=True)
class StepSettings:
    """One step of the graph."""

    name: str
    resources: Mapping[str, str]
    """The most that it may use: `cpu` and `memory`."""
    accelerator: Accelerator | None = None
    shared_memory_gib: int | None = None


@dataclass(frozen=True, kw_only=True)
class PipelineSettings(neutral.NeutralPipelineSettings):
    """Everything that the pipeline's documents are made of."""

    namespace: pulumi.Input[str]
    image: pulumi.Input[str]
    registry_url: pulumi.Input[str]
    environment: pulumi.Input[str]
    steps: Sequence[StepSettings]
    """In an order in which each comes after those that it needs."""
    scheduling: Scheduling
    parameters: Mapping[str, Any]
    champion: Document | None
    allowed_egress_cidrs: Sequence[pulumi.Input[str]]
    environment_secret_names: Sequence[pulumi.Input[str]]
    pod_annotations: Mapping[str, pulumi.Input[str]]
    service_account_annotations: Mapping[str, pulumi.Input[str]]
    image_pull_secret_names: Sequence[pulumi.Input[str]]
    cluster_assigned_user: bool
    tags: Mapping[str, pulumi.Input[str]]


def resolve(name: str, args: KubernetesTrainingPipelineArgs) -> PipelineSettings:
    """Check the arguments and fill in the defaults.

    Raises:
        ArgumentsError: With every problem of the plain values. Outputs are checked where they are used.
    """
    arguments = Arguments("KubernetesTrainingPipeline", name, args, KubernetesTrainingPipelineArgs)
    read = arguments.read
    common, graph = neutral.read_neutral(arguments, name, LONGEST_NAME)
    settings = PipelineSettings(
        **vars(common),
        namespace=read("kubernetes.namespace", values.namespace),
        image=read("image", values.image),
        registry_url=read("registry_url", values.reachable_url),
        environment=read("environment", values.namespace),
        steps=_steps(arguments, graph),
        scheduling=read_scheduling(arguments),
        parameters=neutral.parameters(arguments, graph),
        champion=neutral.champion(arguments),
        allowed_egress_cidrs=arguments.items("kubernetes.allowed_egress_cidrs", values.address_range),
        environment_secret_names=arguments.items("kubernetes.environment_secret_names", values.object_name),
        pod_annotations=arguments.mapping("kubernetes.pod_annotations", values.annotation_key),
        service_account_annotations=arguments.mapping("kubernetes.service_account_annotations", values.annotation_key),
        image_pull_secret_names=arguments.items("kubernetes.image_pull_secret_names", values.object_name),
        cluster_assigned_user=bool(read("kubernetes.cluster_assigned_user", default=False)),
        tags=read("tags", None, {}),
    )
    arguments.finish()
    return settings


def _steps(arguments: Arguments, graph: Mapping[str, Any]) -> list[StepSettings]:
    names = [step["name"] for step in graph["steps"]]
    given: Mapping[str, Mapping[str, str]] = arguments.read("kubernetes.resources", None, {})
    for name in given:
        if names and name not in names:
            arguments.add_unknown_key(f"kubernetes.resources.{name}", f"one of the steps {', '.join(names)}")
    steps = []
    for step in graph["steps"]:
        path = f"kubernetes.resources.{step['name']}"
        resources = {
            "cpu": arguments.read(f"{path}.cpu", values.cpu, step["resources"]["cpu"]),
            "memory": arguments.read(f"{path}.memory", values.memory, step["resources"]["memory"]),
        }
        accelerator = read_accelerator(arguments, f"{path}.accelerator")
        shared_memory_gib = read_shared_memory_gib(
            arguments, f"{path}.shared_memory_gib", f"{path}.memory", resources["memory"]
        )
        steps.append(StepSettings(step["name"], resources, accelerator, shared_memory_gib))
    return steps
