"""Running other programs, with errors that say which one, how it ended and what it said last."""

import os
import shlex
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_LAST_LINES = 15


class ProcessError(RuntimeError):
    """A program that could not be run, ended badly or took too long."""


def run(
    arguments: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    input_text: str | None = None,
    timeout_seconds: float | None = None,
) -> str:
    """Run a program to its end.

    Args:
        arguments: The program and its arguments; no shell is involved. An error shows them: no secret may be there.
        environment: Variables on top of this process's own.
        folder: Working folder; this process's own by default.
        input_text: What the program reads on its standard input; nothing by default.
        timeout_seconds: When to give up; never by default.

    Returns:
        What the program wrote to its standard output.

    Raises:
        ProcessError: When it cannot be started, ends with a code other than 0, or takes too long.
    """
    command = [os.fspath(argument) for argument in arguments]
    try:
        ended = subprocess.run(
            command,
            env={**os.environ, **(environment or {})},
            cwd=folder,
            input=input_text if input_text is not None else "",
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_seconds,
            check=False,
        )
    except OSError as error:
        raise ProcessError(f"{command[0]}: cannot be started: {error}") from error
    except subprocess.TimeoutExpired as error:
        raise ProcessError(f"{shlex.join(command)}: no end after {timeout_seconds} s") from error
    if ended.returncode != 0:
        raise ProcessError(failure(command, ended.returncode, ended.stderr or ended.stdout))
    return ended.stdout


def failure(command: Sequence[str], exit_code: int, output: str) -> str:
    """Return words for a program that ended badly: the command, its exit code and its last lines."""
    last = "\n".join(f"    {line}" for line in output.strip().splitlines()[-_LAST_LINES:])
    return f"{shlex.join(command)}: exit code {exit_code}" + (f"\n{last}" if last else "")


def follow(
    arguments: Sequence[str | Path],
    report: Callable[[str], None],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    with_output: bool = False,
) -> None:
    """Run a program to its end and hand on each line that it writes to its standard error.

    Args:
        arguments: The program and its arguments; no shell is involved. An error shows them: no secret may be there.
        report: Called with each line.
        environment: Variables on top of this process's own.
        folder: Working folder; this process's own by default.
        with_output: Whether the lines of its standard output count as well.

    Raises:
        ProcessError: When it cannot be started or ends with a code other than 0.
    """
    command = [os.fspath(argument) for argument in arguments]
    last: deque[str] = deque(maxlen=_LAST_LINES)
    try:
        process = subprocess.Popen(
            command,
            env={**os.environ, **(environment or {})},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if with_output else subprocess.DEVNULL,
            stderr=subprocess.STDOUT if with_output else subprocess.PIPE,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise ProcessError(f"{command[0]}: cannot be started: {error}") from error
    with process:
        try:
            for line in (process.stdout if with_output else process.stderr) or ():
                last.append(line)
                report(line.strip())
        except BaseException:
            process.terminate()
            raise
    if process.returncode != 0:
        raise ProcessError(failure(command, process.returncode, "".join(last)))
