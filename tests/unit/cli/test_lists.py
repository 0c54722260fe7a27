"""What `mlops versions`, `mlops runs` and `mlops logs` show of what a target tells."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fake_target import DIGEST, THREE, Mlops

TWO = replace(THREE, version=2, digest="sha256:" + "d" * 64, approval="Rejected")


@pytest.fixture
def pinned(stack: Path) -> None:
    """The stack pins version 2, and its gate has a metric."""
    file = stack / "stacks" / "Pulumi.dev-local.yaml"
    pin = f"{{version: 2, digest: '{TWO.digest}'}}"
    gate = "{gate: {metric: mae_minutes, max: 13.0}}"
    text = file.read_text().replace("flight-delay: {}", f"flight-delay: {{model: {pin}, pipeline: {gate}}}")
    file.write_text(text)


@pytest.mark.usefixtures("pinned")
def test_versions_say_which_is_pinned_and_which_serves(mlops: Mlops) -> None:
    result = mlops("versions", registered=[THREE, TWO])
    heading, three, two = result.stdout.splitlines()
    assert "approval" in heading
    assert three.split()[:2] == ["3", "c" * 12]
    assert "mae_minutes 12.5 serving" in " ".join(three.split())
    assert two.rstrip().endswith("pinned")
    assert "Rejected" in two
    assert "approval" not in mlops("versions", registered=[THREE]).stdout


@pytest.mark.usefixtures("pinned")
def test_versions_are_a_document(mlops: Mlops) -> None:
    document = json.loads(mlops("versions", "--json", "--last", "1", registered=[THREE, TWO]).stdout)
    (three,) = document["versions"]
    assert (three["version"], three["digest"], three["created_by"]) == (3, DIGEST, "ada")
    assert (three["is_pinned"], three["is_serving"], three["metrics"]) == (False, True, {"mae_minutes": 12.5})


@pytest.mark.usefixtures("pinned")
def test_runs_say_how_each_ended(mlops: Mlops) -> None:
    _, done, failed = mlops("runs").stdout.splitlines()
    assert done.split()[:2] == ["r1", "succeeded"]
    # The gate's metric comes first.
    assert "2 min 5 s ada 3 mae_minutes 12.5, a_first 1" in " ".join(done.split())
    assert failed.rstrip().endswith("train: no data")
    listed = json.loads(mlops("runs", "--json").stdout)["runs"]
    assert [(run["run"], run["status"], run["seconds"]) for run in listed] == [
        ("r1", "succeeded", 125.0),
        ("r0", "failed", 125.0),
    ]


def test_a_log_is_shown_step_by_step(mlops: Mlops) -> None:
    assert mlops("logs").stdout == "== load ==\none\ntwo\n== train ==\nfollowed False\n"
    assert mlops("logs", "--step", "train", "--follow").stdout == "followed True\n"
    document = json.loads(mlops("logs", "--run", "r1", "--json").stdout)
    assert document["run"] == "r1"
    assert document["steps"] == [{"step": "load", "log": "one\ntwo"}, {"step": "train", "log": "followed False\n"}]


def test_a_log_that_is_not_there_is_told(mlops: Mlops) -> None:
    result = mlops("logs", "--run", "r7")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "p: got the unknown run r7, expected one of r1, fix: mlops runs shows them\n"
    assert mlops("logs", "--follow", "--json").exit_code == 2
