"""The commands know one protocol; which target's operations stand behind it is chosen in one place."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pulumi_mlops.cli.app import app
from pulumi_mlops.cli.runs import Run, Status, Step
from tests.fake_target import DONE, LostError, Mlops

OWN_AWS = Path(__file__).parents[2] / "golden/pinned_aws/Pulumi.own-aws.yaml"
FAILED = Run("r1", Status.FAILED, "train: exit code 1", (Step("train", "train", Status.FAILED),))
REJECTED = Run("r1", Status.REJECTED, "mae is above 13")


def test_a_run_is_started_and_not_waited_for(mlops: Mlops) -> None:
    assert mlops("train").stdout == "run r1 started; follow it with --attach\n"
    assert json.loads(mlops("train", "--json").stdout) == {
        "run": "r1",
        "stack": "dev-local",
        "workload": "flight-delay",
    }


@pytest.mark.parametrize(("ending", "code"), [(DONE, 0), (FAILED, 1), (REJECTED, 3), (KeyboardInterrupt(), 130)])
@pytest.mark.parametrize("how", ["--follow", "--attach"])
def test_how_a_run_ended_is_the_exit_code(mlops: Mlops, how: str, ending: Any, code: int) -> None:
    active = ["r1"] if how == "--attach" else []
    assert mlops("train", how, active=active, ending=ending).exit_code == code


def test_a_followed_run_is_one_json_document_beside_its_progress(mlops: Mlops) -> None:
    result = mlops("train", "--follow", "--json", ending=FAILED)
    document = json.loads(result.stdout)
    assert (document["run"], document["status"], document["stack"]) == ("r1", "failed", "dev-local")
    assert "the log of r1" in result.stderr


def test_two_runs_would_contend(mlops: Mlops) -> None:
    result = mlops("train", "--follow", active=["r0"])
    assert result.exit_code == 1
    assert "got the active run r0, expected none" in result.stderr


def test_there_must_be_a_run_to_attach_to(mlops: Mlops) -> None:
    result = mlops("train", "--attach")
    assert result.exit_code == 1
    assert "got no active run" in result.stderr


def test_a_target_that_does_not_answer_is_told_without_a_traceback(mlops: Mlops) -> None:
    result = mlops("train", "--follow", ending=LostError("no answer"))
    assert (result.exit_code, result.stderr) == (1, "no answer\n")


def test_a_prediction_to_a_line_or_one_document(mlops: Mlops) -> None:
    assert mlops("predict", "--rows", "-", rows='[{}, {"a": 1}]').stdout == "0.0\n1.0\n"
    document = json.loads(mlops("predict", "--rows", "-", "--json", rows="[{}]").stdout)
    assert document == {"predictions": [0.0], "stack": "dev-local", "workload": "flight-delay"}


def test_a_version_is_approved_or_rejected(mlops: Mlops) -> None:
    assert mlops("approve", "--version", "3").stdout == "version 3 is Approved: sha256:c\n"
    document = json.loads(mlops("approve", "--version", "3", "--reject", "--note", "n", "--json").stdout)
    assert document == {"arn": "arn:n", "digest": "sha256:c", "status": "Rejected", "version": 3}


def test_kubernetes_has_no_approval(stack: Path) -> None:
    result = CliRunner().invoke(app, ["approve", "flight-delay", "--stack", "dev-local", "--version", "3"])
    assert result.exit_code == 1
    assert "got target kubernetes, which has no approval, expected sagemaker, fix: pin the version" in result.stderr


@pytest.mark.parametrize(
    ("target", "absent"),
    [
        ("kubernetes", ["boto3", "botocore", "sagemaker", "pulumi_aws"]),
        ("sagemaker", ["kubernetes", "pulumi_kubernetes"]),
    ],
)
def test_the_other_targets_library_is_not_needed(
    stack: Path, monkeypatch: pytest.MonkeyPatch, target: str, absent: list[str]
) -> None:
    name = "dev-local"
    if target == "sagemaker":
        name = "own-aws"
        (stack / "stacks" / "Pulumi.own-aws.yaml").write_text(OWN_AWS.read_text())
    for variable, value in {"KUBECONFIG": "/nowhere", "AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nowhere"}.items():
        monkeypatch.setenv(variable, value)
    code = f"import sys; sys.modules.update(dict.fromkeys({absent}))\nfrom pulumi_mlops.__main__ import main\nmain()"
    command = [sys.executable, "-c", code, "status", "--stack", name, "--json"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    (row,) = json.loads(ended.stdout)["workloads"]
    assert row["workload"] == "flight-delay"
    assert row["healthy"]["problem"]
