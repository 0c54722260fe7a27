"""A small pipeline of two steps, run in this process."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pulumi_mlops._shared.kubernetes import library
from pulumi_mlops.cli.app import app

mlops = CliRunner()
GRAPH = """
from mlops_runtime.graph import StepGraph
from mlops_runtime.parameters import PipelineParameters
from mlops_runtime.step import Step
from pydantic import Field

class Parameters(PipelineParameters):
    rows: int = Field(default=3, ge=1)
    season: str = "summer"

print("importing")

def ingest(context):
    print("reading")
    (context.output / "rows.txt").write_text(context.parameters.season * context.parameters.rows)
    context.message = f"{context.parameters.rows} rows of {context.parameters.season}"

def train(context):
    if context.parameters.season == "winter":
        raise RuntimeError("snow")
    (context.output / "model.txt").write_text((context.input("ingest") / "rows.txt").read_text())
    context.log_metrics({"mae_minutes": 14.0})

GRAPH = StepGraph(
    name="small-model",
    reference="small_model.graph:GRAPH",
    parameters=Parameters,
    steps=(
        Step(name="ingest", run="small_model.graph:ingest"),
        Step(name="train", run="small_model.graph:train", after=("ingest",), metrics=("mae_minutes",), is_gate=True),
    ),
)
"""
WORKLOADS = """\
  mlops:workloads:
    small-model: {pipeline: {parameters: {rows: 4}, gate: {metric: mae_minutes, max: 13.0}}}
"""


@pytest.fixture(autouse=True)
def small_model(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = project / "code" / "small_model"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "graph.py").write_text(GRAPH)
    monkeypatch.syspath_prepend(str(project / "code"))
    for module in ("small_model", "small_model.graph"):
        monkeypatch.delitem(__import__("sys").modules, module, raising=False)
    stack = project / "stacks" / "Pulumi.dev-local.yaml"
    stack.write_text(stack.read_text() + WORKLOADS)


def run(*arguments: str) -> tuple[int, str, str]:
    result = mlops.invoke(app, ["pipeline", "run", "small-model", *arguments], catch_exceptions=False)
    return result.exit_code, result.stdout, result.stderr


def test_runs_each_step_and_tells_how_it_ended(project: Path) -> None:
    code, text, _ = run("--local", "--parameter", "rows=5", "-p", "season=spring")
    assert code == 0
    assert "ingest succeeded" in text
    assert "5 rows of spring" in text
    assert (project / "infra" / "workspace" / "small-model").is_dir()


def test_a_stack_gives_its_parameters_and_its_gate(project: Path) -> None:
    code, text, _ = run("--local", "--stack", "dev-local", "--workspace", str(project / "here"))
    assert code == 3
    assert "4 rows of summer" in text
    assert "rejected, nothing registered: " in text
    assert (project / "here").is_dir()


def test_a_step_that_fails_ends_the_run() -> None:
    code, text, _ = run("--local", "-p", "season=winter")
    assert code == 1
    assert "failed: train: RuntimeError: snow" in text


def test_why_a_step_failed_is_told_once_and_where_it_failed_is_shown() -> None:
    _, text, error = run("--local", "-p", "season=winter")
    assert (text + error).count("snow") == 2  # the other is the line of code
    assert 'raise RuntimeError("snow")' in error
    assert "RuntimeError: snow" not in error


def test_a_run_ends_with_what_it_measured_beside_the_bound() -> None:
    assert run("--local")[1].splitlines()[-1] == "mae_minutes  14"
    assert run("--local", "--stack", "dev-local")[1].splitlines()[-1] == "mae_minutes  14  (gate <= 13, not met)"
    document = json.loads(run("--local", "--stack", "dev-local", "--json")[1])
    assert document["gate"] == {"metric": "mae_minutes", "max": 13.0, "is_met": False}
    assert document["champion"] is None


def test_a_registry_that_does_not_answer_ends_no_local_run(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library.kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(project / "nothing"))
    stack = project / "stacks" / "Pulumi.dev-local.yaml"
    pin = f"model: {{version: 7, digest: 'sha256:{'a' * 64}'}}, "
    stack.write_text(stack.read_text().replace("small-model: {", f"small-model: {{{pin}"))
    code, text, _ = run("--local", "--stack", "dev-local")
    assert code == 3
    assert "mae_minutes  14  (gate <= 13, not met)" in text
    assert "what the pinned version measured is not known: got no usable context" in text


def test_json_leaves_standard_output_to_the_document() -> None:
    code, text, progress = run("--local", "--json")
    document = json.loads(text)
    assert code == 0
    assert document["metrics"] == {"mae_minutes": 14.0}
    assert [step["status"] for step in document["steps"]] == ["succeeded", "succeeded"]
    assert "train succeeded" in progress
    assert {"importing", "reading"} <= set(progress.splitlines())


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["-p", "row=5"], "parameter row: got an unknown parameter"),
        (["-p", "row=5"], "did you mean rows?"),
        (["-p", "rows=0"], "parameter rows: got the whole number 0, expected at least 1"),
        (["-p", 'rows="5"'], "parameter rows: got '5', expected a whole number"),
        (["-p", "rows"], "expected name=value"),
        (["--graph", "small_model.graph:GRAPHS"], "has no step graph GRAPHS"),
        (["--graph", "large_model:GRAPH"], "there is no module large_model"),
        (["--stack", "dev"], "expected one of dev-local"),
    ],
)
def test_refuses_before_anything_runs(project: Path, arguments: list[str], problem: str) -> None:
    code, text, error = run("--local", *arguments)
    assert code == 1
    assert text == ""
    assert problem in error
    assert not (project / "infra" / "workspace").exists()


def test_a_run_in_the_cluster_is_another_command() -> None:
    code, _, error = run()
    assert code == 2
    assert "mlops train small-model" in error


def test_the_stacks_settings_are_held_against_the_graph(project: Path) -> None:
    stack = project / "stacks" / "Pulumi.dev-local.yaml"
    stack.write_text(stack.read_text().replace("rows: 4", "rows: -4").replace("mae_minutes, max", "mae, max"))
    result = mlops.invoke(app, ["config", "check", str(stack)])
    assert result.exit_code == 1
    assert "small-model.pipeline.parameters.rows: got the whole number -4" in result.stderr
    assert "expected one of mae_minutes, which step train" in result.stderr
