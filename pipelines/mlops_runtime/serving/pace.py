"""How long a model takes, by its latest answers."""

QUICK_SECONDS = 0.02
"""What may be done in the event loop: whoever else asks meanwhile waits as long."""
FADING = 0.9


class Pace:
    """The time for a row: the slowest lately, which counts a tenth less with each answer after it."""

    def __init__(self) -> None:
        self._row_seconds = 0.0

    def note(self, rows: int, seconds: float) -> None:
        """Take what an answer took."""
        self._row_seconds = max(seconds / rows, self._row_seconds * FADING)

    def is_quick(self, rows: int) -> bool:
        """Whether so many rows take no longer than others can wait."""
        return rows * self._row_seconds <= QUICK_SECONDS
