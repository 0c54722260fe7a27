"""A first `make up` of a fresh clone, with every cache empty: uv's, the compiler's, the sandbox's."""

import os
import re
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from bench.cluster import machine_to_itself
from bench.commands import run
from bench.figures import Figure, Goal
from sandbox import paths

_GOAL_SECONDS = 720.0
_LONGEST_SECONDS = 5400.0
_TOLD_FROM_SECONDS = 5.0
_ENDED = re.compile(r"^✓ (?P<name>.+?)(?:: .*)?  (?P<seconds>\d+\.\d) s$")


def measure() -> Sequence[Figure]:
    """Clones what is committed, brings everything up there, and removes all of it again.

    Raises:
        NotMeasurableError: A command fails.
    """
    with machine_to_itself(), tempfile.TemporaryDirectory(prefix="mlops-first-") as temporary:
        folder = Path(temporary)
        _run(["git", "clone", "--quiet", str(paths.checkout()), str(folder / "clone")], folder, os.environ)
        environment = {
            **os.environ,
            "UV_CACHE_DIR": str(folder / "uv"),
            "MLOPS_SANDBOX_CACHE": str(folder / "cache"),
            "MLOPS_SANDBOX_STATE": str(folder / "state"),
        }
        begun = time.monotonic()
        try:
            told = _run(["make", "up"], folder / "clone", environment)
            seconds = time.monotonic() - begun
        finally:
            _run(["make", "down", "PURGE=1"], folder / "clone", environment)
    whole = Figure("make up, every cache empty", seconds, "s", Goal.AT_MOST, _GOAL_SECONDS, "goal: two quiet cores")
    return [whole, *steps(told.splitlines())]


def steps(lines: Iterable[str]) -> list[Figure]:
    """Reads the steps that took their time from what the sandbox told; some run beside others."""
    ended = [match for line in lines if (match := _ENDED.match(line)) is not None]
    return [
        Figure(match["name"], float(match["seconds"]), "s")
        for match in ended
        if float(match["seconds"]) >= _TOLD_FROM_SECONDS
    ]


def _run(command: list[str], folder: Path, environment: Mapping[str, str]) -> str:
    told = run(" ".join(command), command, variables=environment, folder=folder, timeout_seconds=_LONGEST_SECONDS)
    return told.stderr
