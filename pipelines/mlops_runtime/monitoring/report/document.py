"""`report.json`: everything that a window shows, typed and versioned."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import TypeAdapter, ValidationError

from mlops_runtime.monitoring.cost import Cost
from mlops_runtime.monitoring.drift.column import ColumnDrift
from mlops_runtime.monitoring.estimates import Estimate
from mlops_runtime.monitoring.findings import Finding, FindingState
from mlops_runtime.monitoring.groups import Groups
from mlops_runtime.monitoring.quality import CalibrationBin, Metric, Task
from mlops_runtime.monitoring.thresholds import Threshold
from mlops_runtime.monitoring.window import ModelVersion, MonitorState

REPORT_FILE_NAME: Final = "report.json"
PAGE_FILE_NAME: Final = "report.html"


class ReportError(ValueError):
    """A file is no report; the message names it and says why."""


@dataclass(frozen=True)
class Window:
    """The predictions that are looked at.

    Attributes:
        since: Its begin.
        until: Its end; not in it.
        rows: How many predicted rows of the model's version it has.
        requests: In how many requests.
        rows_of_others: How many predicted rows other versions have in it.
        latency_milliseconds: Quantiles of a request's time by name, such as `p99`; empty where payloads have none.
    """

    since: datetime
    until: datetime
    rows: int
    requests: int
    rows_of_others: int = 0
    latency_milliseconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def hours(self) -> float:
        """How long it is."""
        return (self.until - self.since).total_seconds() / 3600


@dataclass(frozen=True)
class Quality:
    """How good the answers are.

    Attributes:
        task: What the model does; None where its outputs do not tell.
        since: The begin of the predictions that were measured: the newest with labels.
        until: Their end.
        rows: How many of them have a label.
        unread: How many labels are none of the task's.
        deciding: The metric that the model is judged by; empty where none was measured.
        measured: By the metric's name.
        baseline: The same on held-out rows at training.
        calibration: What was answered beside what was true.
        estimate: What the quality probably is where labels are not there yet; None where the task is not known.
    """

    task: Task | None = None
    since: datetime | None = None
    until: datetime | None = None
    rows: int = 0
    unread: int = 0
    deciding: str = ""
    measured: Mapping[str, Metric] = field(default_factory=dict)
    baseline: Mapping[str, float] = field(default_factory=dict)
    calibration: tuple[CalibrationBin, ...] = ()
    estimate: Estimate | None = None


@dataclass(frozen=True)
class History:
    """What each period shows.

    Attributes:
        starts: The periods' begins.
        hours: How long each is.
        rows: How many predicted rows of the model's version each has.
        labels: How many of them have a label.
        measured: The deciding metric of a window that ends with each; None where too few rows have a label.
        estimated: Its estimate; None where there is none.
    """

    starts: tuple[datetime, ...]
    hours: float
    rows: tuple[int, ...]
    labels: tuple[int, ...] = ()
    measured: tuple[float | None, ...] = ()
    estimated: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class FindingRecord:
    """A finding as the report has it."""

    state: FindingState
    subject: str
    measure: str
    value: float
    rows: int
    threshold: Threshold
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that a window shows.

    Attributes:
        format: Of this document.
        written: When.
        model: Which version.
        state: Whether there was something to compare.
        window: Which predictions.
        features: Each feature of the baseline.
        outputs: Each output.
        unknown_features: What payloads have and the baseline has not.
        labels: How many labels are in which state, as they were joined.
        quality: How good the answers are.
        groups: Errors by group.
        cost: What predictions cost; None where no price is declared.
        history: The same day by day.
        findings: What was held against a threshold, the most pressing first.
    """

    format: Literal[1] = 1
    written: datetime
    model: ModelVersion
    state: MonitorState
    window: Window
    features: tuple[ColumnDrift, ...] = ()
    outputs: tuple[ColumnDrift, ...] = ()
    unknown_features: tuple[str, ...] = ()
    labels: Mapping[str, int] = field(default_factory=dict)
    quality: Quality = Quality()
    groups: tuple[Groups, ...] = ()
    cost: Cost | None = None
    history: History
    findings: tuple[FindingRecord, ...] = ()

    def count(self, state: FindingState) -> int:
        """Return how many findings are in a state."""
        return sum(finding.state is state for finding in self.findings)

    def to_json(self) -> str:
        """Return the text of `report.json`."""
        return _REPORT.dump_json(self).decode() + "\n"


_REPORT: Final = TypeAdapter(Report)


def record_of(finding: Finding) -> FindingRecord:
    """Return a finding as the report has it."""
    measured = finding.measured
    return FindingRecord(
        finding.state,
        measured.subject,
        measured.measure,
        measured.value,
        measured.rows,
        finding.threshold,
        finding.sentence(),
    )


def read_report(path: Path) -> Report:
    """Read a report.

    Raises:
        ReportError: There is none, or it is of another form.
    """
    try:
        return _REPORT.validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ReportError(f"{path}: got {error}, expected a report of format 1") from error
