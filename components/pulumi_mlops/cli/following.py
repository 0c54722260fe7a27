"""Following a run that was started, until it ends or whoever looks has seen enough."""

import typer

from pulumi_mlops.cli.operations import Operations
from pulumi_mlops.cli.output import say_error
from pulumi_mlops.cli.progress import RunView
from pulumi_mlops.cli.runs import Run, RunReference


def followed(operations: Operations, reference: RunReference, title: str, *, again: str, as_json: bool) -> Run:
    """Show a run until it ends.

    Args:
        operations: The workload on its target.
        reference: The run.
        title: What it is a run of.
        again: How it can be seen again once nobody follows it; empty where it cannot.
        as_json: Whether standard output is for programs; what is shown then goes to standard error.

    Raises:
        typer.Exit: With code 130 when Ctrl-C ended the following. The run goes on.
    """
    with RunView(title, to_standard_error=as_json) as view:
        try:
            return operations.follow_run(reference, view.show)
        except KeyboardInterrupt:
            say_error(f"no longer following; run {reference.name} goes on{again}")
            raise typer.Exit(130) from None
