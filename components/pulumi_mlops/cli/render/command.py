"""`mlops render`."""

import sys

import typer

from pulumi_mlops.cli.output import WRONG_USE, code_prints_to_stderr, say_error, told_errors
from pulumi_mlops.cli.render.program import SecretLeakError, render_stack
from pulumi_mlops.cli.render.recorder import OfflineError
from pulumi_mlops.cli.render.tasks import ProgramError
from pulumi_mlops.cli.render.text import to_json, to_text
from pulumi_mlops.stack.project import find_project


def render(stacks: list[str], *, every: bool, as_json: bool) -> None:
    """Print the resource graph of stacks.

    Args:
        stacks: Their names.
        every: Whether to render all stacks of the project instead.
        as_json: Whether to write JSON for programs.

    Raises:
        typer.Exit: With code 1 when a stack is refused, 2 when none or both ways of naming them are used.
    """
    if bool(stacks) == every:
        say_error("mlops render: got neither or both of --stack and --all, expected one of them, fix: name a stack")
        raise typer.Exit(WRONG_USE)
    with told_errors(OfflineError, ProgramError, SecretLeakError):
        project = find_project()
        with code_prints_to_stderr():
            rendered = [render_stack(project, name) for name in (project.stack_names() if every else stacks)]
    sys.stdout.write(to_json(rendered) if as_json else to_text(rendered))
