"""Each kind of workload, made in one project outside of the checkout: trains, passes its own tests, is served."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from mlops_runtime.gate import Gate
from mlops_runtime.serving.served_model import load_served_model
from pulumi_mlops.cli.projects.kinds import Kind, settings_of
from tests.unit.templates.conftest import mlops, succeed

KINDS = [kind.value for kind in Kind]
PACKAGES = [f"my_{kind.replace('-', '_')}" for kind in KINDS]
HAND_WRITTEN_LINES_MOST = 30


def in_project(project: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    """Run a program of this environment as a user would within a project: nothing leads back to the checkout's code."""
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, *command], cwd=project, env=variables, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def every_kind(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a workload of each kind."""
    first, *others = KINDS
    folder = tmp_path_factory.mktemp("every-kind") / "acme"
    succeed("init", str(folder), "--workload", f"my-{first}", "--kind", first)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for kind in others:
            succeed("new", f"my-{kind}", "--kind", kind)
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the project's own tests leave their runs."""
    return tmp_path_factory.mktemp("runs") / "of-own-tests"


@pytest.fixture(scope="module")
def own_tests(every_kind: Path, runs: Path) -> str:
    """What the project's own tests say: each workload trained and served, every stack checked and rendered."""
    kept = (f"--basetemp={runs}", "-o", "tmp_path_retention_policy=all")
    result = in_project(every_kind, "-m", "pytest", "-v", "-p", "no:cacheprovider", "-W", "error", *kept)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.mark.parametrize("package", PACKAGES)
def test_a_new_workload_trains_and_is_served_before_a_line_is_changed(package: str, own_tests: str) -> None:
    for test in ("a_model_is_trained_judged_and_registered", "the_registered_model_is_served"):
        assert f"tests/test_{package}.py::test_{test} PASSED" in own_tests


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("own_tests")
def test_a_new_workload_is_let_through_by_the_gate_of_its_stacks(kind: str, runs: Path) -> None:
    record = json.loads((runs / f"my-{kind}0" / "run" / "steps" / "evaluate.json").read_text())
    gate = Gate(**settings_of(Kind(kind), "dev")["pipeline"]["gate"])
    assert gate.rejection(record["metrics"]) is None
    baseline = record["metrics"].get(f"baseline_{gate.metric}", 0.1)
    assert gate.rejection({gate.metric: baseline}) is not None, "a gate that a constant answer passes is none"


@pytest.mark.parametrize("test", ["test_every_stack_file_is_right", "test_every_stack_can_be_rendered"])
def test_the_stacks_of_a_new_project_are_right(test: str, own_tests: str) -> None:
    assert f"tests/test_stacks.py::{test} PASSED" in own_tests


@pytest.mark.parametrize("kind", ["tabular-classification"])
def test_a_local_run_leaves_a_model_that_can_be_served(kind: str, every_kind: Path) -> None:
    command = ("-m", "pulumi_mlops", "pipeline", "run", f"my-{kind}", "--local", "--stack", "prod", "--json")
    result = in_project(every_kind, *command)
    assert result.returncode == 0, result.stderr
    run = json.loads(result.stdout)
    workspace = every_kind / run["workspace"]
    version, digest = str(run["model_version"]), run["model_digest"]
    served = load_served_model(workspace / "models" / f"my-{kind}" / version / "model", f"my-{kind}", version, digest)
    assert {output.kind for output in served.contract.outputs} == {"label", "probabilities"}


@pytest.mark.parametrize("package", PACKAGES)
def test_the_lines_that_a_user_changes_are_few(package: str, every_kind: Path) -> None:
    """All but the custom kind: there, every step is the user's own."""
    if package == "my_custom":
        return
    written = [
        line
        for path in (every_kind / "pipelines" / package).glob("*.py")
        for line in path.read_text().splitlines()
        if line.strip() and not line.lstrip().startswith(("import ", "from ", '"""', "#"))
    ]
    assert 0 < len(written) <= HAND_WRITTEN_LINES_MOST


def test_every_stack_has_every_workload_and_its_comments(every_kind: Path) -> None:
    for name in ("dev", "staging", "prod"):
        text = (every_kind / "stacks" / f"Pulumi.{name}.yaml").read_text()
        assert text.startswith("# yaml-language-server: $schema=schema.json\n# ")
        workloads = YAML(typ="safe").load(text)["config"]["acme:workloads"]
        assert list(workloads) == [f"my-{kind}" for kind in KINDS]
        assert ("schedule" in workloads["my-text"]["pipeline"]) == (name == "prod")
    assert (every_kind / "stacks" / "schema.json").is_file()


def test_code_of_a_template_is_formatted_and_without_lint(every_kind: Path) -> None:
    for command in (("format", "--check"), ("check", "--select", "E,F,I,UP,B,SIM,RUF")):
        result = in_project(every_kind, "-m", "ruff", *command, "--no-cache", ".")
        assert result.returncode == 0, result.stdout + result.stderr


def test_a_workload_that_does_not_hold_together_fails_its_check(every_kind: Path, tmp_path: Path) -> None:
    """The project's own checks can fail."""
    stack = (every_kind / "stacks" / "Pulumi.dev.yaml").read_text()
    planted = tmp_path / "Pulumi.planted.yaml"
    planted.write_text(stack.replace("metric: mae", "metric: accuracy"))
    (tmp_path / "Pulumi.yaml").write_text("name: acme\nmain: infra\n")
    (tmp_path / "pipelines").symlink_to(every_kind / "pipelines")
    result = mlops("config", "check", str(planted))
    assert result.exit_code == 1
    assert "my-tabular-regression.pipeline.gate.metric: got 'accuracy'" in result.stderr


@pytest.mark.parametrize("target", ["kubernetes", "sagemaker"])
def test_a_new_project_is_right_on_either_target(target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    succeed("init", str(tmp_path / "acme"), "--target", target, "--kind", "tabular-regression")
    monkeypatch.chdir(tmp_path / "acme")
    assert succeed("config", "check").stdout == "3 files checked, no problem\n"
    assert in_project(tmp_path / "acme", "-m", "pulumi_mlops", "render", "--all").returncode == 0
