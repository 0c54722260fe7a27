"""Calibration and errors by group."""

from mlops_runtime.monitoring.groups import GroupQuality, Groups
from mlops_runtime.monitoring.report.document import Report
from mlops_runtime.monitoring.report.page.plot import HEIGHT, WIDTH, Scale, chart, scale_of
from mlops_runtime.monitoring.report.page.text import escape, measured, number, words
from mlops_runtime.monitoring.report.page.verdict import anchor, style_of

ROWS_SHOWN = 20


def calibration_panel(report: Report) -> str:
    """Return what was answered beside what was true; empty where nothing was measured."""
    bins = report.quality.calibration
    if len(bins) < 2:
        return ""
    unit = _unit(report)
    values = [value for each in bins for value in (each.predicted, each.actual)]
    scale = Scale(0.0, 1.0) if report.quality.task == "classification" else scale_of(values, from_zero=False)

    def x(value: float) -> float:
        return (value - scale.low) / (scale.high - scale.low) * WIDTH

    diagonal = f'<path class="level base" d="M0 {HEIGHT:g}L{WIDTH:g} 0"/>'
    dots = "".join(
        f'<path class="dots accent" d="M{x(each.predicted):.1f} {scale.y(each.actual):.2f}h0">'
        f"<title>answered {number(each.predicted)}, true {number(each.actual)}, {each.rows:,} rows</title>"
        "</path>"
        for each in bins
    )
    line = " L".join(f"{x(each.predicted):.1f} {scale.y(each.actual):.2f}" for each in bins)
    worst = max(bins, key=lambda each: abs(each.predicted - each.actual))
    told = (
        f"of ten groups of like answers, the farthest from the truth was answered {number(worst.predicted)}"
        f" and is {number(worst.actual)} {unit}"
    )
    drawn = f'{diagonal}<path class="line accent" d="M{line}"/>{dots}'
    middle = number((scale.low + scale.high) / 2)
    across = [
        number(scale.low),
        f"answered {unit}".strip() if unit else f"answered, {middle} in the middle",
        number(scale.high),
    ]
    return (
        f'<section class="panel" id="calibration"><h3>Calibration: what was true, by what was answered</h3>'
        '<div class="key"><span><i></i>ten groups of like answers</span>'
        '<span><i class="base"></i>as answered</span></div>'
        f"{chart(drawn, scale, told, across, f'true, {unit}' if unit else 'true share')}"
        f'<p class="note">{escape(told[0].upper() + told[1:])}.</p></section>'
    )


def estimate_panel(report: Report) -> str:
    """Return what was estimated, held against the truth; empty where no estimate was checked."""
    estimate = report.quality.estimate
    if estimate is None or not estimate.checks:
        return ""
    rows = "".join(
        f'<tr><td class="name">{escape(name.replace("_", " "))}</td><td class="value" data-name="estimated">'
        f'{number(check.estimated)}</td><td class="value" data-name="measured">{number(check.measured)}</td>'
        f'<td class="value" data-name="difference">{check.estimated - check.measured:+.3g}</td></tr>'
        for name, check in estimate.checks.items()
    )
    checked = next(iter(estimate.checks.values())).rows
    return (
        '<section class="panel"><h3>The estimate, held against the truth</h3><table><thead><tr><th>metric</th>'
        '<th class="value">estimated</th><th class="value">measured</th><th class="value">difference</th></tr></thead>'
        f'<tbody>{rows}</tbody></table><p class="note">On the same {checked:,} rows.</p></section>'
    )


def group_panels(report: Report) -> str:
    """Return errors by group, each beside the rest's."""
    return "".join(_group_panel(report, groups) for groups in report.groups if groups.qualities)


def _group_panel(report: Report, groups: Groups) -> str:
    unit = _unit(report)
    greatest = max(max(each.error, each.error_of_rest) for each in groups.qualities) or 1.0
    rows = "".join(_group_row(report, each, greatest, unit) for each in groups.qualities[:ROWS_SHOWN])
    metric = "mean absolute error" if groups.qualities[0].metric == "mae" else "share of wrong classes"
    hidden = max(len(groups.qualities) - ROWS_SHOWN, 0)
    notes = [f"The mark is the error of all other rows; {metric}{f' in {unit}' if unit else ''}."]
    notes += [f"{hidden} more groups are in report.json."] if hidden else []
    if groups.small:
        names = ", ".join(f"{name} ({rows})" for name, rows in groups.small[:6])
        notes.append(f"Too few rows to judge: {names}{' and others' if len(groups.small) > 6 else ''}.")
    return (
        f'<section class="panel"><h3>Error by {words(groups.group)}</h3><table><thead><tr><th>group</th><th>error</th>'
        f'<th class="value">error</th><th class="value">to the rest</th><th class="value">rows</th></tr></thead>'
        f'<tbody>{rows}</tbody></table><p class="note">{escape(" ".join(notes))}</p></section>'
    )


def _group_row(report: Report, each: GroupQuality, greatest: float, unit: str) -> str:
    subject = f"group {each.group}={each.value}"
    style = style_of(report, subject)
    badge = f' <span class="badge {style}">{style}</span>' if style else ""
    ratio = "" if each.ratio is None else f"<small>{each.ratio:.2f} times</small>"
    return (
        f'<tr id="{anchor(subject)}"><td class="name">{escape(each.value)}{badge}</td>'
        f'<td data-name=""><div class="hbar {style}"><i style="width:{100 * each.error / greatest:.1f}%"></i>'
        f'<u style="left:{100 * each.error_of_rest / greatest:.1f}%"></u></div></td>'
        f'<td class="value" data-name="error">{escape(measured(each.error, unit))}</td>'
        f'<td class="value" data-name="to the rest">{each.difference:+.3g}{ratio}</td>'
        f'<td class="value" data-name="rows">{each.rows:,}</td></tr>'
    )


def _unit(report: Report) -> str:
    return report.quality.measured["mae"].unit if "mae" in report.quality.measured else ""
