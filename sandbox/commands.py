"""Running other programs, as the product does, with the sandbox's error where one ends badly."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pulumi_mlops._shared import processes
from pulumi_mlops._shared.processes import failure
from sandbox.errors import SandboxError

__all__ = ["CommandError", "failure", "follow", "run"]


class CommandError(SandboxError):
    """A program that could not be run, ended badly or took too long."""


def run(
    arguments: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    input_text: str | None = None,
    timeout_seconds: float | None = None,
) -> str:
    """Run a program to its end and return what it wrote; see `pulumi_mlops._shared.processes.run`.

    Raises:
        CommandError: When it cannot be started, ends with a code other than 0, or takes too long.
    """
    try:
        return processes.run(
            arguments,
            environment=environment,
            folder=folder,
            input_text=input_text,
            timeout_seconds=timeout_seconds,
        )
    except processes.ProcessError as error:
        raise CommandError(str(error)) from error


def follow(
    arguments: Sequence[str | Path],
    report: Callable[[str], None],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    with_output: bool = False,
) -> None:
    """Run a program and hand on each line that it writes; see `pulumi_mlops._shared.processes.follow`.

    Raises:
        CommandError: When it cannot be started or ends with a code other than 0.
    """
    try:
        processes.follow(arguments, report, environment=environment, folder=folder, with_output=with_output)
    except processes.ProcessError as error:
        raise CommandError(str(error)) from error
