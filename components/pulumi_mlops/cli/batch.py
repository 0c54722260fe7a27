"""`mlops batch run`: a run of a workload's batch on its stack, now."""

from collections.abc import Mapping

import typer

from pulumi_mlops._shared.values import table_location
from pulumi_mlops.batch_job import locations
from pulumi_mlops.cli.following import followed
from pulumi_mlops.cli.operations import Operations, RunRefusedError
from pulumi_mlops.cli.output import print_json, say_error
from pulumi_mlops.cli.runs import EXIT_CODES, RunReference, Status
from pulumi_mlops.cli.stacks import Place
from pulumi_mlops.cli.targets import on_target


def batch_run(workload: str, stack: str, overrides: Mapping[str, str], *, follow: bool, as_json: bool) -> None:
    """Start a run, and follow it when asked.

    Args:
        workload: The workload.
        stack: Its stack.
        overrides: `input` and `output`, where they are to be others than the stack file's.
        follow: Whether to wait for its end and show how it stands.
        as_json: Whether to write the run as JSON on standard output; its progress then goes to standard error.

    Raises:
        typer.Exit: With code 0 when the run succeeded (or, not followed, was started), 1 when it failed or could not
            be started.
    """
    with on_target(workload, stack, RunRefusedError) as operations:
        place = operations.place
        check(place, overrides)
        reference = _started(operations, overrides)
        if not follow:
            document = {"run": reference.name, "stack": stack, "workload": workload}
            print_json(document) if as_json else typer.echo(f"run {reference.name} started")
            return
        run = followed(operations, reference, f"batch of {workload} in {stack}", again="", as_json=as_json)
        if as_json:
            print_json({"stack": stack, "workload": workload} | run.to_document())
        if run.status is Status.FAILED and (words := operations.last_words(run)):
            say_error(words)
    raise typer.Exit(EXIT_CODES[run.status])


def check(place: Place, overrides: Mapping[str, str]) -> None:
    """See that there is a batch to run, and that it may read and write where it is asked to.

    Its pod mounts the volumes, and its role may touch the prefixes, that the stack file names.

    Raises:
        RunRefusedError: There is none, or it may not.
    """
    where = f"{place.workload} in {place.stack}"
    workload = place.config.workloads[place.workload]
    if workload.batch is None:
        raise RunRefusedError(f"{where}: got no batch, expected one, fix: add batch to the workload, then pulumi up")
    if workload.model is None:
        raise RunRefusedError(
            f"{where}: got no pinned model, expected the version to score with, fix: pin one, then pulumi up"
        )
    places = {"input": workload.batch.input, "output": workload.batch.output}
    for key, location in overrides.items():
        if (requirement := table_location(location)) is not None:
            raise RunRefusedError(f"--{key}: got {location!r}, expected {requirement.expected}, fix: {requirement.fix}")
        if not locations.holds(places[key], location):
            raise RunRefusedError(
                f"--{key}: got {location}, expected a place within {places[key]} (batch.{key} of {where}), which is all"
                f" that the batch may {'read' if key == 'input' else 'write'}, fix: name one, or widen batch.{key}"
            )
    if problem := locations.problem_of(**{f"{key}_location": value for key, value in {**places, **overrides}.items()}):
        raise RunRefusedError(f"--output: got {overrides.get('output')}, expected {problem}, fix: name another folder")


def _started(operations: Operations, overrides: Mapping[str, str]) -> RunReference:
    active = operations.active_batches()
    if active:
        place, name = operations.place, active[0].name
        raise RunRefusedError(
            f"{place.workload} in {place.stack}: got the active run {name}, expected none, "
            "fix: wait for its end: both would write the same output"
        )
    return operations.start_batch(overrides)
