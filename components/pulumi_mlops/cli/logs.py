"""`mlops logs`: what the steps of a run have written."""

import sys

import typer

from pulumi_mlops.cli.output import WRONG_USE, print_json, say_error
from pulumi_mlops.cli.past_run import NoLogError
from pulumi_mlops.cli.targets import on_target


def logs(workload: str, stack: str, run: str | None, step: str | None, *, follow: bool, as_json: bool) -> None:
    """Print the log of a run, step by step.

    Args:
        workload: The workload.
        stack: Its stack.
        run: The run, as `mlops runs` names it. Defaults to the newest.
        step: The only step to show. Defaults to all.
        follow: Whether to go on until the run ends.
        as_json: Whether to write `{"steps": [{"step", "log"}]}` for programs.

    Raises:
        typer.Exit: With code 1 when there is no such run, or no log of it; 2 when the command contradicts itself.
    """
    if follow and as_json:
        say_error("mlops logs: got --follow and --json, expected one: a document has an end, fix: leave one out")
        raise typer.Exit(WRONG_USE)
    with on_target(workload, stack, NoLogError) as operations:
        name, pieces = operations.log(run, step, follow=follow)
        steps: dict[str, list[str]] = {}
        try:
            for piece in pieces:
                if not as_json:
                    if piece.step not in steps and step is None:
                        _heading(piece.step, is_first=not steps)
                    sys.stdout.write(piece.text)
                    sys.stdout.flush()
                steps.setdefault(piece.step, []).append(piece.text if as_json else "")
        except KeyboardInterrupt:
            raise typer.Exit(130) from None
    if as_json:
        listed = [{"step": each, "log": "".join(texts)} for each, texts in steps.items()]
        print_json({"stack": stack, "workload": workload, "run": name, "steps": listed})


def _heading(step: str, *, is_first: bool) -> None:
    sys.stdout.write(f"{'' if is_first else chr(10)}== {step} ==\n")
