"""`mlops retraining`: what alerts have started, and the way back after too many runs in vain."""

import json
from pathlib import Path
from typing import Any

import pytest

from mlops_runtime.retraining import history, trigger
from mlops_runtime.retraining.guards import Outcome, Run
from pulumi_mlops.cli.kubernetes import retraining
from tests.fake_target import Mlops

RUNS = [Run("flight-delay-pipeline-1", 1_800_000_000.0, Outcome.FRUITLESS, "ModelQuality")]


class FakeCluster:
    """Keeps one ConfigMap."""

    def __init__(self, data: dict[str, str]) -> None:
        self.kept: dict[str, Any] = {
            "metadata": {"name": "flight-delay-retraining", "resourceVersion": "7"},
            "data": data,
        }

    def config_map(self, namespace: str, name: str) -> dict[str, Any]:
        assert (namespace, name) == ("flights-dev", "flight-delay-retraining")
        return self.kept

    def replace_config_map(self, namespace: str, config_map: dict[str, Any]) -> None:
        assert config_map["metadata"]["resourceVersion"] == "7"
        self.kept = config_map


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> FakeCluster:
    made = FakeCluster({trigger.HISTORY_KEY: history.write(RUNS), "another": "stays"})
    monkeypatch.setattr(retraining, "cluster_of", lambda config: made)
    return made


def test_shows_the_runs_and_forgets_them(
    mlops: Mlops, cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(retraining, "_place", lambda workload, stack: PLACE)
    shown = mlops("retraining status")
    assert shown.exit_code == 0
    assert "flight-delay-pipeline-1  2027-01-15T08:00:00+00:00  fruitless  ModelQuality" in shown.stdout
    told = mlops("retraining reset", "--json")
    assert json.loads(told.stdout)["forgotten"] == 1
    assert cluster.kept["data"] == {"another": "stays"}
    again = mlops("retraining status", "--json")
    assert json.loads(again.stdout)["runs"] == []


class PLACE:
    """Where the workload is."""

    workload, namespace, config = "flight-delay", "flights-dev", None


def test_what_cannot_be_read_is_told_and_can_be_emptied(
    mlops: Mlops, cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retraining, "_place", lambda workload, stack: PLACE)
    cluster.kept["data"][trigger.HISTORY_KEY] = "{"
    shown = mlops("retraining status")
    assert (shown.exit_code, "mlops retraining reset" in shown.stderr) == (1, True)
    assert mlops("retraining reset").exit_code == 0


def test_a_workload_without_retraining_is_refused(mlops: Mlops) -> None:
    shown = mlops("retraining status")
    assert shown.exit_code == 1
    assert "got no retraining" in shown.stderr


def test_both_sides_keep_the_runs_under_one_key() -> None:
    assert retraining.HISTORY_KEY == trigger.HISTORY_KEY
