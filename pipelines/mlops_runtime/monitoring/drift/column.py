"""One column of a window held against its baseline: a state always, and scores where they mean something."""

from collections import Counter
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

import numpy as np
import pandas as pd

from mlops_runtime.monitoring.baseline import (
    CategoryBaseline,
    ColumnBaseline,
    NumberBaseline,
    ProbabilitiesBaseline,
    TextBaseline,
    VectorBaseline,
)
from mlops_runtime.monitoring.columns import (
    Column,
    category_column,
    class_columns,
    datetime_column,
    length_column,
    norm_column,
    number_column,
)
from mlops_runtime.monitoring.drift.bins import Bins, category_bins, number_bins
from mlops_runtime.monitoring.drift.measures import (
    Counts,
    Measure,
    chance_level,
    jensen_shannon_distance,
    kolmogorov_smirnov,
    population_stability_index,
)
from mlops_runtime.monitoring.drift.periods import Periods

CATEGORIES_NAMED: Final = 20


class ColumnState(StrEnum):
    """Whether a column's drift can be told, and else why not."""

    MEASURED = "measured"
    ABSENT = "absent"
    """No row has the column."""
    REDACTED = "redacted"
    """Its values were not kept."""
    ALL_MISSING = "all-missing"
    """No row of the window has a value."""
    BASELINE_ALL_MISSING = "baseline-all-missing"
    CONSTANT = "constant"
    """One value, the same in both: there is nothing that could be measured."""
    TOO_FEW_ROWS = "too-few-rows"
    NOT_COMPARED = "not-compared"
    """Its kind has no distribution that says anything, such as times, which go on by themselves."""


@dataclass(frozen=True)
class Score:
    """A measure of drift, and what it reaches by chance once in a thousand windows of as many rows."""

    value: float
    chance: float


@dataclass(frozen=True)
class Ratios:
    """Shares of rows; None where a column's kind has none."""

    missing: float
    wrong_type: float
    out_of_range: float | None = None
    unseen_category: float | None = None
    infinite: float | None = None


@dataclass(frozen=True)
class Shares:
    """How rows are spread over the bins."""

    labels: tuple[str, ...] = ()
    baseline: tuple[float, ...] = ()
    window: tuple[float, ...] = ()


@dataclass(frozen=True)
class ColumnDrift:
    """What a window shows of one column.

    Attributes:
        name: The column's.
        kind: Its baseline's.
        unit: Of its numbers.
        state: Whether it was measured.
        rows: How many rows have a value.
        scores: By measure; empty unless measured.
        ratios: Shares of all rows of the window; None where no row has the column.
        baseline_missing: The baseline's share of missing values.
        shares: Baseline and window, bin by bin.
        new: Categories that the baseline does not have, the commonest first.
        vanished: Categories that the baseline has and the window has not, though it should have several.
        history: The population stability index of a window that ends with each period; None where it has too few rows.
    """

    name: str
    kind: str
    state: ColumnState
    unit: str = ""
    rows: int = 0
    scores: dict[Measure, Score] = field(default_factory=dict)
    ratios: Ratios | None = None
    baseline_missing: float = 0.0
    shares: Shares = Shares()
    new: tuple[tuple[str, int], ...] = ()
    vanished: tuple[str, ...] = ()
    history: tuple[float | None, ...] = ()


def drift_of(
    name: str, baseline: ColumnBaseline, column: "pd.Series[Any] | None", periods: Periods, rows_min: int
) -> list[ColumnDrift]:
    """Return what a window shows of one column, or of each class of an output of probabilities.

    Args:
        name: The column's.
        baseline: What it is held against.
        column: All rows' values, the history's too; None where no row has it.
        periods: Which rows are the window's, and which period each belongs to.
        rows_min: How many rows a score takes at least.
    """
    if isinstance(baseline, ProbabilitiesBaseline):
        classes = {} if column is None else class_columns(column, tuple(baseline.classes))
        return [
            each
            for label, of_class in baseline.classes.items()
            for each in drift_of(f"{name}.{label}", of_class, classes.get(label), periods, rows_min)
        ]
    of = _comparison(baseline)
    if column is None:
        return [_blank(name, baseline, ColumnState.ABSENT)]
    return [_compared(name, baseline, of, _read(baseline, column), periods, rows_min)]


def _comparison(baseline: ColumnBaseline) -> NumberBaseline | CategoryBaseline | None:
    """Return the distribution that is compared: a text's is that of its length, a vector's that of its norm."""
    if isinstance(baseline, TextBaseline):
        return baseline.characters
    if isinstance(baseline, VectorBaseline):
        return baseline.norm
    return baseline if isinstance(baseline, NumberBaseline | CategoryBaseline) else None


def _read(baseline: ColumnBaseline, column: "pd.Series[Any]") -> Column:
    readers = {
        "number": number_column,
        "category": category_column,
        "text": length_column,
        "vector": norm_column,
        "datetime": datetime_column,
    }
    return readers[baseline.kind](column)


def _blank(name: str, baseline: ColumnBaseline, state: ColumnState) -> ColumnDrift:
    unit = getattr(_comparison(baseline), "unit", "")
    return ColumnDrift(name, baseline.kind, state, unit=unit, baseline_missing=baseline.missing_ratio)


def _compared(
    name: str,
    baseline: ColumnBaseline,
    of: NumberBaseline | CategoryBaseline | None,
    column: Column,
    periods: Periods,
    rows_min: int,
) -> ColumnDrift:
    in_window = column.is_known & periods.in_window
    known = column.values[in_window]
    state = _state(of, column, known, periods, rows_min)
    bins = None if of is None or not of.known else _bins(of)
    drift = ColumnDrift(
        name=name,
        kind=baseline.kind,
        state=state,
        unit=getattr(of, "unit", ""),
        rows=len(known),
        ratios=_ratios(of, column, known, periods),
        baseline_missing=baseline.missing_ratio,
    )
    if bins is not None and len(known):
        counts = bins.counts(bins.place(known))
        drift = replace(drift, shares=_shares(bins, counts))
        if state is ColumnState.MEASURED:
            drift = replace(drift, scores=_scores(of, bins, counts, known))
        if isinstance(of, CategoryBaseline):
            seen = Counter(known.tolist())
            drift = replace(drift, new=_new(of, seen), vanished=_vanished(of, seen))
    if bins is not None and state not in (ColumnState.CONSTANT, ColumnState.REDACTED):
        drift = replace(drift, history=_history(bins, column, periods, rows_min))
    return drift


def _state(
    of: NumberBaseline | CategoryBaseline | None, column: Column, known: Any, periods: Periods, rows_min: int
) -> ColumnState:
    window = periods.in_window
    is_constant = of is not None and of.is_constant
    states = (
        (ColumnState.REDACTED, bool(window.any() and column.is_redacted[window].all())),
        (ColumnState.NOT_COMPARED, of is None),
        (ColumnState.BASELINE_ALL_MISSING, of is not None and not of.known),
        (ColumnState.ALL_MISSING, periods.rows >= rows_min and bool(column.is_missing[window].all())),
        (ColumnState.TOO_FEW_ROWS, len(known) < rows_min),
        (ColumnState.CONSTANT, is_constant and _all_as(of, known)),
    )
    return next((state for state, applies in states if applies), ColumnState.MEASURED)


def _all_as(of: NumberBaseline | CategoryBaseline | None, known: Any) -> bool:
    """Whether all values of a window are the one that a constant baseline has."""
    if of is None or not of.known:
        return False
    value = of.minimum if isinstance(of, NumberBaseline) else next(name for name, count in of.counts.items() if count)
    return bool((known == value).all())


def _bins(of: NumberBaseline | CategoryBaseline) -> Bins:
    return number_bins(of) if isinstance(of, NumberBaseline) else category_bins(of)


def _scores(of: NumberBaseline | CategoryBaseline | None, bins: Bins, counts: Any, known: Any) -> dict[Measure, Score]:
    expected_rows, actual_rows = int(bins.expected.sum()), len(known)
    found = {
        Measure.PSI: population_stability_index(bins.expected, counts),
        Measure.JS: jensen_shannon_distance(bins.expected, counts),
    }
    if isinstance(of, NumberBaseline) and of.quantiles is not None:
        found[Measure.KS] = kolmogorov_smirnov(of.quantiles, np.sort(known.astype(np.float64)))
    return {
        measure: Score(value, chance_level(measure, len(bins.labels), expected_rows, actual_rows))
        for measure, value in found.items()
    }


def _ratios(of: NumberBaseline | CategoryBaseline | None, column: Column, known: Any, periods: Periods) -> Ratios:
    rows = max(periods.rows, 1)
    window = periods.in_window

    def share(mask: Any) -> float:
        return float(mask[window].sum()) / rows

    missing, wrong_type = share(column.is_missing), share(column.is_wrong_type)
    if isinstance(of, NumberBaseline) and of.minimum is not None:
        outside = int(((known < of.minimum) | (known > of.maximum)).sum()) / rows
        infinite = share(column.is_infinite)
        return Ratios(missing, wrong_type, out_of_range=outside + infinite, infinite=infinite)
    if isinstance(of, CategoryBaseline) and not of.others:
        unseen = sum(value not in of.counts for value in known)
        return Ratios(missing, wrong_type, unseen_category=unseen / rows)
    return Ratios(missing, wrong_type)


def _shares(bins: Bins, counts: Any) -> Shares:
    return Shares(
        bins.labels,
        tuple((bins.expected / bins.expected.sum()).tolist()),
        tuple((counts / counts.sum()).tolist()),
    )


def _new(of: CategoryBaseline, seen: Counter[str]) -> tuple[tuple[str, int], ...]:
    if of.others:
        return ()  # The baseline does not list all that it has.
    found = [(name, count) for name, count in seen.items() if name not in of.counts]
    return tuple(sorted(found, key=lambda each: (-each[1], each[0]))[:CATEGORIES_NAMED])


def _vanished(of: CategoryBaseline, seen: Counter[str]) -> tuple[str, ...]:
    """Return the categories of which not one of a thousand windows of as many rows would lack a row."""
    rows, known = seen.total(), of.known
    expected = ((name, count / known) for name, count in of.counts.items() if name not in seen and count)
    return tuple(name for name, share in sorted(expected, key=lambda each: -each[1]) if (1 - share) ** rows < 0.001)[
        :CATEGORIES_NAMED
    ]


def _history(bins: Bins, column: Column, periods: Periods, rows_min: int) -> tuple[float | None, ...]:
    is_known = column.is_known & periods.is_of_history
    places = bins.place(column.values[is_known])
    cells = periods.period[is_known] * len(bins.labels) + places
    counts = np.bincount(cells, minlength=periods.count * len(bins.labels)).reshape(periods.count, -1)
    windows = trailing_sums(counts, periods.trailing)
    return tuple(
        population_stability_index(bins.expected, row)
        if place >= periods.trailing - 1 and row.sum() >= rows_min
        else None
        for place, row in enumerate(windows)
    )


def trailing_sums(counts: Counts, periods: int) -> Counts:
    """Return, for each period, the sum over as many periods up to it."""
    sums = np.cumsum(counts, axis=0)
    sums[periods:] = sums[periods:] - sums[:-periods].copy()
    return sums
