"""The arguments of a training pipeline that mean the same on every target."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from pulumi_mlops._shared import values
from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.inputs import combine
from pulumi_mlops._shared.problems import Requirement
from pulumi_mlops._shared.rules import Setting

WORKSPACE_GIB = Setting(1, 16384, default=2)
RUN_TIMEOUT_SECONDS = Setting(60, 9 * 24 * 3600, default=4 * 3600)
"""At most nine days: what AWS lets a processing job run."""
EMPTY_GRAPH: Document = {"reference": "", "parameters": {}, "steps": []}

_PARAMETER_TYPES: Mapping[str, tuple[type, ...]] = {
    "integer": (int, float),
    "number": (int, float),
    "string": (str,),
    "boolean": (bool,),
}


@dataclass(frozen=True, kw_only=True)
class NeutralPipelineSettings:
    """Settings of a training pipeline on every target."""

    name: str
    graph_reference: str
    model_name: str
    workload: str
    workspace_gib: int
    run_timeout_seconds: int
    gate: Document | None
    schedule: str | None
    """Five cron fields, in UTC; None: it runs when someone asks."""
    allow_code_formats: Sequence[str]
    """In alphabetical order, each once: another order is no other pipeline."""


def read_neutral(
    arguments: Arguments, name: str, longest_name: int
) -> tuple[NeutralPipelineSettings, Mapping[str, Any]]:
    """Take what a training pipeline has on every target, and its step graph.

    Args:
        arguments: The component's arguments.
        name: The component's name.
        longest_name: The longest name that the target has room for.
    """
    arguments.check("name", name, values.name_of_at_most(longest_name))
    graph = arguments.read("graph", is_graph, EMPTY_GRAPH)
    model_name = arguments.read("model_name", values.workload_name, name)
    settings = NeutralPipelineSettings(
        name=name,
        graph_reference=graph["reference"],
        model_name=model_name,
        workload=arguments.read("workload", values.workload_name, model_name),
        workspace_gib=arguments.number("workspace_gib", WORKSPACE_GIB),
        run_timeout_seconds=arguments.number("run_timeout_seconds", RUN_TIMEOUT_SECONDS),
        gate=gate(arguments, graph),
        schedule=arguments.read("schedule", values.schedule),
        allow_code_formats=sorted(set(arguments.items("allow_code_formats", values.code_format))),
    )
    return settings, graph


def is_graph(graph: Mapping[str, Any]) -> Requirement | None:
    """Accept the document of a step graph."""
    fix = "pass what `StepGraph.to_document()` returns"
    steps = graph.get("steps")
    if not isinstance(graph.get("reference"), str) or not isinstance(graph.get("parameters"), Mapping):
        return Requirement("a step graph with its reference and parameters", fix)
    if not steps or not all(isinstance(step, Mapping) and step.get("name") for step in steps):
        return Requirement("a step graph with at least one step, each with a name", fix)
    return None


def parameters(arguments: Arguments, graph: Mapping[str, Any]) -> dict[str, Any]:
    """Read the values of the graph's parameters that were given."""
    known: Mapping[str, Mapping[str, Any]] = graph["parameters"]
    given = {}
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
        given[name] = combine(partial(as_kind, kind), checked)
    return given


def _is_of_kind(kind: str, value: object) -> Requirement | None:
    if found := values.parameter_value(value):
        return found
    right = isinstance(value, _PARAMETER_TYPES[kind]) and isinstance(value, bool) == (kind == "boolean")
    if right and not (kind == "integer" and isinstance(value, float) and not value.is_integer()):
        return None
    return Requirement(f"a value of type {kind}", "correct this value")


def as_kind(kind: str, value: Any) -> Any:
    """Undo what the component protocol does to whole numbers: 3 arrives as 3.0."""
    return int(value) if kind == "integer" and isinstance(value, float) and value.is_integer() else value


def gate(arguments: Arguments, graph: Mapping[str, Any]) -> Document | None:
    """Read the bound that a model must keep."""
    given = arguments.read("gate")
    if given is None:
        return None
    bounds = {key: given[key] for key in ("max", "min") if given.get(key) is not None}
    if len(bounds) != 1:
        arguments.add("gate", given, "exactly one of max and min", "keep max where less is better, min where more is")
    metrics = [metric for step in graph["steps"] if step.get("is_gate") for metric in step["metrics"]]
    if graph["steps"] and given["metric"] not in metrics:
        expected = f"one of the metrics that the gate step records ({', '.join(metrics) or 'there is no gate step'})"
        arguments.add("gate.metric", given["metric"], expected, "name one of these, or remove the gate")
    return {"metric": given["metric"], **bounds}


def champion(arguments: Arguments) -> Document | None:
    """Read the version that serves."""
    if arguments.read("champion") is None:
        return None
    return {
        "version": arguments.read("champion.version", values.version),
        "digest": arguments.read("champion.digest", values.digest),
    }
