"""Commands whose time or answer is measured."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.errors import NotMeasurableError

_TOLD_CHARACTERS = 800


def run(
    what: str,
    command: Sequence[str],
    *,
    variables: Mapping[str, str],
    folder: Path | None = None,
    timeout_seconds: float | None = None,
) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end, and keeps what it wrote.

    Args:
        what: What it is called when it fails.
        command: The program and its arguments.
        variables: Its whole environment.
        folder: Where it runs. Defaults to where this program does.
        timeout_seconds: How long it may take. Defaults to as long as it likes.

    Raises:
        NotMeasurableError: It failed; with the end of what it wrote.
    """
    ended = subprocess.run(
        command, cwd=folder, env=variables, capture_output=True, text=True, timeout=timeout_seconds, check=False
    )
    if ended.returncode != 0:
        raise NotMeasurableError(f"{what}: {(ended.stderr or ended.stdout)[-_TOLD_CHARACTERS:]}")
    return ended
