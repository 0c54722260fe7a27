"""`mlops render` of all local stacks: what a reviewer waits for."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

from bench.errors import NotMeasurableError
from bench.figures import Figure, Goal
from sandbox import paths

_RUNS = 7
_STACKS = ("dev-local", "staging-local", "prod-local")


def measure() -> Sequence[Figure]:
    """Renders the local stacks several times, once their modules are compiled.

    Raises:
        NotMeasurableError: A stack cannot be rendered.
    """
    _seconds()  # Compiles.
    seconds = [_seconds() for _ in range(_RUNS)]
    note = f"all {len(_STACKS)} local stacks, median of {_RUNS}"
    return [
        Figure("mlops render", statistics.median(seconds), "s", Goal.AT_MOST, 3.0, note),
        Figure("mlops render, slowest", max(seconds), "s"),
    ]


def _seconds() -> float:
    command = [sys.executable, "-m", "pulumi_mlops", "render", *(f"--stack={name}" for name in _STACKS)]
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    begun = time.monotonic()
    ended = subprocess.run(command, cwd=paths.checkout(), env=variables, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise NotMeasurableError(f"mlops render: {ended.stderr[-500:]}")
    return time.monotonic() - begun
