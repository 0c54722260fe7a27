"""Rows as the join of predictions and labels gives them, made for tests."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mlops_runtime.monitoring.drift.column import ColumnDrift, drift_of
from mlops_runtime.monitoring.drift.periods import Periods, periods_of
from mlops_runtime.monitoring.summaries import feature_baseline

DIGEST = "sha256:" + "a" * 64
END = pd.Timestamp("2026-03-08T00:00:00Z")


def column(values: Sequence[Any] | np.ndarray, name: str = "x") -> "pd.Series[Any]":
    """Return a column as a payload's values make it."""
    return pd.Series(list(values), name=name)


def all_rows(rows: int) -> Periods:
    """Return periods of which the window has every row."""
    times = pd.Series([END - pd.Timedelta(hours=1)] * rows)
    return periods_of(times, END, window_hours=24, history_days=1)


def drift(training: Any, now: Any, rows_min: int = 1, feature: Any = None) -> ColumnDrift:
    """Return what a window of all rows shows of one column."""
    baseline = feature_baseline(column(training), feature)
    values = None if now is None else column(now)
    (found,) = drift_of("x", baseline, values, all_rows(0 if now is None else len(now)), rows_min)
    return found


def joined(
    inputs: Mapping[str, Sequence[Any]],
    outputs: Mapping[str, Sequence[Any]],
    labels: Sequence[Any] | None = None,
    *,
    days: float = 1.0,
    version: str = "1",
    digest: str | None = DIGEST,
) -> pd.DataFrame:
    """Return predictions, evenly over the days before `END`."""
    rows = len(next(iter(outputs.values())))
    times = END - pd.to_timedelta(np.linspace(days, 1 / 24, rows), unit="D")
    columns: dict[str, Any] = {
        "prediction_id": [f"p{row // 2}" for row in range(rows)],
        "row": [row % 2 for row in range(rows)],
        "time": times,
        "version": version,
        "digest": digest,
        "key": None,
    }
    columns |= {f"input.{name}": pd.Series(list(values)) for name, values in inputs.items()}
    columns |= {f"output.{name}": pd.Series(list(values)) for name, values in outputs.items()}
    columns["label"] = pd.Series([None] * rows if labels is None else list(labels))
    return pd.DataFrame(columns)
