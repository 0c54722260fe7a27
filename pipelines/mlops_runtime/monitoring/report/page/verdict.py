"""What a reader must see first: what is breached, then the few numbers that tell the rest."""

from collections.abc import Sequence

from mlops_runtime.monitoring.findings import FindingState
from mlops_runtime.monitoring.report.document import FindingRecord, Report
from mlops_runtime.monitoring.report.page.text import escape, measured, minute, number, percent, span, words
from mlops_runtime.monitoring.window import MonitorState

STATES = {
    MonitorState.WAITING_FOR_BASELINE: (
        "No baseline yet",
        "The model's artifact has no baseline.json, so drift cannot be told. A version trained from now on brings one.",
    ),
    MonitorState.TOO_FEW_ROWS: (
        "Too few predictions",
        "The window has fewer predictions than a score of drift means anything for. A longer window has more.",
    ),
    MonitorState.BASELINE_OF_ANOTHER_VERSION: (
        "The baseline is another version's",
        "Every prediction in the window is by another version than the one whose baseline this is.",
    ),
}
LABELS = {
    FindingState.BREACHED: "breached",
    FindingState.WARNING: "warning",
    FindingState.NOT_ENOUGH_ROWS: "too few rows",
    FindingState.OK: "ok",
}
SHOWN = 12


def header(report: Report) -> str:
    """Return which model and which time the page is about."""
    window, model = report.window, report.model
    digest = f" · <code>{escape(model.digest[:19])}…</code>" if model.digest else ""
    return (
        f"<h1>{escape(model.name)}, version {escape(model.version)}</h1>"
        f'<p class="soft">{escape(minute(window.since))} to {escape(minute(window.until))} UTC'
        f" ({escape(span(window.hours))}){digest}</p>"
    )


def verdict(report: Report) -> str:
    """Return what is breached, in one panel; else what is lacking, or that nothing is."""
    breached = [each for each in report.findings if each.state is FindingState.BREACHED]
    warnings = [each for each in report.findings if each.state is FindingState.WARNING]
    others = [each for each in report.findings if each.state in (FindingState.NOT_ENOUGH_ROWS, FindingState.OK)]
    judged = [each for each in others if _is_judged(each)]
    style, title, note = _title(report, len(breached), len(warnings), judged)
    pressing = breached + warnings
    told = _list(pressing[:SHOWN])
    if len(pressing) > SHOWN:
        told += f"<details><summary>{len(pressing) - SHOWN} more</summary>{_list(pressing[SHOWN:])}</details>"
    if judged:
        told += (
            f"<details><summary>{len(judged)} more checks, none beyond its threshold</summary>{_list(judged)}</details>"
        )
    return f'<section class="panel verdict {style}"><strong>{escape(title)}</strong>{note}{told}</section>'


def tiles(report: Report) -> str:
    """Return the few numbers that tell the rest."""
    found = [
        *_quality_tiles(report),
        _traffic_tile(report),
        _labels_tile(report),
        _drift_tile(report),
        *_cost_tile(report),
    ]
    return f'<div class="tiles">{"".join(found)}</div>'


def tile(name: str, value: str, note: str, style: str = "") -> str:
    """Return one number with its name and what it is to be compared with."""
    return f'<div class="panel tile"><span>{escape(name)}</span><b class="{style}">{value}</b><span>{note}</span></div>'


def anchor(subject: str) -> str:
    """Return where on the page a subject stands."""
    return "".join(letter if letter.isalnum() else "-" for letter in subject)


def _title(report: Report, breached: int, warnings: int, judged: Sequence[FindingRecord]) -> tuple[str, str, str]:
    note = ""
    if report.state in STATES:
        title, words = STATES[report.state]
        note = f"<p>{escape(words)}</p>"
        if not breached and not warnings:
            return "quiet", title, note
        note = f"<p>{escape(title)}: {escape(words)}</p>"
    if breached:
        more = f", {warnings} warning{'s' if warnings > 1 else ''}" if warnings else ""
        return "breached", f"{breached} breached{more}", note
    if warnings:
        return "warning", f"{warnings} warning{'s' if warnings > 1 else ''}, nothing breached", note
    told = sum(each.state is FindingState.OK for each in judged)
    if not told:
        return "quiet", "Nothing could be judged", "<p>No measure has enough rows, or none has a threshold.</p>"
    return "ok", f"Nothing is breached: {told} checks are within their thresholds", note


def _is_judged(finding: FindingRecord) -> bool:
    return finding.threshold.warning is not None or finding.threshold.breached is not None


def _list(findings: Sequence[FindingRecord]) -> str:
    items = []
    for finding in findings:
        place, _, rest = finding.sentence.partition(": ")
        label = LABELS[finding.state]
        style = (
            finding.state.value
            if finding.state in (FindingState.BREACHED, FindingState.WARNING, FindingState.OK)
            else ""
        )
        items.append(
            f'<li><span class="badge {style}">{label}</span>'
            f'<span><a href="#{anchor(finding.subject)}">{words(place)}</a> · {escape(rest.removeprefix("got "))}'
            f" <span class='soft'>({number(finding.rows, 6)} rows)</span></span></li>"
        )
    return f'<ul class="findings">{"".join(items)}</ul>'


def style_of(report: Report, subject: str, measure: str | None = None) -> str:
    """Return how a subject stands, as a style: the worst of its findings, or of one measure alone."""
    states = {each.state for each in report.findings if each.subject == subject and measure in (None, each.measure)}
    return next((state.value for state in (FindingState.BREACHED, FindingState.WARNING) if state in states), "")


def _quality_tiles(report: Report) -> list[str]:
    quality = report.quality
    found = quality.measured.get(quality.deciding)
    name = quality.deciding.replace("_", " ")
    if found is not None:
        base = quality.baseline.get(quality.deciding)
        note = f"{number(quality.rows, 6)} rows with labels"
        note = f"at training {escape(measured(base, found.unit))}; {note}" if base is not None else note
        value = f"{escape(number(found.value))} <small>{escape(found.unit)}</small>"
        return [tile(f"{name}, measured", value, note, style_of(report, f"metric {quality.deciding}"))]
    estimate = quality.estimate
    if estimate is not None and quality.deciding in estimate.values:
        value = escape(number(estimate.values[quality.deciding]))
        return [tile(f"{name}, estimated", value, "from the model's probabilities; no labels yet")]
    reason = estimate.reason if estimate is not None else "the outputs tell no task"
    return [tile("quality", "not known", escape(reason))]


def _traffic_tile(report: Report) -> str:
    window = report.window
    note = f"in {number(window.requests, 6)} requests"
    if "p99" in window.latency_milliseconds:
        note += f", p99 {number(window.latency_milliseconds['p99'])} ms"
    if window.rows_of_others:
        note += f"; {number(window.rows_of_others, 6)} by other versions"
    return tile("predictions", number(window.rows, 6), note)


def _labels_tile(report: Report) -> str:
    joined, waiting = report.labels.get("joined", 0), report.labels.get("waiting", 0)
    share = joined / (joined + waiting) if joined + waiting else None
    rest = [f"{number(count, 6)} {name}" for name, count in report.labels.items() if count and name != "joined"]
    return tile(
        "predictions with labels", percent(share), escape(", ".join(rest) or "none is late, double or orphaned")
    )


def _drift_tile(report: Report) -> str:
    moved = [each for each in report.features if style_of(report, f"feature {each.name}", "psi") == "breached"]
    style = "breached" if moved else ""
    judged = sum(bool(each.scores) for each in report.features)
    return tile(
        "features that moved", f"{len(moved)} <small>of {judged}</small>", "beyond the index's threshold", style
    )


def _cost_tile(report: Report) -> list[str]:
    if report.cost is None:
        return []
    cost = report.cost
    value = f"{number(cost.per_1000)} <small>{escape(cost.currency)}</small>"
    note = (
        f"per 1,000 predictions; {number(cost.total)} {escape(cost.currency)} in {escape(span(round(cost.hours, 1)))}"
    )
    return [tile("cost", value, note, style_of(report, "1,000 predictions"))]
