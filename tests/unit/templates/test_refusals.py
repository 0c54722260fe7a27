"""What is refused, and that nothing was made then."""

import json
from pathlib import Path
from typing import Never

import pytest

from pulumi_mlops.cli.projects import new
from tests.unit.templates.conftest import contents, mlops, succeed


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Churn", "expected lower-case letters"),
        ("churn_1", "expected lower-case letters"),
        ("1st-model", "a letter first"),
        ("a" * 41, "at most 40"),
        ("class", "a word of Python"),
        ("json", "a module json is installed already"),
        ("mlops-runtime", "a module mlops_runtime is installed already"),
        ("stacks", "a folder of the project"),
    ],
)
def test_a_name_that_nothing_can_be_called_is_refused(name: str, reason: str, project: Path) -> None:
    before = contents(project)
    result = mlops("new", name, "--kind", "text")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"workload: got '{name}'")
    assert reason in result.stderr
    assert ", fix: " in result.stderr
    assert contents(project) == before


def test_two_workloads_of_one_name_are_refused(project: Path) -> None:
    before = contents(project)
    result = mlops("new", "my-tabular-classification", "--kind", "text")
    assert result.exit_code == 1
    assert "pipelines/my_tabular_classification: got something there already" in result.stderr
    assert result.stderr.count("got a workload of this name already") == 3
    assert contents(project) == before


def test_a_workload_that_only_a_stack_file_names_is_refused(project: Path) -> None:
    stack = project / "stacks" / "Pulumi.prod.yaml"
    stack.write_text(stack.read_text() + "    tickets:\n      endpoint: {replicas_max: 3}\n")
    before = contents(project)
    result = mlops("new", "tickets", "--kind", "text")
    assert result.exit_code == 1
    line = 1 + stack.read_text().splitlines().index("    tickets:")
    assert result.stderr == (
        f"stacks/Pulumi.prod.yaml:{line}: acme:workloads.tickets: got a workload of this name already,"
        " expected each name once, fix: choose another name\n"
    )
    assert contents(project) == before


def test_a_test_of_that_name_is_not_overwritten(project: Path) -> None:
    (project / "tests" / "test_tickets.py").write_text("mine\n")
    before = contents(project)
    result = mlops("new", "tickets", "--kind", "text")
    assert result.exit_code == 1
    assert result.stderr.startswith("tests/test_tickets.py: got something there already")
    assert contents(project) == before


def test_outside_of_a_project_there_is_nothing_to_add_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = mlops("new", "tickets", "--kind", "text")
    assert result.exit_code == 1
    assert "expected a project" in result.stderr


def test_a_stack_file_that_cannot_be_edited_keeps_the_workload_out_of_all(project: Path) -> None:
    stack = project / "stacks" / "Pulumi.staging.yaml"
    stack.write_text("config: [no, mapping\n")
    before = contents(project)
    result = mlops("new", "tickets", "--kind", "text")
    assert result.exit_code == 1
    assert result.stderr.startswith("stacks/Pulumi.staging.yaml:")
    assert contents(project) == before


def test_what_was_moved_goes_back_when_a_stack_file_cannot_be_written(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = new._write

    def fail_at_the_second(path: Path, octets: bytes) -> None:
        if path.name == "Pulumi.prod.yaml" and b"tickets" in octets:
            raise OSError(28, "No space left on device")
        write(path, octets)

    monkeypatch.setattr(new, "_write", fail_at_the_second)
    before = contents(project)
    with pytest.raises(OSError, match="No space left"):
        mlops("new", "tickets", "--kind", "text")
    assert contents(project) == before
    assert sorted(path.name for path in (project / "pipelines").iterdir()) == ["my_tabular_classification"]


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "notes.txt").write_text("mine")
    result = mlops("init", str(tmp_path / "acme"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"{tmp_path}/acme: got something there already, expected a new or an empty folder,"
        " fix: name another, or move it away\n"
    )
    assert contents(tmp_path) == {"acme/notes.txt": b"mine"}


def test_an_empty_folder_becomes_the_project(tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    succeed("init", str(tmp_path / "acme"))
    assert (tmp_path / "acme" / "Pulumi.yaml").is_file()


def test_everything_wrong_with_a_project_is_told_at_once(tmp_path: Path) -> None:
    result = mlops(
        "init",
        str(tmp_path / "Acme_ML"),
        "--target",
        "sagemaker",
        "--account-id",
        "12",
        "--region",
        "x",
        "--owner",
        "!",
    )
    assert result.exit_code == 1
    places = [line.split(":")[0] for line in result.stderr.splitlines()]
    assert places == ["project", "--owner", "--account-id", "--region"]
    assert list(tmp_path.iterdir()) == []


def test_a_target_that_there_is_not_is_refused(tmp_path: Path) -> None:
    result = mlops("init", str(tmp_path / "acme"), "--target", "nowhere")
    assert result.stderr == "--target: got 'nowhere', expected kubernetes or sagemaker, fix: choose one of them\n"
    assert list(tmp_path.iterdir()) == []


def test_a_first_workload_that_is_refused_leaves_no_project(tmp_path: Path) -> None:
    result = mlops("init", str(tmp_path / "acme"), "--workload", "json")
    assert result.exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_a_project_half_made_is_not_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Never:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pulumi_mlops.cli.projects.init.add", fail)
    with pytest.raises(OSError, match="No space left"):
        mlops("init", str(tmp_path / "acme"))
    assert list(tmp_path.iterdir()) == []


def test_what_was_made_is_listed_for_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    document = json.loads(succeed("init", "acme", "--json").stdout)
    assert document["project"] == "acme"
    assert document["made"] == sorted(contents(tmp_path / "acme"))
    monkeypatch.chdir(tmp_path / "acme")
    document = json.loads(succeed("new", "tickets", "--kind", "text", "--json").stdout)
    assert document == {
        "workload": "tickets",
        "kind": "text",
        "made": [
            "pipelines/tickets/__init__.py",
            "pipelines/tickets/graph.py",
            "pipelines/tickets/model.py",
            "tests/test_tickets.py",
        ],
        "changed": [f"stacks/Pulumi.{name}.yaml" for name in ("dev", "prod", "staging")],
    }
