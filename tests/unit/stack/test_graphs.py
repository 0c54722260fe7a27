import sys
from pathlib import Path

import pytest

from pulumi_mlops.stack.graphs import GraphError, load_graph


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_graph.py").write_text("raise RuntimeError('no data here')\n")
    (tmp_path / "needy_graph.py").write_text("import a_library_that_is_not_here\n")
    (tmp_path / "plain_module.py").write_text("GRAPH = 3\n")
    monkeypatch.syspath_prepend(str(tmp_path))


def test_loads_the_worked_example() -> None:
    graph = load_graph("flight_delay.graph:GRAPH")
    assert graph.name == "flight-delay"
    assert load_graph("flight_delay.graph:GRAPH") is graph


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("no_such_module.graph:GRAPH", "there is no module no_such_module"),
        ("needy_graph:GRAPH", "there is no module a_library_that_is_not_here"),
        ("broken_graph:GRAPH", "fails with RuntimeError: no data here"),
        ("plain_module:GRAPH", "plain_module has no step graph GRAPH"),
        ("flight_delay.graph:GRAHP", "did you mean GRAPH?"),
    ],
)
def test_tells_why_there_is_no_graph(broken: None, reference: str, reason: str) -> None:
    with pytest.raises(GraphError) as caught:
        load_graph(reference)
    assert reason in str(caught.value)


OWN_GRAPH = """
from mlops_runtime.graph import StepGraph
from mlops_runtime.step import Step

GRAPH = StepGraph(name="own", reference="{package}.graph:GRAPH", steps=(Step(name="only", run="x:y"),))
"""


@pytest.fixture
def own_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose package no environment has installed."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    package = tmp_path / "pipelines" / "graph_of_a_project"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "graph.py").write_text(OWN_GRAPH.format(package=package.name))
    (tmp_path / "Pulumi.yaml").write_text("name: own\nmain: infra\n")
    (tmp_path / "infra").mkdir()
    return tmp_path


def test_a_projects_own_package_is_found_from_within_it(own_project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(GraphError, match="there is no module graph_of_a_project"):
        load_graph("graph_of_a_project.graph:GRAPH")
    monkeypatch.chdir(own_project / "infra")
    assert load_graph("graph_of_a_project.graph:GRAPH").name == "own"


def test_a_library_that_a_graph_lacks_is_not_said_to_be_the_graph(broken: None) -> None:
    with pytest.raises(GraphError, match="fix: install what has a_library_that_is_not_here"):
        load_graph("needy_graph:GRAPH")
