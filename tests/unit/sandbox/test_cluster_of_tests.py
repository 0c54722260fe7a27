"""The end-to-end tests leave a person's cluster as they found it."""

from pathlib import Path

import pytest

from sandbox.cluster import lifecycle
from sandbox.cluster.layout import Layout
from sandbox.cluster.target import Cluster
from tests.e2e.cluster_of_tests import cluster_of_tests

CLUSTER = Cluster("mlops-sandbox", Path("kubeconfig"))


@pytest.fixture
def taken_down(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[bool]:
    monkeypatch.setenv("MLOPS_SANDBOX_STATE", str(tmp_path))
    monkeypatch.setattr(lifecycle, "is_ready", lambda: False)
    calls: list[bool] = []
    monkeypatch.setattr(lifecycle, "down", lambda *, keep_data=False: calls.append(keep_data))

    def up() -> Cluster:
        Layout.of_state_root().root.mkdir(exist_ok=True)
        return CLUSTER

    monkeypatch.setattr(lifecycle, "up", up)
    return calls


def test_a_cluster_that_was_stopped_keeps_its_data(taken_down: list[bool], tmp_path: Path) -> None:
    Layout.of_state_root().root.mkdir()
    assert list(cluster_of_tests(tmp_path)) == [CLUSTER]
    assert taken_down == [True]


def test_a_cluster_of_the_tests_own_is_removed(taken_down: list[bool], tmp_path: Path) -> None:
    assert list(cluster_of_tests(tmp_path)) == [CLUSTER]
    assert taken_down == [False]


def test_a_cluster_that_runs_is_left_alone(
    taken_down: list[bool], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(lifecycle, "is_ready", lambda: True)
    (cluster,) = cluster_of_tests(tmp_path)
    assert cluster.context == "mlops-sandbox"
    assert taken_down == []


def test_the_last_of_two_processes_takes_the_cluster_down(taken_down: list[bool], tmp_path: Path) -> None:
    first, second = cluster_of_tests(tmp_path), cluster_of_tests(tmp_path)
    assert [next(first), next(second)] == [CLUSTER, CLUSTER]
    list(first)
    assert taken_down == []
    list(second)
    assert taken_down == [False]


def test_a_cluster_that_does_not_come_up_is_cleared_away(
    taken_down: list[bool], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def up() -> Cluster:
        raise RuntimeError("no node")

    monkeypatch.setattr(lifecycle, "up", up)
    with pytest.raises(RuntimeError, match="no node"):
        next(cluster_of_tests(tmp_path))
    assert taken_down == [False]
