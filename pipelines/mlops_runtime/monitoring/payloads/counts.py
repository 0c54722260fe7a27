"""What became of the records: the metric `mlops_payloads_total`, by outcome."""

from enum import StrEnum
from threading import Lock


class Outcome(StrEnum):
    """What became of a row of a request."""

    WRITTEN = "written"
    SAMPLED_OUT = "sampled_out"
    DROPPED_QUEUE_FULL = "dropped_queue_full"
    DROPPED_TOO_LARGE = "dropped_too_large"
    FAILED = "failed"


METRIC = "mlops_payloads"
HELP = "Rows of answered requests, by what became of their payload records"


class Counts:
    """Counters without a metrics library: a server that has none tells them all the same."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counted = dict.fromkeys(Outcome, 0)

    def add(self, outcome: Outcome, rows: int) -> None:
        """Count rows."""
        with self._lock:
            self._counted[outcome] += rows

    def values(self) -> dict[Outcome, int]:
        """Return what has been counted."""
        with self._lock:
            return dict(self._counted)

    def exposition(self, model_name: str, model_version: str) -> str:
        """Return the counters in Prometheus' text format."""
        labels = f'model_name="{model_name}",model_version="{model_version}"'
        lines = [f"# HELP {METRIC}_total {HELP}", f"# TYPE {METRIC}_total counter"]
        lines += [f'{METRIC}_total{{{labels},outcome="{outcome}"}} {count}' for outcome, count in self.values().items()]
        return "\n".join(lines) + "\n"
