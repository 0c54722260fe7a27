"""Names that models are registered under: within a stack, and across the stacks that register in one registry."""

from collections.abc import Hashable, Iterator, Sequence

from pulumi_mlops.stack.document import StackDocument
from pulumi_mlops.stack.model import default_graph
from pulumi_mlops.stack.problems import Path, Problem, shown


def model_of(document: StackDocument, workload: str) -> str:
    """Return the name that a workload's model is registered under."""
    named = document.at("workloads", workload, "model_name")
    return named if isinstance(named, str) else workload


def workloads_of(document: StackDocument, model: str) -> list[str]:
    """Return the workloads of a stack whose model is registered under a name."""
    return [name for name in document.keys_at("workloads") if model_of(document, name) == model]


def problems_of(document: StackDocument) -> Iterator[Problem]:
    """Yield each workload whose model an earlier one of the stack registers too.

    Their pipelines would number their versions in one row, and each would be measured against the other's champion.
    """
    first: dict[str, str] = {}
    for workload in document.keys_at("workloads"):
        model = model_of(document, workload)
        other = first.setdefault(model, workload)
        if other != workload:
            yield document.problem(
                _place(document, workload),
                got=f"the model {shown(model)}, which the workload {other} registers too",
                expected="one workload for each model of a stack: its pipeline registers the versions",
                fix="name another model; a second endpoint of one model is a stack of its own with this registry",
            )


def problems_between(documents: Sequence[tuple[Hashable, StackDocument]]) -> Iterator[Problem]:
    """Yield each workload that registers a model which another stack makes by another step graph.

    Stacks that share a registry have the same workload, once for each environment. Its name may differ between them,
    and while it is changed its graph may; a model that has neither in common is two.

    Args:
        documents: Each stack with the registry that it registers in.
    """
    first: dict[tuple[Hashable, str], tuple[StackDocument, str, str]] = {}
    for registry, document in documents:
        for workload in document.keys_at("workloads"):
            model, graph = model_of(document, workload), _graph(document, workload)
            other, its, by = first.setdefault((registry, model), (document, workload, graph))
            if other is not document and its != workload and by != graph:
                yield document.problem(
                    _place(document, workload),
                    got=f"the model {shown(model)} by the step graph {graph}, which the workload {its} of"
                    f" {other.source} registers in the same registry by {by}",
                    expected="one step graph for each model of a registry",
                    fix="name another model, or the same pipeline.graph",
                )


def _place(document: StackDocument, workload: str) -> Path:
    own = ("workloads", workload)
    return (*own, "model_name") if document.at(*own, "model_name") is not None else own


def _graph(document: StackDocument, workload: str) -> str:
    graph = document.at("workloads", workload, "pipeline", "graph")
    return graph if isinstance(graph, str) else default_graph(workload)
