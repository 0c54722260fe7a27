"""`mlops train`: a run of a workload's pipeline on its stack, now."""

import typer

from pulumi_mlops.cli.following import followed
from pulumi_mlops.cli.operations import Operations, RunRefusedError
from pulumi_mlops.cli.output import print_json, say_error
from pulumi_mlops.cli.registered_version import VersionRefusedError
from pulumi_mlops.cli.runs import EXIT_CODES, Run, RunReference, Status
from pulumi_mlops.cli.scores import Scores, asked_champion
from pulumi_mlops.cli.targets import on_target


def train(workload: str, stack: str, *, follow: bool, attach: bool, as_json: bool) -> None:
    """Start a run, and follow it when asked.

    Args:
        workload: The workload.
        stack: Its stack.
        follow: Whether to wait for its end and show its steps.
        attach: Whether to follow the run that is active already instead of starting one.
        as_json: Whether to write the run as JSON on standard output; its progress then goes to standard error.

    Raises:
        typer.Exit: With code 0 when the run succeeded (or, not followed, was started), 3 when its gate rejected the
            model, 1 when it failed or could not be started.
    """
    with on_target(workload, stack, RunRefusedError) as operations:
        reference = _active_run(operations) if attach else _started_run(operations)
        if not (follow or attach):
            document = {"run": reference.name, "stack": stack, "workload": workload}
            print_json(document) if as_json else typer.echo(f"run {reference.name} started; follow it with --attach")
            return
        run = followed(
            operations, reference, f"{workload} in {stack}", again=", and --attach shows it again", as_json=as_json
        )
        scores = _scores(operations, run)
        if as_json:
            print_json({"stack": stack, "workload": workload} | run.to_document() | scores.to_document())
        else:
            typer.echo("".join(f"{line}\n" for line in scores.lines()), nl=False)
        if run.status is Status.FAILED and (words := operations.last_words(run)):
            say_error(words)
    raise typer.Exit(EXIT_CODES[run.status])


def _scores(operations: Operations, run: Run) -> Scores:
    """Return what a run measured, beside its gate and the pinned version's metrics."""
    settings = operations.place.config.workloads[operations.place.workload]
    pinned = settings.model.version if settings.model is not None and run.metrics else None
    champion = asked_champion(pinned, operations.version, VersionRefusedError, *operations.errors)
    return Scores(run.metrics, settings.pipeline.gate, champion)


def _started_run(operations: Operations) -> RunReference:
    active = operations.active_runs()
    if active:
        raise RunRefusedError.beside(operations.place, active[0].name)
    return operations.start_run()


def _active_run(operations: Operations) -> RunReference:
    active = operations.active_runs()
    if not active:
        place = operations.place
        raise RunRefusedError(
            f"{place.workload} in {place.stack}: got no active run, expected one to follow, "
            "fix: start one with --follow in place of --attach"
        )
    return active[0]
