"""An image that is known to be of another graph is told at its line; one that is not known is not judged."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pulumi_mlops.image.records import FILE_NAME, ImageRecord, graph_digest, write
from pulumi_mlops.stack.problems import Problem
from tests.unit.stack.conftest import SMALL_GRAPH

GRAPH = "flight_delay.graph:GRAPH"
SAME = graph_digest(SMALL_GRAPH.to_document())
SHARED = "localhost/pulumi-mlops/pipeline:0123456789abcdef"
DIGEST = "sha256:" + "e" * 64
OWN = f"    flight-delay:\n      images: {{pipeline: copied.example/x@{DIGEST}}}\n"

Check = Callable[[str], list[Problem]]


def know(folder: Path, key: str, graphs: dict[str, str]) -> None:
    write(folder / FILE_NAME, {key: ImageRecord("pipeline", "flight-delay", "", "c" * 64, graphs, "", "")}, [key])


def test_an_image_of_the_graph_is_right_and_so_is_one_that_nothing_is_known_of(
    good: str, check: Check, tmp_path: Path
) -> None:
    assert check(good) == []
    know(tmp_path, SHARED, {GRAPH: SAME})
    assert check(good) == []


@pytest.mark.parametrize(
    ("graphs", "got", "expected"),
    [
        ({}, "which holds no step graph", f"an image with {GRAPH}, which this stack deploys"),
        ({"other.graph:GRAPH": SAME}, "which holds other.graph:GRAPH", f"an image with {GRAPH}"),
        ({GRAPH: "sha256:1"}, f"built from other steps or parameters of {GRAPH}", "as it stands in the project"),
    ],
)
def test_an_image_of_another_graph_is_told_where_it_is_pinned(
    graphs: dict[str, str], got: str, expected: str, good: str, check: Check, tmp_path: Path
) -> None:
    know(tmp_path, SHARED, graphs)
    (problem,) = check(good)
    assert (problem.path, problem.fix) == ("mlops:platform.images.pipeline", "run mlops build flight-delay")
    assert problem.line == 1 + good.splitlines().index(f"      pipeline: {SHARED}")
    assert got in problem.got
    assert expected in problem.expected


def test_an_image_of_its_own_is_known_by_its_digest_wherever_it_was_copied(
    good: str, check: Check, tmp_path: Path
) -> None:
    text = good.replace("    flight-delay:\n", OWN)
    know(tmp_path, DIGEST, {GRAPH: SAME})
    assert check(text) == []
    know(tmp_path, DIGEST, {})
    (problem,) = check(text)
    assert problem.path == "mlops:workloads.flight-delay.images.pipeline"


def test_the_digest_of_a_graph_is_of_what_is_rendered_from_it() -> None:
    document = SMALL_GRAPH.to_document()
    assert graph_digest(dict(reversed(document.items()))) == SAME
    assert graph_digest({**document, "parameters": {}}) != SAME
