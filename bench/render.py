"""`mlops render` of all local stacks: what a reviewer waits for."""

import os
import statistics
import sys
import time
from collections.abc import Sequence

from bench.commands import run
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
    run("mlops render", command, variables=variables, folder=paths.checkout())
    return time.monotonic() - begun
