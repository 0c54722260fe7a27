"""Measures held against their thresholds: what a reader must know first. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mlops_runtime.monitoring.drift.column import ColumnDrift
from mlops_runtime.monitoring.thresholds import Threshold, Thresholds


class FindingState(StrEnum):
    """How a measure stands to its threshold."""

    OK = "ok"
    WARNING = "warning"
    BREACHED = "breached"
    NOT_ENOUGH_ROWS = "not-enough-rows"
    """Fewer than the threshold takes, or so few that chance alone reaches the value."""


WORDS: Final = {
    "psi": "a population stability index of",
    "ks": "a Kolmogorov–Smirnov difference of",
    "js": "a Jensen–Shannon distance of",
    "missing": "more rows without a value than in training, by",
    "wrong_type": "rows with a value of a wrong type,",
    "out_of_range": "rows beyond training's least and greatest,",
    "unseen_category": "rows with a category that training had not,",
    "calibration_error": "probabilities that are off by",
}
ORDER: Final = (FindingState.BREACHED, FindingState.WARNING, FindingState.NOT_ENOUGH_ROWS, FindingState.OK)
"""The most pressing first."""
KINDS: Final = ("metric", "calibration", "group", "output", "feature")
"""Among them, what concerns those who take the answers before what may be its cause."""


@dataclass(frozen=True)
class Measured:
    """A value of a measure.

    Attributes:
        subject: What was measured: `feature carrier`, `output delay`, `metric mae`, `group origin=EWR`.
        measure: By its name among the thresholds.
        value: The value.
        rows: How many rows it is made of.
        chance: What chance alone reaches once in a thousand windows; None where it is not known.
        told: The value in words, where its number alone is not plain.
    """

    subject: str
    measure: str
    value: float
    rows: int
    chance: float | None = None
    told: str = ""


@dataclass(frozen=True)
class Finding:
    """A measure, its threshold, and how the one stands to the other."""

    measured: Measured
    threshold: Threshold
    state: FindingState

    def sentence(self) -> str:
        """Return it as `place: got …, expected …`."""
        measured, threshold = self.measured, self.threshold
        bound = threshold.breached if self.state is FindingState.BREACHED else threshold.warning
        bound = threshold.breached if bound is None else bound
        got = measured.told or f"{WORDS.get(measured.measure, measured.measure)} {threshold.told(measured.value)}"
        if self.state is FindingState.NOT_ENOUGH_ROWS:
            if measured.rows < threshold.rows_min:
                return f"{measured.subject}: got {measured.rows} rows, expected at least {threshold.rows_min}"
            return f"{measured.subject}: got {got} of {measured.rows} rows, which chance alone can reach"
        side = "at most" if threshold.direction == "above" else "at least"
        limit = "" if bound is None else f", expected {side} {threshold.told(bound)}"
        return f"{measured.subject}: got {got}{limit}"


def judged(measured: Measured, threshold: Threshold) -> Finding:
    """Hold a value against its threshold."""
    return Finding(measured, threshold, _state(measured, threshold))


def most_pressing_first(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings in the order in which they are to be read."""

    def excess(finding: Finding) -> float:
        bound = finding.threshold.breached or finding.threshold.warning
        return finding.measured.value / bound if bound else finding.measured.value

    def kind(finding: Finding) -> int:
        noun = finding.measured.subject.partition(" ")[0]
        return KINDS.index(noun) if noun in KINDS else 0

    return sorted(
        findings, key=lambda each: (ORDER.index(each.state), kind(each), -excess(each), each.measured.subject)
    )


def drift_findings(columns: Sequence[ColumnDrift], noun: str, thresholds: Thresholds, rows: int) -> Iterator[Finding]:
    """Hold what a window shows of its columns against the thresholds.

    Args:
        columns: The features or the outputs.
        noun: `feature` or `output`.
        thresholds: The bounds.
        rows: How many rows the window has.
    """
    for column in columns:
        subject = f"{noun} {column.name}"
        for measure, score in column.scores.items():
            threshold = thresholds.of(measure, column.name)
            yield judged(Measured(subject, measure, score.value, column.rows, score.chance), threshold)
        for ratio, value in _ratios(column).items():
            yield judged(Measured(subject, ratio, value, rows), thresholds.of(ratio, column.name))


def _state(measured: Measured, threshold: Threshold) -> FindingState:
    if measured.rows < threshold.rows_min:
        return FindingState.NOT_ENOUGH_ROWS
    for state, bound in ((FindingState.BREACHED, threshold.breached), (FindingState.WARNING, threshold.warning)):
        if threshold.exceeds(measured.value, bound):
            by_chance = measured.chance is not None and measured.value <= measured.chance
            return FindingState.NOT_ENOUGH_ROWS if by_chance else state
    return FindingState.OK


def _ratios(column: ColumnDrift) -> dict[str, float]:
    if column.ratios is None:
        return {}
    found = {
        "missing": column.ratios.missing - column.baseline_missing,
        "wrong_type": column.ratios.wrong_type,
        "out_of_range": column.ratios.out_of_range,
        "unseen_category": column.ratios.unseen_category,
    }
    return {measure: value for measure, value in found.items() if value is not None}
