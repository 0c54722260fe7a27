"""`mlops config check` and `mlops config schema`."""

from collections.abc import Iterable
from pathlib import Path

import typer

from pulumi_mlops.cli.image_notes import notes_on
from pulumi_mlops.cli.output import FAILED, code_prints_to_stderr, print_json, say_error, told_errors
from pulumi_mlops.stack.across import problems_between
from pulumi_mlops.stack.file import read_document
from pulumi_mlops.stack.graphs import use_pipelines_of
from pulumi_mlops.stack.problems import ConfigError, Problem
from pulumi_mlops.stack.project import Project, find_project
from pulumi_mlops.stack.schema import stack_file_schema
from pulumi_mlops.stack.validate import validate


def check(files: list[Path], *, as_json: bool) -> None:
    """Validate stack files and report every problem of all of them.

    Args:
        files: The files. Empty: all those of the project around the working directory.
        as_json: Whether to write `{"files", "problems"}` for programs.

    Raises:
        typer.Exit: With code 1, when there is a problem.
    """
    with told_errors():
        project = _project_of(files)
        use_pipelines_of(project)
        files = files or [Path(project.shown(path)) for path in project.stack_files()]
    with code_prints_to_stderr():
        problems = list(check_files(files, project.name))
        notes = [] if problems else [note for path in files for note in notes_on(path, project)]
    if as_json:
        print_json(
            {
                "files": [str(path) for path in files],
                "problems": [problem.to_document() for problem in problems],
                "notes": notes,
            }
        )
    else:
        for problem in problems:
            say_error(str(problem))
        for note in notes:
            say_error(f"note: {note}")
        count = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}" if problems else "no problem"
        typer.echo(f"{len(files)} file{'s' if len(files) != 1 else ''} checked, {count}")
    if problems:
        raise typer.Exit(FAILED)


def check_files(files: Iterable[Path], project: str) -> Iterable[Problem]:
    """Yield every problem of every file, then those that only show between files."""
    documents = [read_document(path, project) for path in files]
    for document in documents:
        try:
            validate(document)
        except ConfigError as error:
            yield from error.problems
    yield from problems_between(documents)


def schema() -> None:
    """Print the JSON Schema of a stack file."""
    with told_errors():
        print_json(stack_file_schema(find_project().name))


def _project_of(files: list[Path]) -> Project:
    """Find the project by the first file, so that files can be checked from anywhere."""
    return find_project(files[0].resolve().parent if files else None)
