"""What the commands' tables share: plain columns, as wide as they need to be, and the forms of cells."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table

# Where no terminal sets a width, lines are as long as they need to be.
FILE_WIDTH = 240
_METRICS_SHOWN = 3


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows below headings. The last column may be folded."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in headings[:-1]:
        table.add_column(heading, no_wrap=True)
    table.add_column(headings[-1], overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row))
    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = FILE_WIDTH
    console.print(table)


def shown_moment(moment: str) -> str:
    """Write a point in time for people, where they are; a dash where it is not known."""
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M") if moment else "-"


def shown_seconds(seconds: float | None) -> str:
    """Write how long something took."""
    if seconds is None:
        return "-"
    whole = round(seconds)
    return f"{whole} s" if whole < 120 else f"{whole // 60} min {whole % 60} s"


def shown_digest(digest: str) -> str:
    """Write the beginning of a digest."""
    return digest.removeprefix("sha256:")[:12] or "-"


def shown_number(value: float) -> str:
    """Write a measured number, in as many digits as tell two of them apart."""
    return f"{value:.6g}" if math.isfinite(value) else str(value)


def shown_metrics(metrics: Mapping[str, float], first: str | None = None) -> str:
    """Write a few metrics in one cell, the gate's first.

    Args:
        metrics: What was measured.
        first: The name of the one that matters most.
    """
    names = sorted(metrics, key=lambda name: (name != first, name))[:_METRICS_SHOWN]
    more = ", …" if len(metrics) > len(names) else ""
    return ", ".join(f"{name} {shown_number(metrics[name])}" for name in names) + more or "-"
