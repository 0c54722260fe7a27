"""Shows the steps of a run as it goes: a live table on a terminal, a line for each change elsewhere."""

from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from pulumi_mlops.cli.runs import Run, Status, Step

STYLES = {
    Status.WAITING: ("·", "dim"),
    Status.RUNNING: ("▶", "cyan"),
    Status.SUCCEEDED: ("✓", "green"),
    Status.SKIPPED: ("-", "dim"),
    Status.REJECTED: ("!", "yellow"),
    Status.FAILED: ("✗", "bold red"),
}


class RunView:
    """Shows one run. Use it as a context."""

    def __init__(
        self,
        title: str,
        *,
        to_standard_error: bool = False,
        console: Console | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Prepare the view.

        Args:
            title: What runs.
            to_standard_error: Whether to leave standard output to a JSON document.
            console: Where to show it. Defaults to the terminal.
            now: Returns the time, for the steps that still run.
        """
        self._title = title
        self._console = console or Console(stderr=to_standard_error, highlight=False, soft_wrap=True)
        self._now = now
        self._live = Live(console=self._console, refresh_per_second=4) if self._console.is_terminal else None
        self._last = Run("", Status.WAITING)

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
        if self._last.status.is_final:
            mark, style = STYLES[self._last.status]
            self._console.print(f"[{style}]{mark} {escape(ending(self._last))}[/]")

    def show(self, run: Run) -> None:
        """Show how the run stands. How it ended is shown at the end of the context."""
        if self._live is not None:
            self._live.update(self._table(run))
        else:
            for line in changes(self._last, run):
                self._console.print(escape(line))
        self._last = run

    def _table(self, run: Run) -> Table:
        table = Table(title=f"{self._title}: {run.name}", title_justify="left", box=None, show_header=False)
        for step in run.steps:
            mark, style = STYLES[step.status]
            seconds = elapsed_seconds(step, self._now())
            elapsed = "" if seconds is None else f"{seconds:.0f} s"
            table.add_row(f"[{style}]{mark}[/]", step.name, elapsed, escape(said(step)))
        waiting_for = run.stuck or (run.message if not run.status.is_final else "")
        if waiting_for or not run.steps:
            table.caption = escape(waiting_for or "waiting for a pod")
        return table


def changes(before: Run, now: Run) -> list[str]:
    """Return a line for everything that has changed between two states of a run."""
    lines = [f"run {now.name} started"] if before.name != now.name else []
    if now.stuck is not None and now.stuck != before.stuck:
        lines.append(f"waiting: {now.stuck}")
    elif now.message and now.message != before.message and not now.status.is_final:
        lines.append(f"waiting: {now.message}")
    known = {step.name: step.status for step in before.steps}
    for step in now.steps:
        if step.status is not known.get(step.name, Status.WAITING):
            seconds = elapsed_seconds(step, None)
            elapsed = "" if seconds is None else f" after {seconds:.0f} s"
            message = f": {said(step)}" if said(step) else ""
            lines.append(f"{step.name} {step.status.value}{elapsed}{message}")
    return lines


def said(step: Step) -> str:
    """Return what a step says of itself while its run goes on. Why it failed is told once, at the run's end."""
    return "" if step.status is Status.FAILED else step.message


def ending(run: Run) -> str:
    """Return the line that tells how a run ended."""
    if run.status is Status.SUCCEEDED and run.model_version is not None:
        return f"registered version {run.model_version}, digest {run.model_digest}"
    if run.status is Status.REJECTED:
        return f"rejected, nothing registered: {run.message}"
    return f"{run.status.value}: {run.message}" if run.message else str(run.status.value)


def elapsed_seconds(step: Step, now: datetime | None) -> float | None:
    """Return how long a step took, or has taken by now; None before it started or where that is unknown."""
    end = datetime.fromisoformat(step.finished_at) if step.finished_at else now
    if step.started_at is None or end is None:
        return None
    return max(0.0, (end - datetime.fromisoformat(step.started_at)).total_seconds())
