"""How findings are told: to a terminal, a log, a program."""

from dataclasses import asdict

from rich.table import Table
from rich.text import Text

from sandbox.doctor.finding import Finding, State

_MARKS = {State.FOUND: ("✓", "green"), State.NOTED: ("·", "yellow"), State.MISSING: ("✗", "red")}


def table(findings: list[Finding]) -> Table:
    """Lays findings out for a terminal."""
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("", "needed", "found", "mend it with"):
        drawn.add_column(heading, overflow="fold")
    for finding in findings:
        drawn.add_row(Text(*_MARKS[finding.state]), Text(finding.name), Text(finding.found), Text(finding.fix))
    return drawn


def plain(findings: list[Finding]) -> str:
    """Lays findings out for a log: one line for each, wide as it may be."""
    width = max(len(finding.name) for finding in findings)
    lines = [
        f"{_MARKS[finding.state][0]} {finding.name:<{width}}  {finding.found}"
        + (f"  -> {finding.fix}" if finding.fix else "")
        for finding in findings
    ]
    return "\n".join(lines)


def document(findings: list[Finding]) -> list[dict[str, str]]:
    """Return the findings for programs: plain JSON values."""
    return [asdict(finding) for finding in findings]
