"""The runs that alerts have started, as they are kept: one JSON text, bounded, that a person can read."""

import json
from collections.abc import Sequence
from typing import Final

from mlops_runtime.errors import PipelineError
from mlops_runtime.retraining.guards import Outcome, Run

KEPT: Final = 200
"""More runs than any window has; older ones are dropped."""


class HistoryError(PipelineError):
    """What was kept cannot be read. Nothing is started then: no guard would know what has been."""


def read(text: str | None) -> list[Run]:
    """Read what was kept, the oldest first; nothing where nothing was.

    Raises:
        HistoryError: It is not what `write` writes.
    """
    if not text:
        return []
    try:
        return [
            Run(str(one["name"]), float(one["started"]), Outcome(one["outcome"]), str(one.get("because", "")))
            for one in json.loads(text)
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise HistoryError(
            f"the history of retraining: got {text[:200]!r}, expected the JSON that the receiver keeps, fix: correct"
            " the ConfigMap, or empty it with mlops retraining reset"
        ) from error


def write(runs: Sequence[Run]) -> str:
    """Return the text to keep."""
    kept = sorted(runs, key=lambda run: run.started)[-KEPT:]
    return json.dumps(
        [
            {"name": run.name, "started": run.started, "outcome": run.outcome.value, "because": run.because}
            for run in kept
        ]
    )
