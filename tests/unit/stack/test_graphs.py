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
