"""A training pipeline's arguments, checked and complete."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from pulumi_mlops._shared import checks
from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops._shared.documents import Document
from pulumi_mlops.training_pipeline import settings as neutral
from pulumi_mlops.training_pipeline.args import TrainingPipelineArgs

# A run's Job is named after the pipeline, with up to eleven characters more; a CronJob takes 52.
LONGEST_NAME = 52


@dataclass(frozen=True)
class StepSettings:
    """One step of the graph."""

    name: str
    resources: Mapping[str, str]
    """The most that it may use: `cpu` and `memory`."""


@dataclass(frozen=True)
class PipelineSettings:
    """Everything that the pipeline's documents are made of."""

    name: str
    namespace: pulumi.Input[str]
    image: pulumi.Input[str]
    registry_url: pulumi.Input[str]
    environment: pulumi.Input[str]
    model_name: str
    graph_reference: str
    steps: Sequence[StepSettings]
    """In an order in which each comes after those that it needs."""
    parameters: Mapping[str, Any]
    gate: Document | None
    schedule: str | None
    workspace_gib: int
    run_timeout_seconds: int
    champion: Document | None
    allowed_egress_cidrs: Sequence[pulumi.Input[str]]
    service_account_annotations: Mapping[str, pulumi.Input[str]]
    image_pull_secret_names: Sequence[pulumi.Input[str]]
    tags: Mapping[str, pulumi.Input[str]]


def resolve(name: str, args: TrainingPipelineArgs) -> PipelineSettings:
    """Check the arguments and fill in the defaults.

    Raises:
        ArgumentsError: With every problem of the plain values. Outputs are checked where they are used.
    """
    arguments = Arguments("KubernetesTrainingPipeline", name, args, TrainingPipelineArgs)
    arguments.check("name", name, checks.name(longest=LONGEST_NAME))
    read = arguments.read
    graph = read("graph", neutral.is_graph, {"reference": "", "parameters": {}, "steps": []})
    settings = PipelineSettings(
        name=name,
        namespace=read("kubernetes.namespace", checks.namespace),
        image=read("image", checks.image),
        registry_url=read("registry_url", checks.http_url),
        environment=read("environment"),
        model_name=read("model_name", checks.name(longest=63), name),
        graph_reference=graph["reference"],
        steps=_steps(arguments, graph),
        parameters=neutral.parameters(arguments, graph),
        gate=neutral.gate(arguments, graph),
        schedule=read("schedule", neutral.is_schedule),
        workspace_gib=int(read("workspace_gib", checks.between(1, 1024), 2)),
        run_timeout_seconds=int(read("run_timeout_seconds", checks.between(60), 4 * 3600)),
        champion=neutral.champion(arguments),
        allowed_egress_cidrs=read("kubernetes.allowed_egress_cidrs", None, []),
        service_account_annotations=read("kubernetes.service_account_annotations", None, {}),
        image_pull_secret_names=read("kubernetes.image_pull_secret_names", None, []),
        tags=read("tags", None, {}),
    )
    arguments.finish()
    return settings


def _steps(arguments: Arguments, graph: Mapping[str, Any]) -> list[StepSettings]:
    names = [step["name"] for step in graph["steps"]]
    given: Mapping[str, Mapping[str, str]] = arguments.read("resources", None, {})
    for name in given:
        if names and name not in names:
            arguments.add_unknown_key(f"resources.{name}", f"one of the steps {', '.join(names)}")
    steps = []
    for step in graph["steps"]:
        path = f"resources.{step['name']}"
        resources = {
            "cpu": arguments.read(f"{path}.cpu", checks.cpu, step["resources"]["cpu"]),
            "memory": arguments.read(f"{path}.memory", checks.memory, step["resources"]["memory"]),
        }
        steps.append(StepSettings(step["name"], resources))
    return steps
