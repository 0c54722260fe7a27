"""Holds a workload's pipeline settings against its step graph. The graph is imported; nothing of it is run."""

import contextlib
import importlib
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from pulumi_mlops._shared.suggest import did_you_mean
from pulumi_mlops.stack import explain
from pulumi_mlops.stack.document import StackDocument
from pulumi_mlops.stack.model import default_graph
from pulumi_mlops.stack.problems import Problem, shown
from pulumi_mlops.stack.project import Project, ProjectError, find_project

if TYPE_CHECKING:
    from mlops_runtime.graph import StepGraph


_Path = tuple[str, ...]
Named = TypeVar("Named")


class GraphError(LookupError):
    """A step graph cannot be had.

    Attributes:
        got: What was found in its place.
        expected: What would have been right.
        fix: What to do about it.
    """

    def __init__(self, *, got: str, expected: str, fix: str) -> None:
        self.got, self.expected, self.fix = got, expected, fix
        super().__init__(f"got {got}, expected {expected}, fix: {fix}")


def use_pipelines_of(project: Project) -> None:
    """Let this process import the workloads' packages of a project, which no environment need have installed.

    Args:
        project: The project. Its `pipelines` folder goes before all that is installed, as on a pod's PYTHONPATH.
    """
    folder = str(project.pipelines)
    if project.pipelines.is_dir() and folder not in sys.path:
        sys.path.insert(0, folder)
        importlib.invalidate_caches()


def load_graph(reference: str) -> "StepGraph":
    """Import a step graph, from the project around the working directory or from what is installed.

    Args:
        reference: The graph as module:name, like `churn.graph:GRAPH`.

    Returns:
        The graph; the same one each time.

    Raises:
        GraphError: When the module or the graph in it is not there, or the module cannot be imported.
    """
    # A program of one's own may stand anywhere, with its graphs installed.
    with contextlib.suppress(ProjectError):
        use_pipelines_of(find_project())
    return _loaded(reference)


@cache
def _loaded(reference: str) -> "StepGraph":
    from mlops_runtime.graph import StepGraph  # noqa: PLC0415 - only who asks for a graph pays for it

    module = imported(reference, what="step graph", setting="pipeline.graph")
    return found_in(module, reference, StepGraph, what="step graph", otherwise="name another graph in pipeline.graph")


def found_in(module: ModuleType, reference: str, kind: type[Named], *, what: str, otherwise: str) -> Named:
    """Return what a stack names as module:name.

    Args:
        module: The module.
        reference: How it is named.
        kind: What it must be.
        what: The same in words, such as `step graph`.
        otherwise: What to do where no name in the module is like it.

    Raises:
        GraphError: When the module has no such thing of that name.
    """
    module_name, _, name = reference.partition(":")
    found = getattr(module, name, None)
    if not isinstance(found, kind):
        known = [key for key, value in vars(module).items() if isinstance(value, kind)]
        raise GraphError(
            got=f"{shown(reference)}, but {module_name} has no {what} {name}",
            expected=f"one of {', '.join(known)}" if known else f"a module with a {what}",
            fix=did_you_mean(name, known) or otherwise,
        )
    return found


def imported(reference: str, *, what: str, setting: str) -> ModuleType:
    """Import the module of something that a stack names as module:name.

    Args:
        reference: How it is named.
        what: What it is, such as `step graph`.
        setting: Where it is named.

    Raises:
        GraphError: When the module is not there, or cannot be imported.
    """
    module_name = reference.partition(":")[0]
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise GraphError(
            got=f"{shown(reference)}, but there is no module {error.name}",
            expected=f"a module of this installation that holds the {what}",
            fix=_fix_of_missing(
                module_name, error.name or "", f"name another {what.rsplit(maxsplit=1)[-1]} in {setting}"
            ),
        ) from error
    except Exception as error:
        # A definition that does not hold together says so with a line for each problem.
        told = str(error).replace("\n", "; ")
        raise GraphError(
            got=f"{shown(reference)}, whose module fails with {type(error).__name__}: {told}",
            expected="a module that imports without an error",
            fix=f"correct {module_name}",
        ) from error


def _fix_of_missing(module: str, missing: str, otherwise: str) -> str:
    """Say what to do about a module that is not there: the one that is named, or one that it imports."""
    if module == missing or module.startswith(f"{missing}."):
        return f"write {module.replace('.', '/')}.py under pipelines, or {otherwise}"
    return f"install what has {missing}, or import it within the functions that need it: {module} is read everywhere"


def problems_of(document: StackDocument) -> Iterator[Problem]:
    """Yield what a document's workloads ask of their step graphs that these do not have."""
    for workload in document.keys_at("workloads"):
        pipeline = document.at("workloads", workload, "pipeline")
        if pipeline is not None and not isinstance(pipeline, Mapping):
            continue
        path = ("workloads", workload, "pipeline")
        reference = document.at(*path, "graph") or default_graph(workload)
        if not isinstance(reference, str) or ":" not in reference:
            continue
        try:
            graph = load_graph(reference)
        except GraphError as error:
            yield document.problem((*path, "graph"), got=error.got, expected=error.expected, fix=error.fix)
            continue
        yield from _parameters(document, path, graph)
        yield from _gate(document, path, graph)
        yield from _resources(document, path, graph)


def _parameters(document: StackDocument, path: _Path, graph: "StepGraph") -> Iterator[Problem]:
    values = document.at(*path, "parameters")
    values = values if isinstance(values, Mapping) else {}
    here = (*path, "parameters")
    written = {name: document.written[*here, name] for name in values if (*here, name) in document.written}
    for name, got, expected, fix in judge_parameters(graph, values, written):
        place = (*here, name) if name else here
        yield document.problem(place, got=got, expected=expected, fix=fix)


def judge_parameters(
    graph: "StepGraph", values: Mapping[str, object], written: Mapping[str, str] | None = None
) -> Iterator[tuple[str, str, str, str]]:
    """Yield what a graph's parameters do not take.

    Args:
        graph: The graph.
        values: Values by parameter.
        written: What stands in the stack file, by parameter, where a value without quotes is something else than its
            text.

    Yields:
        The parameter, empty where several do not go together; what was got; what was expected; the fix.
    """
    known = list(graph.parameters.model_fields)
    try:
        graph.parameters.model_validate(dict(values))
    except ValidationError as error:
        for details in error.errors(include_url=False):
            name = str(details["loc"][0]) if details["loc"] else ""
            got, expected, fix = explain.judge(details, (written or {}).get(name))
            if details["type"] == "extra_forbidden":
                got = "an unknown parameter"
                expected = f"one of {', '.join(known) or 'none'}, the parameters of {graph.reference}"
                fix = did_you_mean(name, known) or "remove it"
            yield name, got, expected, fix


def _gate(document: StackDocument, path: _Path, graph: "StepGraph") -> Iterator[Problem]:
    metric = document.at(*path, "gate", "metric")
    if not isinstance(metric, str):
        return
    step = graph.gate_step
    if step is None:
        yield document.problem(
            (*path, "gate"),
            got=f"a gate on {metric}",
            expected=f"no gate, since {graph.reference} has no gate step",
            fix="remove it, or mark a step of the graph as its gate",
        )
    elif metric not in step.metrics:
        yield document.problem(
            (*path, "gate", "metric"),
            got=shown(metric),
            expected=f"one of {', '.join(step.metrics)}, which step {step.name} of {graph.reference} records",
            fix=did_you_mean(metric, step.metrics) or "choose one of them",
        )


def _resources(document: StackDocument, path: _Path, graph: "StepGraph") -> Iterator[Problem]:
    steps = [step.name for step in graph.ordered_steps]
    for name in document.keys_at(*path, "kubernetes", "resources"):
        if name not in steps:
            yield document.problem(
                (*path, "kubernetes", "resources", name),
                got="an unknown step",
                expected=f"one of {', '.join(steps)}, the steps of {graph.reference}",
                fix=did_you_mean(name, steps) or "remove it",
            )
