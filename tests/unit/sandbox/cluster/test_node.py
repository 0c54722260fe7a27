from pathlib import Path

import pytest

from sandbox.cluster import configuration, node, processes
from sandbox.cluster.layout import Layout
from sandbox.errors import SandboxError
from sandbox.progress import Step


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> node.Node:
    """A node whose programs end as soon as they are started."""
    monkeypatch.setattr(node, "_this_machine", lambda: None)
    monkeypatch.setattr(configuration, "render", lambda *_: {})
    monkeypatch.setattr(processes, "running", lambda *_: None)
    layout = Layout(tmp_path)
    layout.logs.mkdir()
    (layout.logs / "etcd.log").write_text("panic: the data is damaged\n")
    return node.Node(layout, tmp_path)


@pytest.mark.parametrize(("started", "seconds"), [(["etcd"], 60.0), ([], -1.0)])
def test_a_node_that_does_not_come_up_names_the_way_out(broken: node.Node, started: list[str], seconds: float) -> None:
    broken._started = started
    with pytest.raises(SandboxError, match="the data is damaged") as told:
        broken._wait(Step("start"), "etcd", lambda: False, seconds)
    assert "make down" in told.value.fix
