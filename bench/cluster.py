"""From nothing to a cluster that takes pods, with everything built before."""

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence

from bench.commands import run
from bench.errors import NotMeasurableError
from bench.figures import Figure, Goal
from sandbox.cluster import build, lifecycle

_RUNS = 3
_LONGEST_SECONDS = 300.0


def measure() -> Sequence[Figure]:
    """Starts a cluster in a folder of its own several times, and stops it again.

    A cluster that runs is stopped meanwhile, with all that is in it, and started again.

    Raises:
        NotMeasurableError: The cluster's programs are not built yet.
    """
    if build.built() is None:
        raise NotMeasurableError("the cluster's programs are not built: run `make up` first")
    with machine_to_itself(), tempfile.TemporaryDirectory(prefix="mlops-bench-") as state:
        seconds = [_start_and_stop(state) for _ in range(_RUNS)]
    return [
        Figure(
            "nothing → cluster ready, median", sorted(seconds)[_RUNS // 2], "s", Goal.AT_MOST, 20.0, f"{_RUNS} runs"
        ),
        Figure("nothing → cluster ready, slowest", max(seconds), "s"),
    ]


@contextlib.contextmanager
def machine_to_itself() -> Iterator[None]:
    """Stops the cluster that runs, with all that is in it, for as long as the block takes."""
    ran = any(program.pid for program in lifecycle.status())
    if ran:
        lifecycle.down(keep_data=True)
    try:
        yield
    finally:
        if ran:
            lifecycle.up()


def _start_and_stop(state: str) -> float:
    environment = {**os.environ, "MLOPS_SANDBOX_STATE": state}
    begun = time.monotonic()
    try:
        _sandbox(environment, "up", "--only", "cluster")
        return time.monotonic() - begun
    finally:
        _sandbox(environment, "down")


def _sandbox(environment: dict[str, str], *arguments: str) -> None:
    run(
        f"python -m sandbox {' '.join(arguments)}",
        [sys.executable, "-m", "sandbox", *arguments],
        variables=environment,
        timeout_seconds=_LONGEST_SECONDS,
    )
