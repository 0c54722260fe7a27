"""Training the worked example on all its flights, in one process."""

import os
import resource
import sys
import tempfile
import time
from collections.abc import Sequence

from bench.commands import run
from bench.figures import Figure, Goal

_GRAPH = "flight_delay.graph:GRAPH"
_KIB_IN_MIB = 1024


def measure() -> Sequence[Figure]:
    """Runs every step once.

    Raises:
        NotMeasurableError: The run fails.
    """
    with tempfile.TemporaryDirectory(prefix="mlops-bench-") as workspace:
        begun = time.monotonic()
        run(
            "the pipeline failed",
            [sys.executable, "-m", "mlops_runtime", "run", "--graph", _GRAPH, "--workspace", workspace],
            variables={name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")},
        )
        seconds = time.monotonic() - begun
    # The largest child so far: this section runs in a process of its own.
    mebibytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / _KIB_IN_MIB
    return [
        Figure("all six steps, 336,776 flights", seconds, "s", Goal.AT_MOST, 90.0),
        Figure("largest resident memory", mebibytes, "MiB", Goal.AT_MOST, 2048.0),
    ]
