"""What each day shows: quality with its thresholds, and traffic with its labels."""

from mlops_runtime.monitoring.quality import HIGHER_IS_BETTER
from mlops_runtime.monitoring.report.document import Report
from mlops_runtime.monitoring.report.page.plot import Level, Line, bars, chart, level, path, scale_of
from mlops_runtime.monitoring.report.page.text import day, escape, number, span
from mlops_runtime.monitoring.thresholds import DEFAULTS, Threshold

DAYS_NAMED = 5


def days(report: Report) -> list[str]:
    """Return the days that stand below a picture."""
    starts = report.history.starts
    if len(starts) <= DAYS_NAMED:
        return [day(start) for start in starts]
    step = (len(starts) - 1) / (DAYS_NAMED - 1)
    return [day(starts[round(place * step)]) for place in range(DAYS_NAMED)]


def quality_panel(report: Report, loss: Threshold | None = None) -> str:
    """Return the deciding metric day by day; empty where no day has one."""
    history, quality = report.history, report.quality
    known = [value for value in (*history.measured, *history.estimated) if value is not None]
    if not known:
        return ""
    unit = quality.measured[quality.deciding].unit if quality.deciding in quality.measured else ""
    levels = _levels(report, loss or _loss_threshold(report))
    scale = scale_of([*known, *(each.value for each in levels)], from_zero=False)
    drawn = "".join(level(each, scale) for each in levels)
    lines = [Line(history.measured, "accent", "measured")]
    if any(value is not None for value in history.estimated):
        lines.insert(0, Line(history.estimated, "guess", "estimated"))
    drawn += "".join(path(line, scale) for line in lines)
    keys = [("", "measured")] if any(value is not None for value in history.measured) else []
    keys += [("guess", "estimated, before labels")] if len(lines) > 1 else []
    keys += [(each.style, f"{each.name} {number(each.value)}") for each in levels]
    key = "".join(f'<span><i class="{style}"></i>{escape(name)}</span>' for style, name in keys)
    name = quality.deciding.replace("_", " ")
    told = f"{name} day by day, from {number(min(known))} to {number(max(known))} {unit}"
    return (
        f'<section class="panel" id="metric-{quality.deciding}"><h3>{escape(name)}{windows(report)}</h3>'
        f'<div class="key">{key}</div>{chart(drawn, scale, told, days(report), unit)}</section>'
    )


def windows(report: Report) -> str:
    """Return what a point of a picture is of."""
    return f", {span(report.window.hours)} up to each day"


def traffic_panel(report: Report) -> str:
    """Return the predictions of each day, and how many of them have a label."""
    history = report.history
    if not any(history.rows):
        return '<section class="panel"><h3>Predictions, day by day</h3><p class="soft">There are none.</p></section>'
    labels = history.labels or tuple(0 for _ in history.rows)
    names = [
        f"{day(start)}: {rows:,} predictions, {labelled:,} with labels"
        for start, rows, labelled in zip(history.starts, history.rows, labels, strict=True)
    ]
    scale = scale_of([float(rows) for rows in history.rows])
    drawn = bars(history.rows, scale, "bar faint", names) + bars(labels, scale, "bar labels", names)
    key = '<span><i class="block labels"></i>with a label</span><span><i class="block faint"></i>without</span>'
    told = f"predictions day by day, {max(history.rows):,} at most"
    return (
        f'<section class="panel"><h3>Predictions, day by day</h3><div class="key">{key}</div>'
        f"{chart(drawn, scale, told, days(report), 'rows')}</section>"
    )


def _loss_threshold(report: Report) -> Threshold:
    found = (each.threshold for each in report.findings if each.measure == "quality_loss")
    return next(found, DEFAULTS["quality_loss"])


def _levels(report: Report, loss: Threshold) -> list[Level]:
    """Return the metric at training, and where its thresholds are."""
    quality = report.quality
    base = quality.baseline.get(quality.deciding)
    found = []
    if base is not None:
        found.append(Level(base, "base", "at training"))
        sign = -1 if quality.deciding in HIGHER_IS_BETTER else 1
        for style, bound in (("warning", loss.warning), ("breached", loss.breached)):
            if bound is not None:
                found.append(Level(base + sign * bound * abs(base), style, f"{style} at"))
    for finding in report.findings:
        if finding.measure == quality.deciding:
            for style, bound in (("warning", finding.threshold.warning), ("breached", finding.threshold.breached)):
                if bound is not None:
                    found.append(Level(bound, style, f"{style} at"))
    return found
