"""Each command that a stack starts is one that the program which it names knows: flags, steps and variables."""

import importlib.util
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from ruamel.yaml import YAML

from pulumi_mlops.cli.render.program import render_stack
from tests.rendered_commands import Command, commands_of, problems_of
from tests.stack_files import PINNED_AWS, PROJECT

GOLDEN = PROJECT.stacks.parent / "golden"
PARTS = {"fetch", "server", "check", "mlflow", "schema", "postgresql", "train", "register", "evaluate", "score"}


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> list[Command]:
    return list(rendered(tmp_path_factory.mktemp("stacks")))


def rendered(folder: Path) -> Iterator[Command]:
    """Every command of the tests' stacks, and of a registry on PostgreSQL and S3."""
    document = YAML().load(PROJECT.stack_file("dev-local"))
    document["config"]["mlops:platform"]["images"]["postgres"] = "localhost/postgres:0123456789abcdef"
    document["config"]["mlops:platform"]["registry"] = {
        "database": "postgresql",
        "artifacts_s3": {"uri": "s3://models"},
    }
    document["config"]["mlops:registry_database_password"] = {"secure": "v1:abc"}
    YAML().dump(document, folder / "Pulumi.postgresql-local.yaml")
    postgresql = render_stack(replace(PROJECT, stacks=folder), "postgresql-local")
    yield from commands_of([resource.to_document() for resource in postgresql.resources])
    # What the stacks render is what their golden files say, which has tests of its own.
    for golden in (*GOLDEN.glob("*-*.yaml"), *PINNED_AWS.stacks.glob("[!P]*.yaml")):
        documents = yaml.load_all(golden.read_text(), yaml.CSafeLoader)
        for command in commands_of(one for one in documents if one and "resource" in one):
            yield replace(command, place=f"{golden.stem}: {command.place}")


def test_every_command_is_one_that_its_program_knows(commands: list[Command]) -> None:
    told = [f"{command.place}: {problem}" for command in commands for problem in problems_of(command)]
    assert told == []


def test_the_walk_finds_every_part_on_both_targets(commands: list[Command]) -> None:
    places = {command.place.replace(" ", "::").rpartition("::")[2] for command in commands}
    assert places >= PARTS
    assert any(command.argv == ("serve",) for command in commands)
    assert any(command.hyperparameters for command in commands)


@pytest.mark.parametrize(
    ("program", "argv", "told"),
    [
        ("mlops_runtime.serving.fetch", ("--paticence-seconds", "3"), "unrecognized arguments: --paticence-seconds"),
        ("mlops_runtime.serving.truth_check", ("--port", "8080"), "unrecognized arguments: --port"),
        ("mlflow server", ("--gunicorn", "1"), "No such option"),
        ("mlflow db upgrade", ("sqlite://", "more"), "unexpected extra argument"),
        ("mlops_runtime step", ("--step", "deploy"), "deploy"),
        ("mlops_runtime.sagemaker.processing", ("--workspace", "/w"), "unrecognized arguments: --workspace"),
    ],
)
def test_a_flag_that_the_program_does_not_know_is_found(
    program: str, argv: tuple[str, ...], told: str, commands: list[Command]
) -> None:
    command = next(each for each in commands if f"{program} " in " ".join((*each.argv, "")))
    assert problems_of(command) == []
    problems = problems_of(replace(command, argv=(*command.argv, *argv)))
    assert any(told in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"argv": ("python", "-m", "mlops_runtime.sagemaker.proccessing")}, "no module"),
        ({"argv": ("pyhton", "-m", "mlops_runtime")}, "no such program"),
        ({"argv": ()}, "no such program"),
        ({"argv": ("entripoint",)}, "no such program"),
        ({"argv": ("python", "-m", "mlops_runtime.sagemaker.training", "--step", "train")}, "takes no arguments"),
        ({"variables": {"MLOPS_GAET": "{}"}}, "MLOPS_GAET: nobody reads it"),
        ({"variables": {"MLOPS_GATE": "max 13"}}, "MLOPS_GATE"),
        ({"hyperparameters": {"graph": "flight_delay.graph:GRAPH", "step": "train", "seed": "1"}}, "seed"),
        ({"hyperparameters": {"graph": "flight_delay.graph:GRAPH", "step": "trian"}}, "trian"),
    ],
)
def test_what_a_job_does_not_know_is_found(change: dict[str, object], told: str, commands: list[Command]) -> None:
    command = next(each for each in commands if each.hyperparameters)
    assert problems_of(command) == []
    problems = problems_of(replace(command, **change))  # type: ignore[arg-type]
    assert any(told in problem for problem in problems), problems


@pytest.mark.skipif(importlib.util.find_spec("kserve") is None, reason="KServe has no release for this Python")
def test_a_server_without_the_digest_of_its_model_is_found(commands: list[Command]) -> None:
    command = next(each for each in commands if each.argv == ("serve",))
    without = {name: value for name, value in command.variables.items() if name != "MLOPS_MODEL_DIGEST"}
    (problem,) = problems_of(replace(command, variables=without))
    assert problem.startswith("MLOPS_MODEL_DIGEST: got none, expected the digest")
