"""The commands as a user types them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

from mlops_runtime.graph import StepGraph
from mlops_runtime.step import Step
from pulumi_mlops.cli.app import app
from pulumi_mlops.stack import graphs

mlops = CliRunner()


def test_config_check_tells_every_problem_of_every_file(project: Path) -> None:
    good = project / "stacks" / "Pulumi.dev-local.yaml"
    first, second = project / "stacks" / "Pulumi.a.yaml", project / "stacks" / "Pulumi.b.yaml"
    first.write_text(good.read_text().replace("owner:", "onwer:").replace("environment: dev", "environment: 1.30"))
    second.write_text(good.read_text().replace("database: postgresql", "database: oracle"))
    for path in (first, second):
        # A place of its own.
        path.write_text(path.read_text().replace("namespace: ", f"namespace: {path.stem[-1]}-"))
    result = mlops.invoke(app, ["config", "check", str(first), str(good), str(second)])
    lines = result.stderr.splitlines()
    assert result.exit_code == 1
    assert [line.split(": ")[0].removeprefix(str(project)) for line in lines] == [
        "/stacks/Pulumi.a.yaml:2",
        "/stacks/Pulumi.a.yaml:3",
        "/stacks/Pulumi.a.yaml:6",
        "/stacks/Pulumi.b.yaml:13",
    ]
    assert all(", expected " in line and ", fix: " in line for line in lines)
    assert "3 files checked" in result.stdout


def test_config_check_takes_all_files_of_the_project_from_any_folder(project: Path) -> None:
    result = mlops.invoke(app, ["config", "check"])
    assert (result.exit_code, result.stdout) == (0, "1 file checked, no problem\n")


def test_config_check_writes_json(project: Path) -> None:
    path = project / "stacks" / "Pulumi.dev-local.yaml"
    path.write_text(path.read_text().replace("owner: team-flights", "owner: 3"))
    result = mlops.invoke(app, ["config", "check", str(path), "--json"])
    (problem,) = json.loads(result.stdout)["problems"]
    assert result.exit_code == 1
    assert problem == {
        "source": str(path),
        "line": 6,
        "path": "mlops:platform.owner",
        "got": "the whole number 3",
        "expected": "a text",
        "fix": 'put it in quotes as it stands: "3"',
    }


def test_outside_of_a_project_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for command in (["config", "check"], ["render", "--all"], ["status"]):
        result = mlops.invoke(app, command)
        assert result.exit_code == 1
        assert "got no Pulumi.yaml" in result.stderr


def test_an_unknown_stack_names_those_there_are(project: Path) -> None:
    for command in (["render", "-s", "dev"], ["status", "-s", "dev"], ["train", "flight-delay", "-s", "dev"]):
        result = mlops.invoke(app, command)
        assert result.exit_code == 1
        assert "expected one of dev-local" in result.stderr


def test_an_unknown_workload_names_those_there_are(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = StepGraph(name="small", reference="small.graph:GRAPH", steps=(Step(name="train", run="small:train"),))
    monkeypatch.setattr(graphs, "load_graph", lambda _: graph)
    path = project / "stacks" / "Pulumi.dev-local.yaml"
    path.write_text(path.read_text() + "  mlops:workloads: {flight-delay: {}}\n")
    result = mlops.invoke(app, ["predict", "flight-dealy", "-s", "dev-local", "--rows", "-"], input="[1]")
    assert result.exit_code == 1
    assert "unknown workload flight-dealy" in result.stderr
    assert "did you mean flight-delay?" in result.stderr


@pytest.mark.parametrize("arguments", [[], ["--all", "-s", "dev-local"]])
def test_render_wants_one_way_of_naming_stacks(project: Path, arguments: list[str]) -> None:
    assert mlops.invoke(app, ["render", *arguments]).exit_code == 2


@pytest.mark.parametrize(
    ("module", "extra"), [("typer", "cli"), ("kubernetes", "cli"), ("pulumi_kubernetes", "kubernetes")]
)
def test_a_missing_extra_is_named(project: Path, module: str, extra: str) -> None:
    code = f"import sys; sys.modules[{module!r}] = None; from pulumi_mlops.__main__ import main; main()"
    (project / "infra" / "__main__.py").write_text("import pulumi_kubernetes\n")
    path = project / "stacks" / "Pulumi.dev-local.yaml"
    path.write_text(path.read_text() + "  mlops:workloads: {flight-delay: {}}\n")
    command = ["render", "--all"] if module == "pulumi_kubernetes" else ["status"]
    result = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=False)
    assert result.returncode == 2, result.stderr
    assert f"pip install 'pulumi-mlops[{extra}]'" in result.stderr


def test_help_loads_neither_pulumi_nor_a_clusters_client() -> None:
    code = (
        "import sys\nfrom pulumi_mlops.__main__ import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "sys.stderr.write(' '.join(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    result = subprocess.run([sys.executable, "-c", code, "--help"], capture_output=True, text=True, check=True)
    assert "predict" in result.stdout
    assert not {"pulumi", "pulumi_kubernetes", "kubernetes", "pydantic", "mlops_runtime"} & set(result.stderr.split())


def commands(group: TyperGroup, *names: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that a user can type, by its words."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, *names, name)
        else:
            yield (*names, name), command


def test_every_command_can_write_json() -> None:
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    found = dict(commands(root))
    # What prints a schema prints JSON in any case.
    without = [words for words, command in found.items() if "--json" not in {o for p in command.params for o in p.opts}]
    assert len(found) > 7
    assert without == [("config", "schema")]


def test_what_a_program_prints_stays_out_of_the_answer(project: Path) -> None:
    (project / "infra" / "__main__.py").write_text("print('declaring')\n")
    result = mlops.invoke(app, ["render", "--all", "--json"])
    assert result.exit_code == 0, result.stderr
    assert isinstance(json.loads(result.stdout), dict | list)
    assert "declaring" in result.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_an_answer_is_right_json_in_any_encoding(project: Path, encoding: str) -> None:
    path = project / "stacks" / "Pulumi.dev-local.yaml"
    path.write_text(path.read_text().replace("owner: team-flights", "owner: tëam-✓"), encoding="utf-8")
    code = "from pulumi_mlops.__main__ import main; main()"
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    command = [sys.executable, "-c", code, "config", "check"]
    ended = subprocess.run([*command, "--json"], capture_output=True, check=False, env=environment)
    (problem,) = json.loads(ended.stdout.decode(encoding))["problems"]
    assert problem["got"] == "'tëam-✓'"
    told = subprocess.run(command, capture_output=True, check=False, env=environment)
    assert (told.returncode, b"Traceback" in told.stderr) == (1, False)
