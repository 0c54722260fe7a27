"""The newest report as Prometheus metrics. A value that means nothing is left out, and never 0."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

STATES: Final = ("ok", "waiting-for-baseline", "too-few-rows", "baseline-of-another-version")
MODEL: Final = ("model", "version")
RATIOS: Final = {
    "missing": ("mlops_missing_ratio", "Share of the window's rows without a value."),
    "out_of_range": ("mlops_out_of_range_ratio", "Share of rows beyond training's least and greatest, or infinite."),
    "wrong_type": ("mlops_wrong_type_ratio", "Share of rows with a value of another type."),
    "unseen_category": ("mlops_unseen_category_ratio", "Share of rows with a category that training had not."),
}

Sample = tuple[tuple[str, ...], float]


class ReportCollector(Collector):
    """Metrics of the newest report in a folder.

    Attributes:
        failures: How often a report could not be made.
        last_success: When one was made last, in seconds since 1970; None for never.
    """

    def __init__(self, report: Path, model: str, version: str) -> None:
        self._report = report
        self._labels = (model, version)
        self.failures = 0
        self.last_success: float | None = None

    def collect(self) -> Iterator[Metric]:
        """Yield every metric that there is something to say of."""
        counter = CounterMetricFamily("mlops_monitor_failures", "Reports that could not be made.", labels=MODEL)
        counter.add_metric(self._labels, self.failures)
        yield counter
        if self.last_success is not None:
            help_text = "When a report was made last, in seconds since 1970."
            yield self._gauge("mlops_monitor_last_success_timestamp_seconds", help_text, (), [((), self.last_success)])
        document = self._read()
        if document is not None:
            yield from self._metrics(document)

    def _read(self) -> Mapping[str, Any] | None:
        try:
            document: Mapping[str, Any] = json.loads(self._report.read_bytes())
        except (OSError, ValueError):
            return None  # There is none yet.
        return document

    def _metrics(self, report: Mapping[str, Any]) -> Iterator[Metric]:
        states = [((state,), float(state == report["state"])) for state in STATES]
        yield self._gauge("mlops_monitor_state", "1 for how the monitor stands.", ("state",), states)
        rows = [((), float(report["window"]["rows"]))]
        yield self._gauge("mlops_window_rows", "Predicted rows of the version in the window.", (), rows)
        labels = [((state,), float(count)) for state, count in report["labels"].items()]
        yield self._gauge("mlops_labels", "Labels and rows by what became of them.", ("state",), labels)
        for name, help_text, label, columns in (
            ("mlops_drift_score", "How far a feature is from training.", "feature", report["features"]),
            ("mlops_prediction_drift_score", "How far an output is from training.", "output", report["outputs"]),
        ):
            scores = [
                ((column["name"], measure), score["value"])
                for column in columns
                for measure, score in column["scores"].items()
            ]
            yield self._gauge(name, help_text, (label, "measure"), scores)
        yield from self._ratios(report["features"])
        yield from self._qualities(report)
        findings: dict[tuple[str, ...], float] = {}
        for finding in report["findings"]:
            key = (finding["measure"], finding["state"])
            findings[key] = findings.get(key, 0) + 1
        yield self._gauge(
            "mlops_findings",
            "Measures by how they stand to their threshold.",
            ("measure", "state"),
            [*findings.items()],
        )
        if (cost := report["cost"]) is not None:
            help_text = "What 1,000 predictions cost."
            yield self._gauge(
                "mlops_cost_per_1000_predictions", help_text, ("currency",), [((cost["currency"],), cost["per_1000"])]
            )

    def _ratios(self, columns: Sequence[Mapping[str, Any]]) -> Iterator[Metric]:
        for ratio, (name, help_text) in RATIOS.items():
            samples = [
                ((column["name"],), column["ratios"][ratio])
                for column in columns
                if column["ratios"] is not None and column["ratios"][ratio] is not None
            ]
            yield self._gauge(name, help_text, ("feature",), samples)

    def _qualities(self, report: Mapping[str, Any]) -> Iterator[Metric]:
        quality = report["quality"]
        samples = [((name, "measured"), metric["value"]) for name, metric in quality["measured"].items()]
        estimate = quality["estimate"] or {"values": {}}
        samples += [((name, "estimated"), value) for name, value in estimate["values"].items()]
        yield self._gauge("mlops_quality", "How good the answers are.", ("metric", "kind"), samples)
        at_training = [((name,), value) for name, value in quality["baseline"].items()]
        yield self._gauge("mlops_baseline_quality", "The same on held-out rows at training.", ("metric",), at_training)
        groups = [
            ((each["group"], each["value"], each["metric"]), each["error"])
            for group in report["groups"]
            for each in group["qualities"]
        ]
        yield self._gauge("mlops_group_quality", "A group's error.", ("group", "value", "metric"), groups)

    def _gauge(self, name: str, help_text: str, labels: tuple[str, ...], samples: Sequence[Sample]) -> Metric:
        gauge = GaugeMetricFamily(name, help_text, labels=(*MODEL, *labels))
        for values, value in samples:
            gauge.add_metric((*self._labels, *values), value)
        return gauge
