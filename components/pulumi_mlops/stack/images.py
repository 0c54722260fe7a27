"""Holds a stack's images against the step graphs that it deploys, as far as it is known what they were built from.

A stack declares the steps of the graph that stands in the project, and its pods run the graph that is in the image.
Where the two differ, a step's function or parameter is missing in the pod.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path as FilePath

from pulumi_mlops.image import records
from pulumi_mlops.image.records import ImageRecord, graph_digest, key_of
from pulumi_mlops.stack import graphs
from pulumi_mlops.stack.document import StackDocument
from pulumi_mlops.stack.model import default_graph
from pulumi_mlops.stack.problems import Path, Problem, shown


def with_records(document: StackDocument, stacks: FilePath) -> StackDocument:
    """Return a document that knows what the images of its project were built from.

    Args:
        document: The document.
        stacks: The folder of the project's stack files, which holds the record as well.
    """
    file = stacks / records.FILE_NAME
    try:
        return replace(document, images=records.read(file))
    except records.RecordsError as error:
        problem = Problem(
            str(file),
            None,
            "images",
            str(error),
            "a record that can be read",
            "take it from version control again, or remove it and run mlops build",
        )
        return document.with_problems([problem])


def problems_of(document: StackDocument) -> Iterator[Problem]:
    """Yield each image that is known to be built from another graph than the stack deploys."""
    for workload in document.keys_at("workloads"):
        path, reference = pinned(document, workload, "pipeline")
        record = document.images.get(key_of(reference)) if isinstance(reference, str) else None
        graph = document.at("workloads", workload, "pipeline", "graph") or default_graph(workload)
        if record is None or not isinstance(graph, str):
            continue
        if told := _difference(record, graph):
            got, expected = told
            yield document.problem(
                path, got=f"{shown(reference)}, {got}", expected=expected, fix=f"run mlops build {workload}"
            )


def pinned(document: StackDocument, workload: str, image: str) -> tuple[Path, object]:
    """Return where a workload's image stands, and the image: its own, else the platform's."""
    own, shared = ("workloads", workload, "images", image), ("platform", "images", image)
    path = own if document.at(*own) is not None else shared
    return path, document.at(*path)


def is_known(document: StackDocument, workload: str, image: str) -> bool:
    """Tell whether it is known what a workload's image was built from."""
    _, reference = pinned(document, workload, image)
    return isinstance(reference, str) and key_of(reference) in document.images


def _difference(record: ImageRecord, graph: str) -> tuple[str, str] | None:
    """Return what an image holds in the place of a graph, and what was expected; None where it holds the graph."""
    if graph not in record.graphs:
        held = f"which holds {', '.join(record.graphs) or 'no step graph'}"
        return held, f"an image with {graph}, which this stack deploys"
    try:
        description = graphs.load_graph(graph).to_document()
    except graphs.GraphError:
        # That has been told already.
        return None
    if record.graphs[graph] == graph_digest(description):
        return None
    return f"built from other steps or parameters of {graph}", "an image of the graph as it stands in the project"
