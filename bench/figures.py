"""A measured figure beside its goal, as a table and as JSON."""

import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table


class Goal(str, Enum):
    """Which side of the target is the good one."""

    AT_MOST = "≤"
    AT_LEAST = "≥"


@dataclass(frozen=True)
class Figure:
    """One measured value.

    Attributes:
        name: What was measured.
        value: The value, in `unit`.
        unit: Spelled as in a table: "s", "MiB", "×", "requests/s".
        goal: Which side of `target` is good. Defaults to none: the figure is only told.
        target: The value to reach, in `unit`.
        note: What a reader must know to believe the figure.
    """

    name: str
    value: float
    unit: str
    goal: Goal | None = None
    target: float | None = None
    note: str = ""

    @property
    def is_reached(self) -> bool | None:
        """Whether the target is reached; None where there is none."""
        if self.goal is None or self.target is None:
            return None
        return self.value <= self.target if self.goal is Goal.AT_MOST else self.value >= self.target


def table(title: str, figures: Sequence[Figure]) -> Table:
    """Lays figures out for a terminal."""
    laid = Table(title=title, title_justify="left")
    laid.add_column("figure")
    laid.add_column("value", justify="right")
    laid.add_column("goal", justify="right")
    laid.add_column("reached")
    laid.add_column("note")
    for figure in figures:
        goal = (
            f"{figure.goal.value} {figure.target:g} {figure.unit}" if figure.goal and figure.target is not None else ""
        )
        reached = {True: "yes", False: "no", None: ""}[figure.is_reached]
        laid.add_row(figure.name, f"{figure.value:,.2f} {figure.unit}", goal, reached, figure.note)
    return laid


def write(path: Path, sections: Mapping[str, Sequence[Figure]], failures: Mapping[str, str]) -> None:
    """Writes sections as JSON, each with when and on which machine it was measured.

    What the file holds of other sections stays in it. One that failed keeps its old figures, and says that they are.

    Args:
        path: The file.
        sections: The figures measured, by section.
        failures: Why a section has none, by section.
    """
    kept: dict[str, dict[str, Any]] = json.loads(path.read_text())["sections"] if path.is_file() else {}
    stamp = {"measured": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "machine": _machine()}
    for name, figures in sections.items():
        kept[name] = {
            **stamp,
            "figures": [asdict(figure) | {"is_reached": figure.is_reached} for figure in figures],
        }
    for name, reason in failures.items():
        kept[name] = {"figures": [], **kept.get(name, {}), "failed": {**stamp, "reason": reason}}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"sections": kept}, indent=2, ensure_ascii=False) + "\n")


def show(sections: Mapping[str, Sequence[Figure]], failures: Mapping[str, str]) -> None:
    """Prints one table for each section, and what failed."""
    console = Console()
    for name, figures in sections.items():
        console.print(table(name, figures))
    for name, reason in failures.items():
        console.print(f"{name}: not measured: {reason}", markup=False)


def _machine() -> dict[str, Any]:
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processors": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
    }
