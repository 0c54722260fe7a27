"""The commands know one protocol; which target's operations stand behind it is chosen in one place."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
from typer.testing import CliRunner, Result

from pulumi_mlops.cli import targets
from pulumi_mlops.cli.app import app
from pulumi_mlops.cli.operations import Approval, Operations
from pulumi_mlops.cli.runs import Run, RunReference, Status, Step
from pulumi_mlops.cli.stacks import Place
from pulumi_mlops.cli.workload_status import Health, Known, WorkloadStatus

OWN_AWS = Path(__file__).parents[2] / "golden/pinned_aws/Pulumi.own-aws.yaml"
FAILED = Run("r1", Status.FAILED, "train: exit code 1", (Step("train", "train", Status.FAILED),))
REJECTED = Run("r1", Status.REJECTED, "mae is above 13")
DONE = Run("r1", Status.SUCCEEDED, model_version=3, model_digest="sha256:c")
UNKNOWN: Known[Any] = Known()


class LostError(Exception):
    """The target does not answer."""


class Target:
    """A target that holds what a test says."""

    errors: ClassVar[tuple[type[Exception], ...]] = (LostError,)

    def __init__(self, place: Place, active: Sequence[str], ending: Run | BaseException) -> None:
        self.place = place
        self._active, self._ending = active, ending

    def active_runs(self) -> list[RunReference]:
        return [RunReference(name, f"arn:{name}") for name in self._active]

    def start_run(self) -> RunReference:
        return RunReference("r1", "arn:r1")

    def active_batches(self) -> list[RunReference]:
        return self.active_runs()

    def start_batch(self, overrides: Mapping[str, str]) -> RunReference:
        return RunReference("-".join(["b1", *overrides.values()]), f"arn:{'-'.join(['b1', *overrides.values()])}")

    def follow_run(self, run: RunReference, show: Callable[[Run], None]) -> Run:
        assert run.address == f"arn:{run.name}"
        if isinstance(self._ending, BaseException):
            raise self._ending
        show(self._ending)
        return self._ending

    def last_words(self, run: Run) -> str:
        return f"the log of {run.name}"

    def predictions(self, rows: Sequence[Any]) -> list[Any]:
        return [float(len(row)) for row in rows]

    def status(self) -> WorkloadStatus:
        healthy = Known(Health("yes", is_healthy=True))
        return WorkloadStatus(self.place.stack, self.place.workload, UNKNOWN, UNKNOWN, UNKNOWN, healthy)

    def approve(self, version: int, *, rejects: bool, note: str | None) -> Approval:
        return Approval(version, "sha256:c", "Rejected" if rejects else "Approved", f"arn:{note}")


Mlops = Callable[..., Result]


@pytest.fixture
def stack(project: Path) -> Path:
    """A stack on Kubernetes with a workload."""
    path = project / "stacks" / "Pulumi.dev-local.yaml"
    path.write_text(path.read_text() + "  mlops:workloads: {flight-delay: {}}\n")
    return project


@pytest.fixture
def mlops(stack: Path, monkeypatch: pytest.MonkeyPatch) -> Mlops:
    def run(
        command: str, *options: str, active: Sequence[str] = (), ending: Run | BaseException = DONE, rows: str = ""
    ) -> Result:
        def operations_of(place: Place) -> Operations:
            return Target(place, active, ending)

        monkeypatch.setattr(targets, "operations_of", operations_of)
        return CliRunner().invoke(app, [command, "flight-delay", "--stack", "dev-local", *options], input=rows)

    return run


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
