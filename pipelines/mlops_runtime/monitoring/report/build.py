"""A window's rows and a baseline in, a report out. Reads nothing and writes nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from mlops_runtime.monitoring.baseline import Baseline
from mlops_runtime.monitoring.cost import Cost, Price, cost_of
from mlops_runtime.monitoring.drift.column import ColumnDrift, drift_of
from mlops_runtime.monitoring.drift.periods import Periods, periods_of
from mlops_runtime.monitoring.findings import Finding, Measured, drift_findings, judged, most_pressing_first
from mlops_runtime.monitoring.report.document import History, Report, Window, record_of
from mlops_runtime.monitoring.report.quality import QualityView, quality_findings, quality_view
from mlops_runtime.monitoring.roles import Roles
from mlops_runtime.monitoring.thresholds import Thresholds
from mlops_runtime.monitoring.window import INPUT, OUTPUT, ModelVersion, columns_of, rows_of_version, state_of


@dataclass(frozen=True, kw_only=True)
class Watch:
    """What is looked at.

    Attributes:
        model: The version that the baseline belongs to.
        baseline: What it was trained on; None where nobody knows.
        roles: Which output is what.
        thresholds: The bounds.
        window_hours: How much of the newest traffic is judged.
        history_days: How far back the pictures go.
        period_hours: How long each of their points is.
        groups: The inputs by whose values errors are told apart.
        price: What serving costs, where it is declared.
        sampled_ratio: The share of predictions that is kept as payloads.
    """

    model: ModelVersion
    baseline: Baseline | None
    roles: Roles = field(default_factory=Roles)
    thresholds: Thresholds = field(default_factory=Thresholds)
    window_hours: float = 24.0
    history_days: float = 28.0
    period_hours: float = 24.0
    groups: tuple[str, ...] = ()
    price: Price | None = None
    sampled_ratio: float = 1.0


def report_of(
    frame: pd.DataFrame,
    watch: Watch,
    *,
    labels: Mapping[str, int] | None = None,
    until: datetime | None = None,
    now: datetime | None = None,
) -> Report:
    """Return what a window shows.

    Args:
        frame: Predictions joined to their labels, a row each; see `joining.joined`.
        watch: What is looked at.
        labels: How many labels are in which state, as the join counted them.
        until: The window's end. Defaults to just after the newest prediction.
        now: When the report is written. Defaults to the clock.
    """
    end = _end(frame, until)
    is_of_version = rows_of_version(frame, watch.model).to_numpy(dtype=bool)
    everything = periods_of(frame["time"], end, watch.window_hours, watch.history_days, watch.period_hours)
    of_others = int((everything.in_window & ~is_of_version).sum())
    frame = frame.loc[is_of_version].reset_index(drop=True)
    periods = periods_of(frame["time"], end, watch.window_hours, watch.history_days, watch.period_hours)
    state = state_of(watch.baseline, periods.rows, of_others, watch.thresholds.rows_min())
    features, outputs = _drifts(frame, watch, periods)
    quality = quality_view(frame, watch, periods)
    cost = _cost(frame, watch, periods)
    findings = [
        *drift_findings(features, "feature", watch.thresholds, periods.rows),
        *drift_findings(outputs, "output", watch.thresholds, periods.rows),
        *quality_findings(quality, watch.thresholds),
        *_cost_findings(cost, watch.thresholds),
    ]
    return Report(
        written=now or datetime.now(UTC),
        model=watch.model,
        state=state,
        window=_window(frame, periods, of_others),
        features=features,
        outputs=outputs,
        unknown_features=_unknown(frame, watch.baseline),
        labels=dict(labels or {}),
        quality=quality.quality,
        groups=tuple(quality.groups),
        cost=cost,
        history=_history(periods, quality),
        findings=tuple(map(record_of, most_pressing_first(findings))),
    )


def _end(frame: pd.DataFrame, until: datetime | None) -> pd.Timestamp:
    if until is not None:
        return pd.Timestamp(until).tz_convert("UTC")
    if frame.empty:
        return pd.Timestamp.now(tz="UTC")
    return pd.to_datetime(frame["time"], utc=True).max().floor("ms") + pd.Timedelta(milliseconds=1)


def _drifts(
    frame: pd.DataFrame, watch: Watch, periods: Periods
) -> tuple[tuple[ColumnDrift, ...], tuple[ColumnDrift, ...]]:
    if watch.baseline is None:
        return (), ()
    return (
        _drifts_of(watch.baseline.features, columns_of(frame, INPUT), watch, periods),
        _drifts_of(watch.baseline.outputs, columns_of(frame, OUTPUT), watch, periods),
    )


def _drifts_of(
    baselines: Mapping[str, Any], columns: Mapping[str, "pd.Series[Any]"], watch: Watch, periods: Periods
) -> tuple[ColumnDrift, ...]:
    return tuple(
        drift
        for name, baseline in baselines.items()
        for drift in drift_of(name, baseline, columns.get(name), periods, watch.thresholds.of("psi", name).rows_min)
    )


def _window(frame: pd.DataFrame, periods: Periods, of_others: int) -> Window:
    inside = frame.loc[periods.in_window]
    requests = inside.drop_duplicates("prediction_id")
    latency: dict[str, float] = {}
    if "latency_milliseconds" in requests and requests["latency_milliseconds"].notna().any():
        times = requests["latency_milliseconds"].dropna()
        latency = {"p50": float(times.quantile(0.5)), "p99": float(times.quantile(0.99))}
    return Window(
        periods.since.to_pydatetime(), periods.until.to_pydatetime(), periods.rows, len(requests), of_others, latency
    )


def _unknown(frame: pd.DataFrame, baseline: Baseline | None) -> tuple[str, ...]:
    return () if baseline is None else tuple(sorted(set(columns_of(frame, INPUT)) - set(baseline.features)))


def _cost(frame: pd.DataFrame, watch: Watch, periods: Periods) -> Cost | None:
    if not periods.rows:
        return None
    first = pd.to_datetime(frame.loc[periods.in_window, "time"], utc=True).min()
    # An endpoint that began within the window was not paid before it.
    hours = (periods.until - max(first.floor("h"), periods.since)).total_seconds() / 3600
    return cost_of(watch.price, periods.rows, hours, watch.sampled_ratio)


def _cost_findings(cost: Cost | None, thresholds: Thresholds) -> Iterator[Finding]:
    if cost is not None:
        told = f"{cost.per_1000:.4g} {cost.currency}"
        yield judged(Measured("1,000 predictions", "cost", cost.per_1000, 1, told=told), thresholds.of("cost"))


def _history(periods: Periods, quality: QualityView) -> History:
    return History(
        starts=tuple(start.to_pydatetime() for start in periods.starts),
        hours=periods.hours,
        rows=periods.rows_by_period(),
        labels=quality.labels_by_period,
        measured=quality.measured_by_period,
        estimated=quality.estimated_by_period,
    )
