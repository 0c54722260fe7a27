"""What every command shares in talking to people and to programs."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

import typer

FAILED = 1
WRONG_USE = 2


def print_json(document: Any) -> None:
    """Write a document for programs: JSON with sorted keys, on standard output, whatever that is encoded in."""
    is_unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    sys.stdout.write(json.dumps(document, indent=2, sort_keys=True, ensure_ascii=not is_unicode) + "\n")


def say_error(text: str) -> None:
    """Write a failure's reason, on standard error."""
    sys.stderr.write(text.rstrip("\n") + "\n")


@contextmanager
def code_prints_to_stderr() -> Iterator[None]:
    """Leave standard output to the command's answer while code of the project runs: what that prints goes elsewhere.

    Not for threads beside one another: standard output is the process's.
    """
    with redirect_stdout(sys.stderr):
        yield


@contextmanager
def told_errors(*kinds: type[Exception]) -> Iterator[None]:
    """Let the expected failures of a command end it with their text and exit code 1, not with a traceback.

    Args:
        kinds: The failures that this command expects beside a refused configuration and a missing project.
    """
    from pulumi_mlops.stack.problems import ConfigError  # noqa: PLC0415 - start-up time
    from pulumi_mlops.stack.project import ProjectError  # noqa: PLC0415 - start-up time

    expected: tuple[type[Exception], ...] = (ConfigError, ProjectError, *kinds)
    try:
        yield
    except expected as error:
        say_error(str(error))
        raise typer.Exit(FAILED) from None
