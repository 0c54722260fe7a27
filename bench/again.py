"""`make up` once more, with nothing to do, and the preview after it."""

import json
import os
import sys
import time
from collections.abc import Sequence

from bench.commands import run
from bench.errors import NotMeasurableError
from bench.figures import Figure, Goal
from quickstart.personal_stack import STACK
from sandbox import environment, paths
from sandbox.cluster import lifecycle


def measure() -> Sequence[Figure]:
    """Runs what `make up` runs, on a sandbox that is up.

    Raises:
        NotMeasurableError: The sandbox is not up, or a command fails.
    """
    if not lifecycle.is_ready():
        raise NotMeasurableError("the sandbox is not up: run `make up` first")
    begun = time.monotonic()
    for command in (("sandbox", "up"), ("quickstart", "kubernetes")):
        _run([sys.executable, "-m", *command])
    seconds = time.monotonic() - begun
    preview = json.loads(_run(["pulumi", "preview", "--stack", STACK, "--json", "--non-interactive"]))
    changes = sum(count for name, count in preview["changeSummary"].items() if name != "same")
    return [
        Figure("make up, nothing to do", seconds, "s", Goal.AT_MOST, 20.0, "with the closing prediction"),
        Figure("changes in the preview after it", changes, "", Goal.AT_MOST, 0.0),
    ]


def _run(command: list[str]) -> str:
    variables = environment.merged(os.environ)
    return run(" ".join(command[-3:]), command, variables=variables, folder=paths.checkout()).stdout
