"""The report's part about quality: measured where labels are, estimated where that can be done, by day and by group."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from mlops_runtime.monitoring.drift.periods import Periods
from mlops_runtime.monitoring.estimates import estimate, estimated, refusal
from mlops_runtime.monitoring.findings import Finding, Measured, judged
from mlops_runtime.monitoring.groups import CHANCE_STANDARD_ERRORS, Groups, groups_of
from mlops_runtime.monitoring.quality import (
    DECIDING,
    HIGHER_IS_BETTER,
    Answers,
    Metric,
    calibration,
    classification_answers,
    measured,
    regression_answers,
)
from mlops_runtime.monitoring.report.document import Quality
from mlops_runtime.monitoring.thresholds import Thresholds
from mlops_runtime.monitoring.window import INPUT, OUTPUT, columns_of

if TYPE_CHECKING:
    from mlops_runtime.monitoring.report.build import Watch


@dataclass(frozen=True)
class QualityView:
    """What is known of the quality, in the window and by period."""

    quality: Quality = field(default_factory=Quality)
    groups: tuple[Groups, ...] = ()
    labels_by_period: tuple[int, ...] = ()
    measured_by_period: tuple[float | None, ...] = ()
    estimated_by_period: tuple[float | None, ...] = ()
    baseline: Mapping[str, float] = field(default_factory=dict)


def quality_view(frame: pd.DataFrame, watch: "Watch", periods: Periods) -> QualityView:
    """Return what is known of the quality.

    Labels come late, so the newest predictions have none: what is measured are the newest that have, over as long a
    time as the window.
    """
    if watch.roles.task is None or not _has_outputs(frame, watch):
        return QualityView()
    every = _answers(frame, watch, with_labels=False)
    labelled = _answers(frame, watch, with_labels=True)
    since, until = _newest_labelled(frame, labelled, periods, watch.window_hours)
    times = pd.to_datetime(frame["time"], utc=True)
    of_window = labelled.where(((times >= since) & (times < until)).to_numpy()[labelled.index])
    metrics = measured(of_window)
    baseline = {} if watch.baseline is None else watch.baseline.quality
    deciding = next((name for name in DECIDING[labelled.task] if name in metrics or name in baseline), "")
    quality = Quality(
        task=labelled.task,
        since=since.to_pydatetime(),
        until=until.to_pydatetime(),
        rows=len(of_window),
        unread=labelled.unread,
        deciding=deciding,
        measured=metrics,
        baseline={name: each.value for name, each in baseline.items()},
        calibration=tuple(calibration(of_window)),
        estimate=estimate(every.where(periods.in_window[every.index]), of_window, baseline),
    )
    rows_min = watch.thresholds.of("quality_loss").rows_min
    can_estimate = not refusal(every, baseline)
    return QualityView(
        quality,
        groups=tuple(_groups(frame, watch, of_window)),
        labels_by_period=_by_period(labelled, periods, len),
        measured_by_period=_by_window(
            labelled, periods, lambda some: measured(some)[deciding].value if len(some) >= rows_min else None
        ),
        estimated_by_period=_by_window(
            every, periods, lambda some: estimated(some).get(deciding) if can_estimate and len(some) else None
        ),
    )


def quality_findings(view: QualityView, thresholds: Thresholds) -> Iterator[Finding]:
    """Hold the quality against the thresholds: against the held-out rows', against bounds of its own, and by group."""
    quality = view.quality
    found = quality.measured.get(quality.deciding)
    at_training = quality.baseline.get(quality.deciding)
    loss = thresholds.of("quality_loss")
    if found is not None and at_training:
        yield judged(_loss(quality.deciding, found, at_training, quality.rows), loss)
    if found is None or quality.rows < loss.rows_min:
        yield from _estimated_loss(quality, at_training, thresholds)
    if (error := quality.measured.get("calibration_error")) is not None:
        told = Measured("calibration", "calibration_error", error.value, quality.rows)
        yield judged(told, thresholds.of("calibration_error"))
    for name, threshold in thresholds.of_metric.items():
        if (metric := quality.measured.get(name)) is not None:
            yield judged(Measured(f"metric {name}", name, metric.value, quality.rows), threshold)
    for groups in view.groups:
        yield from _group_findings(groups, thresholds)


def _loss(name: str, found: Metric, at_training: float, rows: int) -> Measured:
    sign = -1 if name in HIGHER_IS_BETTER else 1
    value = sign * (found.value - at_training) / abs(at_training)
    chance = None if found.standard_error is None else CHANCE_STANDARD_ERRORS * found.standard_error / abs(at_training)
    unit = f" {found.unit}" if found.unit else ""
    side = "worse" if value > 0 else "better"
    told = f"{found.value:.4g}{unit}, {abs(value):.0%} {side} than {at_training:.4g} at training"
    return Measured(f"metric {name}", "quality_loss", value, rows, chance, told)


def _estimated_loss(quality: Quality, at_training: float | None, thresholds: Thresholds) -> Iterator[Finding]:
    estimates = {} if quality.estimate is None else quality.estimate.values
    if quality.estimate is not None and at_training and quality.deciding in estimates:
        metric = Metric(estimates[quality.deciding], None)
        found = _loss(quality.deciding, metric, at_training, quality.estimate.rows)
        subject = f"metric {quality.deciding} (estimated)"
        yield judged(
            Measured(subject, found.measure, found.value, found.rows, None, found.told), thresholds.of("quality_loss")
        )


def _group_findings(groups: Groups, thresholds: Thresholds) -> Iterator[Finding]:
    for each in groups.qualities:
        if each.ratio is not None:
            told = f"{each.metric} {each.error:.4g}, {each.ratio:.2f} times the rest's {each.error_of_rest:.4g}"
            subject = f"group {each.group}={each.value}"
            found = Measured(subject, "group_loss", each.ratio, each.rows, each.ratio_by_chance, told)
            yield judged(found, thresholds.of("group_loss"))


def _has_outputs(frame: pd.DataFrame, watch: "Watch") -> bool:
    roles = watch.roles
    return any(f"{OUTPUT}{name}" in frame for name in (roles.number, roles.label, roles.probabilities) if name)


def _answers(frame: pd.DataFrame, watch: "Watch", *, with_labels: bool) -> Answers:
    roles = watch.roles
    labels = frame["label"] if with_labels else None
    rows = np.arange(len(frame))
    if labels is not None:
        rows = np.flatnonzero(labels.notna().to_numpy())
        frame, labels = frame.iloc[rows], labels.iloc[rows]
    if roles.task == "regression":
        number = frame[f"{OUTPUT}{roles.number}"]
        found = regression_answers(number, number if labels is None else labels, roles.unit)
    else:
        given = {name: frame.get(f"{OUTPUT}{name}") for name in (roles.label, roles.probabilities) if name}
        found = classification_answers(given.get(roles.label), given.get(roles.probabilities), roles.classes, labels)
    # The places are those among the rows with a label; the frame's are wanted.
    return Answers(
        found.task,
        found.unit,
        rows[found.index],
        found.actual,
        found.predicted,
        found.probabilities,
        found.classes,
        found.unread,
    )


def _newest_labelled(
    frame: pd.DataFrame, labelled: Answers, periods: Periods, hours: float
) -> tuple[pd.Timestamp, pd.Timestamp]:
    times = pd.to_datetime(frame["time"], utc=True).iloc[labelled.index]
    times = times[times < periods.until]
    until = periods.until if times.empty else times.max().floor("ms") + pd.Timedelta(milliseconds=1)
    return until - pd.Timedelta(hours=hours), until


def _groups(frame: pd.DataFrame, watch: "Watch", answers: Answers) -> list[Groups]:
    columns = columns_of(frame, INPUT)
    named = [(name, _texts(columns[name])) for name in watch.groups if name in columns]
    return groups_of(answers, named, watch.thresholds.of("group_loss").rows_min)


def _texts(column: "pd.Series[Any]") -> npt.NDArray[Any]:
    return column.astype(object).map(str, na_action="ignore").fillna("missing").to_numpy(dtype=object)


def _by_period(answers: Answers, periods: Periods, value: Any) -> tuple[Any, ...]:
    inside = periods.is_of_history[answers.index]
    period = np.where(inside, periods.period[answers.index], -1)
    return tuple(value(answers.where(period == place)) for place in range(periods.count))


def _by_window(answers: Answers, periods: Periods, value: Any) -> tuple[float | None, ...]:
    """Return a value of the window that ends with each period; None while there is no whole one."""
    inside, period, trailing = periods.is_of_history[answers.index], periods.period[answers.index], periods.trailing
    return tuple(
        value(answers.where(inside & (period <= place) & (period > place - trailing)))
        if place >= trailing - 1
        else None
        for place in range(periods.count)
    )
