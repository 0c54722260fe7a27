"""What a run measured, beside its gate and the pinned version's metrics."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pulumi_mlops.cli.kubernetes.train import last_words
from pulumi_mlops.cli.registered_version import RegisteredVersion, VersionRefusedError
from pulumi_mlops.cli.runs import Run, Status, Step
from pulumi_mlops.cli.scores import Scores, asked_champion, is_met
from pulumi_mlops.cli.stacks import Place
from pulumi_mlops.cli.workload_status import Known
from pulumi_mlops.stack import StackConfig
from pulumi_mlops.training_pipeline.config import GateConfig
from tests.fake_target import DIGEST, DONE, THREE, Mlops
from tests.unit_platform import PLATFORM

MAX, MIN = GateConfig(metric="mae", max=13.0), GateConfig(metric="auc", min=0.8)


def test_the_gates_metric_comes_first_with_its_bound_and_the_champions_value() -> None:
    champion = Known(replace(THREE, metrics={"mae": 12.5, "old": 1.0}))
    assert Scores({"a": 1.0, "mae": 11.25}, MAX, champion).lines() == [
        "mae  11.25  (gate <= 13, met; version 3 has 12.5)",
        "a    1",
    ]
    assert Scores({"auc": 0.7}, MIN).lines() == ["auc  0.7  (gate >= 0.8, not met)"]
    assert Scores({"a": 1.0}, MAX).lines() == ["mae  not measured  (gate <= 13)", "a    1"]
    assert Scores({}, MAX, Known(problem="lost")).lines() == []


@pytest.mark.parametrize(
    ("gate", "value", "met"),
    [(MAX, 13.0, True), (MAX, 13.1, False), (MIN, 0.8, True), (MIN, 0.7, False), (MAX, math.nan, False)],
)
def test_a_bound_is_met_as_the_runner_holds_it(gate: GateConfig, value: float, met: bool) -> None:
    assert is_met(gate, {gate.metric: value}) is met
    assert is_met(gate, {}) is None


def test_a_champion_that_cannot_be_asked_is_a_problem_and_no_failure() -> None:
    def refused(number: int) -> RegisteredVersion:
        raise VersionRefusedError(f"no version {number}")

    assert asked_champion(7, refused, VersionRefusedError) == Known(problem="no version 7")
    assert asked_champion(None, refused, VersionRefusedError) == Known()


def test_a_followed_run_ends_with_its_scores(mlops: Mlops, stack: Path) -> None:
    file = stack / "stacks" / "Pulumi.dev-local.yaml"
    settings = f"{{model: {{version: 3, digest: '{DIGEST}'}}, pipeline: {{gate: {{metric: mae_minutes, max: 13.0}}}}}}"
    file.write_text(file.read_text().replace("flight-delay: {}", f"flight-delay: {settings}"))
    done = replace(DONE, metrics={"mae_minutes": 12.0})
    line = "mae_minutes  12  (gate <= 13, met; version 3 has 12.5)"
    assert mlops("train", "--follow", ending=done).stdout.splitlines()[-1] == line
    document = json.loads(mlops("train", "--follow", "--json", ending=done).stdout)
    assert document["metrics"] == {"mae_minutes": 12.0}
    assert document["gate"] == {"metric": "mae_minutes", "max": 13.0, "is_met": True}
    assert document["champion"] == {"version": 3, "metrics": {"mae_minutes": 12.5}}


class Cluster:
    """A cluster whose failed step wrote a traceback."""

    def log_tail(self, *_: object) -> str:
        return "Traceback:\n  File x\nValueError: no data\ntrain: failed after 0.1 s: ValueError: no data\n"


@pytest.mark.parametrize(
    "reason", ["ValueError: no data (exit code 1)", "ValueError: no data (OOMKilled, exit code 1)"]
)
def test_the_log_of_a_failed_step_does_not_repeat_why(reason: str) -> None:
    cluster: Any = Cluster()
    run = Run("r1", Status.FAILED, reason, (Step("train", "train", Status.FAILED, reason),), pod="p")
    place: Any = Place("s", "w", StackConfig.model_validate({"platform": PLATFORM}))
    assert last_words(cluster, place, run) == "the last lines of step train:\nTraceback:\n  File x"
