"""Steps with a name and a running time, on a terminal or in a log.

`with step("compile the node") as current: current.detail("k8s.io/api")`: on a terminal the line is alive,
without one a step is a single line when it ends, and a sign of life every half minute.
"""

import contextlib
import sys
import threading
import time
from collections.abc import Iterator

from rich.console import Console
from rich.status import Status
from rich.text import Text

_SIGN_OF_LIFE_SECONDS = 30.0
_REFRESH_SECONDS = 0.2

console = Console(stderr=True, highlight=False, soft_wrap=True)
"""Where progress goes."""

output = Console(highlight=False)
"""Where results go."""


class Step:
    """A piece of work under way."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.started = time.monotonic()
        self._detail = ""
        self._spoke = self.started
        self._note = ""

    @property
    def elapsed_seconds(self) -> float:
        """Seconds since the step began."""
        return time.monotonic() - self.started

    def detail(self, text: str) -> None:
        """Says what is being done just now; it is shown while the step runs and then forgotten."""
        self._detail = text
        if not console.is_terminal and time.monotonic() - self._spoke > _SIGN_OF_LIFE_SECONDS:
            self._spoke = time.monotonic()
            console.print(f"  {self.name}: {text} ({self.elapsed_seconds:.0f} s)", markup=False)

    def note(self, text: str) -> None:
        """Says how the step ended; it is printed beside the name."""
        self._note = text

    def line(self) -> str:
        """Return the step as it is shown while it runs."""
        detail = f"  {self._detail}" if self._detail else ""
        return f"{self.name}  {self.elapsed_seconds:.0f} s{detail}"

    def result(self) -> str:
        """Return the step as it is shown when it has ended."""
        note = f": {self._note}" if self._note else ""
        return f"{self.name}{note}  {self.elapsed_seconds:.1f} s"


class _Display:
    """The steps under way, the innermost last; one line of the terminal shows that one."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._status: Status | None = None

    def begin(self, name: str) -> Step:
        current = Step(name)
        self._steps.append(current)
        if console.is_terminal and self._status is None:
            self._status = console.status("")
            self._status.start()
            threading.Thread(target=self._refresh, args=(self._status,), daemon=True).start()
        return current

    def end(self, current: Step, mark: str, style: str) -> None:
        self._steps.remove(current)
        if not self._steps and self._status is not None:
            self._status.stop()
            self._status = None
        console.print(Text.assemble((f"{mark} ", style), current.result()))

    def _refresh(self, status: Status) -> None:
        while self._status is status:
            if self._steps:
                width = max(console.width - 4, 20)
                status.update(Text(self._steps[-1].line()[:width]))
            time.sleep(_REFRESH_SECONDS)


_display = _Display()


@contextlib.contextmanager
def step(name: str) -> Iterator[Step]:
    """Show a piece of work while the block runs, and how long it took at its end.

    Args:
        name: What is done, in the imperative: "compile the engine".

    Yields:
        The step, to tell details to.
    """
    current = _display.begin(name)
    try:
        yield current
    except BaseException:
        _display.end(current, "✗", "red")
        raise
    _display.end(current, "✓", "green")


def say(text: str) -> None:
    """Print a line beside the steps."""
    console.print(text, markup=False)


def is_terminal() -> bool:
    """Whether a person is looking on."""
    return console.is_terminal and sys.stderr.isatty()
