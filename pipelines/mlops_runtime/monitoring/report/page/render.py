"""A report in, one HTML page out."""

from pathlib import Path

from mlops_runtime.monitoring.report.document import Report
from mlops_runtime.monitoring.report.page.drift import drift_panel
from mlops_runtime.monitoring.report.page.history import quality_panel, traffic_panel
from mlops_runtime.monitoring.report.page.quality import calibration_panel, estimate_panel, group_panels
from mlops_runtime.monitoring.report.page.text import escape, minute, number, span
from mlops_runtime.monitoring.report.page.verdict import header, tiles, verdict
from mlops_runtime.monitoring.thresholds import DEFAULTS, Threshold, Thresholds

STYLE = Path(__file__).with_name("style.css")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def page(report: Report, thresholds: Thresholds | None = None) -> str:
    """Return the page. It loads nothing, runs nothing, and is understood without its colours."""
    bounds = thresholds or Thresholds()
    title = f"{report.model.name} version {report.model.version}, {minute(report.window.until)}"
    body = "".join(
        (
            header(report),
            verdict(report),
            tiles(report),
            f'<div class="pair">{quality_panel(report)}{traffic_panel(report)}</div>',
            _drift_sections(report, bounds),
            _quality_sections(report),
            _footer(report, bounds),
        )
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE.read_text(encoding='utf-8')}</style></head>"
        f"<body><main>{body}</main></body></html>\n"
    )


def _drift_sections(report: Report, bounds: Thresholds) -> str:
    found = ""
    key = (
        '<div class="key"><span><i class="warning"></i>warning</span><span><i class="breached"></i>breached</span>'
        '<span><i class="block faint"></i>in training</span><span><i class="block"></i>now</span></div>'
    )
    if report.outputs:
        found += f"<h2>Predictions against training</h2>{key}{drift_panel(report, 'output', bounds)}"
    if report.features:
        found += f"<h2>Features against training</h2>{key}{drift_panel(report, 'feature', bounds)}"
    if report.unknown_features:
        names = ", ".join(map(escape, report.unknown_features[:20]))
        found += f'<p class="note">Payloads also have {names}, which the baseline does not know.</p>'
    return found


def _quality_sections(report: Report) -> str:
    panels = calibration_panel(report) + estimate_panel(report) + group_panels(report)
    if not panels:
        return ""
    quality = report.quality
    when = ""
    if quality.since is not None and quality.until is not None:
        when = (
            f'<p class="note">Of {number(quality.rows, 6)} predictions with labels, the newest:'
            f" {escape(minute(quality.since))} to {escape(minute(quality.until))} UTC.</p>"
        )
    return f'<h2>Answers against the truth</h2>{when}<div class="pair">{panels}</div>'


def _footer(report: Report, bounds: Thresholds) -> str:
    rows = "".join(
        f"<tr><td class='name'>{escape(measure.replace('_', ' '))}</td>"
        f"<td data-name='warning' class='value'>{_bound(of, of.warning)}</td>"
        f"<td data-name='breached' class='value'>{_bound(of, of.breached)}</td>"
        f"<td data-name='rows at least' class='value'>{of.rows_min:,}</td>"
        f"<td data-name='counted in'>{escape(of.unit)}</td>"
        f"<td data-name='source'><span>{escape(of.source)}</span></td></tr>"
        for measure in DEFAULTS
        if (of := bounds.of(measure))
    )
    return (
        "<h2>How it is judged</h2><section class='panel'><table><thead><tr><th>measure</th>"
        "<th class='value'>warning</th><th class='value'>breached</th><th class='value'>rows at least</th>"
        "<th>counted in</th><th>source</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></section>"
        "<footer><p>Index: population stability index over ten bins of the training rows. K–S: Kolmogorov–Smirnov, the"
        " greatest difference between two cumulative distributions. J–S: Jensen–Shannon distance, from 0 to 1. A value"
        " that chance alone reaches once in a thousand windows of as many rows is never an alarm.</p>"
        f"<p>Judged are the newest {escape(span(report.window.hours))}; a point of a picture is of as"
        " many up to that day. Times are UTC. Written {escape(minute(report.written))}"
        f"{f', <code>{escape(report.model.digest)}</code>' if report.model.digest else ''}.</p></footer>"
    )


def _bound(threshold: Threshold, bound: float | None) -> str:
    return escape(threshold.told(bound)) if bound is not None else "–"
