"""Every command that a document, a text of the program or the Makefile shows exists, with its options."""

import contextlib
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer.main

from bench.__main__ import SECTIONS
from mlops_runtime.__main__ import parser as runtime_parser
from pulumi_mlops.cli.app import app
from sandbox.cli import application
from tests.unit.documents.pages import ROOT, commands_in, pages
from tests.unit.documents.texts import GAP, texts_in

TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
_SHOWN = re.compile(r"(make|mlops|-m (sandbox|bench|mlops_runtime)|pytest) ?\S*[^`]*`")
PACKAGES = ("components", "pipelines", "infra", "sandbox", "bench")


def problem_with(words: Sequence[str]) -> str | None:
    """Return what is wrong with a command, or None: it is right, or no command of this repository."""
    program, *arguments = words
    arguments = [word for word in arguments if word != GAP]
    if program == "make":
        unknown = [word for word in arguments if "=" not in word and word not in TARGETS]
        return f"no target {unknown[0]}" if unknown else None
    if program == "mlops":
        return _typer_problem(app, arguments)
    if program.rpartition("/")[2] in {"python", "python3"} and arguments[:1] == ["-m"] and len(arguments) > 1:
        return _module_problem(arguments[1], arguments[2:])
    if program == "pytest":
        gone = [word for word in arguments if "/" in word and not (ROOT / word).exists()]
        return f"no tests in {gone[0]}" if gone else None
    return None


def _module_problem(module: str, arguments: list[str]) -> str | None:
    if module == "sandbox":
        return _typer_problem(application, arguments)
    if module == "bench":
        unknown = [word for word in arguments if word not in {*SECTIONS, "SECTION", "[SECTION…]"}]
        return f"no section {unknown[0]}" if unknown else None
    if module == "mlops_runtime" and arguments:
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors), contextlib.suppress(SystemExit):
            runtime_parser().parse_args(arguments)
        return errors.getvalue() or None
    return None


def _typer_problem(typed: typer.Typer, arguments: list[str]) -> str | None:
    command: Any = typer.main.get_command(typed)
    while hasattr(command, "commands") and arguments:
        name, *arguments = arguments
        if name == "--help":
            return None
        if name.startswith("-"):
            return f"{name} before the command"
        if name not in command.commands:
            return f"no command {name}"
        command = command.commands[name]
    options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    unknown = [word for word in arguments if word.startswith("-") and word.partition("=")[0] not in {*options, "-"}]
    return f"no option {unknown[0]} of {command.name}" if unknown else None


def shown_in_code(path: Path) -> Iterator[list[str]]:
    """Yield the commands between backticks in the texts of a module."""
    if not _SHOWN.search(path.read_text(encoding="utf-8")):
        return  # Parsing takes the time.
    for text in texts_in(path):
        for span in re.findall(r"`([^`]+)`", text):
            yield from commands_in(span)


def test_every_command_in_the_documents_exists() -> None:
    told = [(page.path.name, words) for page in pages() for words in page.commands]
    assert [(name, words, problem) for name, words in told if (problem := problem_with(words))] == []


def test_every_command_in_the_programs_texts_exists() -> None:
    paths = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    told = [(path.name, words) for path in paths for words in shown_in_code(path)]
    assert [(name, words, problem) for name, words in told if (problem := problem_with(words))] == []


def test_the_documents_commands_are_read() -> None:
    readme = next(page for page in pages() if page.path == ROOT / "README.md")
    told = [" ".join(words) for words in readme.commands]
    assert "make up" in told
    assert "mlops predict flight-delay --stack local --rows rows.json" in told
    assert ".venv/bin/python -m sandbox env" in told


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("make up-aws", None),
        ("MLOPS_KUBE_CONTEXT=kind-dev make down PURGE=1", None),
        ("mlops config check stacks/*.yaml", None),
        ("mlops config check stacks/*.yaml && pulumi up", None),
        ('eval "$(.venv/bin/python -m sandbox env)"', None),
        ("make down-aws", "no target down-aws"),
        ("mlops promote flight-delay", "no command promote"),
        ("true && mlops render --every", "no option --every of render"),
        ("mlops config validate", "no command validate"),
        ("python -m sandbox erase", "no command erase"),
        ('eval "$(.venv/bin/python -m sandbox vars)"', "no command vars"),
        ("python -m bench speed", "no section speed"),
        ("pytest tests/unit/gone", "no tests in tests/unit/gone"),
    ],
)
def test_a_command_that_is_not_there_is_found(line: str, problem: str | None) -> None:
    assert [found for words in commands_in(line) if (found := problem_with(words))] == ([problem] if problem else [])


def test_an_unknown_option_of_the_runner_is_found() -> None:
    right = "python -m mlops_runtime run --graph flight_delay.graph:GRAPH --workspace /tmp/run"
    assert problem_with(right.split()) is None
    assert "unrecognized arguments: --folder" in str(problem_with([*right.split(), "--folder", "x"]))
