"""A training pipeline's arguments, checked and complete."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pulumi

from pulumi_mlops._shared import checks
from pulumi_mlops._shared.arguments import Arguments, Requirement
from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.inputs import combine
from pulumi_mlops.config import cron
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
    graph = read("graph", _is_graph, {"reference": "", "parameters": {}, "steps": []})
    settings = PipelineSettings(
        name=name,
        namespace=read("kubernetes.namespace", checks.namespace),
        image=read("image", checks.image),
        registry_url=read("registry_url", checks.http_url),
        environment=read("environment"),
        model_name=read("model_name", checks.name(longest=63), name),
        graph_reference=graph["reference"],
        steps=_steps(arguments, graph),
        parameters=_parameters(arguments, graph),
        gate=_gate(arguments, graph),
        schedule=read("schedule", _is_schedule),
        workspace_gib=int(read("workspace_gib", checks.between(1, 1024), 2)),
        run_timeout_seconds=int(read("run_timeout_seconds", checks.between(60), 4 * 3600)),
        champion=_champion(arguments),
        allowed_egress_cidrs=read("kubernetes.allowed_egress_cidrs", None, []),
        service_account_annotations=read("kubernetes.service_account_annotations", None, {}),
        image_pull_secret_names=read("kubernetes.image_pull_secret_names", None, []),
        tags=read("tags", None, {}),
    )
    arguments.finish()
    return settings


_PARAMETER_TYPES: Mapping[str, tuple[type, ...]] = {
    "integer": (int, float),
    "number": (int, float),
    "string": (str,),
    "boolean": (bool,),
}


def _is_graph(graph: Mapping[str, Any]) -> Requirement | None:
    fix = "pass what `StepGraph.to_document()` returns"
    steps = graph.get("steps")
    if not isinstance(graph.get("reference"), str) or not isinstance(graph.get("parameters"), Mapping):
        return Requirement("a step graph with its reference and parameters", fix)
    if not steps or not all(isinstance(step, Mapping) and step.get("name") for step in steps):
        return Requirement("a step graph with at least one step, each with a name", fix)
    return None


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


def _parameters(arguments: Arguments, graph: Mapping[str, Any]) -> dict[str, Any]:
    known: Mapping[str, Mapping[str, Any]] = graph["parameters"]
    parameters = {}
    for name, value in arguments.read("parameters", None, {}).items():
        path = f"parameters.{name}"
        if not graph["steps"]:
            continue
        if name not in known:
            expected = f"one of the graph's parameters {', '.join(sorted(known)) or '(it has none)'}"
            arguments.add_unknown_key(path, expected)
            continue
        kind = known[name]["type"]
        checked = arguments.check(path, value, partial(_is_of_kind, kind))
        parameters[name] = combine(partial(_as_kind, kind), checked)
    return parameters


def _is_of_kind(kind: str, value: object) -> Requirement | None:
    right = isinstance(value, _PARAMETER_TYPES[kind]) and isinstance(value, bool) == (kind == "boolean")
    if right and not (kind == "integer" and isinstance(value, float) and not value.is_integer()):
        return None
    return Requirement(f"a value of type {kind}", "correct this value")


def _as_kind(kind: str, value: Any) -> Any:
    """Undo what the component protocol does to whole numbers: 3 arrives as 3.0."""
    return int(value) if kind == "integer" and isinstance(value, float) and value.is_integer() else value


def _gate(arguments: Arguments, graph: Mapping[str, Any]) -> Document | None:
    gate = arguments.read("gate")
    if gate is None:
        return None
    bounds = {key: gate[key] for key in ("max", "min") if gate.get(key) is not None}
    if len(bounds) != 1:
        arguments.add("gate", gate, "exactly one of max and min", "keep max where less is better, min where more is")
    metrics = [metric for step in graph["steps"] if step.get("is_gate") for metric in step["metrics"]]
    if graph["steps"] and gate["metric"] not in metrics:
        expected = f"one of the metrics that the gate step records ({', '.join(metrics) or 'there is no gate step'})"
        arguments.add("gate.metric", gate["metric"], expected, "name one of these, or remove the gate")
    return {"metric": gate["metric"], **bounds}


def _champion(arguments: Arguments) -> Document | None:
    if arguments.read("champion") is None:
        return None
    return {
        "version": arguments.read("champion.version", checks.version),
        "digest": arguments.read("champion.digest", checks.digest),
    }


def _is_schedule(schedule: str) -> Requirement | None:
    problem = cron.problem_of(schedule)
    return None if problem is None else Requirement(f"five cron fields, in UTC ({problem})", "correct the schedule")
