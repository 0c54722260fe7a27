"""Each feature and output: its drift day by day with the thresholds drawn in, and how its values are spread now."""

from collections.abc import Sequence

from mlops_runtime.monitoring.drift.column import ColumnDrift, ColumnState
from mlops_runtime.monitoring.drift.measures import Measure
from mlops_runtime.monitoring.report.document import Report
from mlops_runtime.monitoring.report.page.history import days
from mlops_runtime.monitoring.report.page.plot import Level, Line, bars, level, path, scale_of, svg
from mlops_runtime.monitoring.report.page.text import day, escape, number, percent, words
from mlops_runtime.monitoring.report.page.verdict import anchor, style_of
from mlops_runtime.monitoring.thresholds import Threshold, Thresholds

PICTURES_MAX = 150
"""A picture takes some three kilobytes: so many keep the page far below two megabytes."""
STATES = {
    ColumnState.ABSENT: "not in the payloads",
    ColumnState.REDACTED: "redacted",
    ColumnState.ALL_MISSING: "all missing",
    ColumnState.BASELINE_ALL_MISSING: "all missing in training",
    ColumnState.CONSTANT: "constant",
    ColumnState.TOO_FEW_ROWS: "too few rows",
    ColumnState.NOT_COMPARED: "not compared",
}


def drift_panel(report: Report, noun: str, thresholds: Thresholds) -> str:
    """Return a table of the features or of the outputs, those that moved most first.

    Args:
        report: What the window shows.
        noun: `feature` or `output`.
        thresholds: The bounds that are drawn in.
    """
    columns = report.features if noun == "feature" else report.outputs
    if not columns:
        return ""
    ordered = sorted(columns, key=lambda each: (-_index(each), each.name))
    rows = "".join(
        _row(report, noun, each, thresholds.of("psi", each.name), pictures=place < PICTURES_MAX)
        for place, each in enumerate(ordered)
    )
    ends = days(report)
    when = f"{ends[0]} to {ends[-1]}" if len(ends) > 1 else ""
    return (
        f'<section class="panel"><table><thead><tr><th>{noun}</th><th>index, {escape(when)}</th>'
        '<th class="value">index now</th><th class="value">K–S</th><th class="value">J–S</th>'
        "<th>training and now</th><th>missing, strange</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></section>"
    )


def _index(column: ColumnDrift) -> float:
    score = column.scores.get(Measure.PSI)
    return score.value if score else -1.0


def _row(report: Report, noun: str, column: ColumnDrift, threshold: Threshold, *, pictures: bool) -> str:
    subject = f"{noun} {column.name}"
    style = style_of(report, subject, "psi")
    score = column.scores.get(Measure.PSI)
    now = f'<span class="badge {style}">{number(score.value)}</span>' if score else STATES.get(column.state, "")
    kind = f"{column.kind}, {column.unit}" if column.unit else column.kind
    spark = _spark(report, column, threshold, style) if pictures else ""
    return (
        f'<tr id="{anchor(subject)}"><td class="name">{words(column.name)}<small>{escape(kind)}</small></td>'
        f'<td class="spark" data-name="index by day">{spark}</td><td class="value" data-name="index now">{now}</td>'
        f'<td class="value" data-name="Kolmogorov–Smirnov">{_score(column, Measure.KS)}</td>'
        f'<td class="value" data-name="Jensen–Shannon">{_score(column, Measure.JS)}</td>'
        f'<td class="shares" data-name="training (grey) and now">{_shares(column) if pictures else ""}</td>'
        f'<td data-name="missing, strange" class="small-only"><span>{_strange(report, noun, column)}</span></td></tr>'
    )


def _score(column: ColumnDrift, measure: Measure) -> str:
    score = column.scores.get(measure)
    return number(score.value, 2) if score else "–"


def _spark(report: Report, column: ColumnDrift, threshold: Threshold, style: str) -> str:
    known = [value for value in column.history if value is not None]
    if not known:
        return ""
    levels = [
        Level(bound, name, f"{name} at {bound:g}")
        for name, bound in (("warning", threshold.warning), ("breached", threshold.breached))
        if bound is not None
    ]
    # A feature that is nowhere near its thresholds is not to look as if it were.
    scale = scale_of([*known, *(each.value * 1.2 for each in levels)])
    worst = max(range(len(column.history)), key=lambda place: column.history[place] or 0.0)
    told = (
        f"population stability index of {column.name} by day, {number(known[-1])} on the last,"
        f" at most {number(column.history[worst])} on {day(report.history.starts[worst])}"
    )
    drawn = "".join(level(each, scale) for each in levels) + path(
        Line(column.history, style or "accent", "index"), scale
    )
    return svg(f"<title>{escape(told)}</title>{drawn}", told, "small")


def _shares(column: ColumnDrift) -> str:
    shares = column.shares
    if not shares.window:
        return ""
    scale = scale_of([*shares.baseline, *shares.window])
    names = [
        f"{label}: {percent(before)} in training, {percent(now)} now"
        for label, before, now in zip(shares.labels, shares.baseline, shares.window, strict=True)
    ]
    drawn = bars(shares.baseline, scale, "bar faint", names, inset=0.05) + bars(
        shares.window, scale, "bar", names, inset=0.3
    )
    return svg(drawn, f"how {column.name} is spread over {len(names)} bins, in training and now")


def _strange(report: Report, noun: str, column: ColumnDrift) -> str:
    if column.ratios is None:
        return "–"
    ratios = column.ratios
    found: list[tuple[str, float, str]] = []
    if ratios.missing or column.baseline_missing:
        found.append(("missing", ratios.missing, f"missing (training {percent(column.baseline_missing)})"))
    named = (
        ("wrong_type", ratios.wrong_type, "of a wrong type"),
        ("out_of_range", ratios.out_of_range, "out of range"),
        ("unseen_category", ratios.unseen_category, f"unseen{_names([name for name, _ in column.new])}"),
    )
    found += [(measure, ratio, told) for measure, ratio, told in named if ratio]
    lines = [_told(style_of(report, f"{noun} {column.name}", measure), ratio, told) for measure, ratio, told in found]
    if column.vanished:
        lines.append(f"<small>vanished{escape(_names(column.vanished))}</small>")
    return "".join(lines) or "<small>nothing</small>"


def _told(style: str, ratio: float, told: str) -> str:
    value = percent(ratio)
    return f'<small>{f"""<span class="badge {style}">{value}</span>""" if style else value} {escape(told)}</small>'


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(name[:24] for name in names[:3])
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f": {shown}{more}" if names else ""
