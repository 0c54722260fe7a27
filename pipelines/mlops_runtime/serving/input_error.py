"""What is wrong with a request, told so that the caller can mend it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

SHOWN_PROBLEMS = 20
COUNTED_PROBLEMS = 10_000
SHOWN_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class InputProblem:
    """One problem: the place in the request, the value got there (shortened) and what was expected."""

    place: str
    got: str
    expected: str

    def __str__(self) -> str:
        return f"{self.place}: got {self.got}, expected {self.expected}"


class InputError(ValueError):
    """A request that cannot be scored; holds its first problems, and says how many more there are.

    Attributes:
        problems: The first problems.
        more: How many more there are.
        rows: The numbers, from 0, of the rows that the counted problems are in.
    """

    def __init__(self, problems: Sequence[InputProblem], more: str = "", rows: Sequence[int] = ()) -> None:
        self.problems = tuple(problems)
        self.more = more
        self.rows = tuple(rows)
        super().__init__(problems, more)

    @classmethod
    def at(cls, place: str, value: object, expected: str) -> "InputError":
        """The error of a request with a single problem."""
        return cls((InputProblem(place, shown(value), expected),))

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems]
        if self.more:
            lines.append(f"and {self.more}")
        return "; ".join(lines)

    def to_document(self) -> dict[str, object]:
        """The body of an HTTP answer: one sentence, and the problems one by one."""
        return {
            "error": str(self),
            "problems": [
                {"place": problem.place, "got": problem.got, "expected": problem.expected} for problem in self.problems
            ],
        }


class ProblemList:
    """The problems of one request: the first ones in full, then how many more there are, up to where nobody counts.

    A request of 16 MiB may hold a hundred million. Neither what is kept of them nor the time that goes into finding
    them may grow with the request: whoever looks for problems stops once the list is full.
    """

    def __init__(self) -> None:
        self._first: list[InputProblem] = []
        self._count = 0
        self._rows: dict[int, None] = {}

    def __bool__(self) -> bool:
        return bool(self._count)

    @property
    def is_full(self) -> bool:
        """Whether to look no further."""
        return self._count >= COUNTED_PROBLEMS

    def add(self, word: Callable[[], InputProblem], row: int | None = None) -> None:
        """Adds a problem, of one row where it is; it is only worded where it will be shown."""
        self._count += 1
        if row is not None:
            self._rows[row] = None
        if self._count <= SHOWN_PROBLEMS:
            self._first.append(word())

    def raise_if_any(self) -> None:
        """Raises what was found.

        Raises:
            InputError: There is at least one problem.
        """
        if self._count:
            more = self._count - len(self._first)
            told = f"{'at least ' if self.is_full else ''}{more} more" if more else ""
            raise InputError(self._first, told, tuple(self._rows))


def shown(value: object) -> str:
    """A value as it may stand in a message: with its type where that helps, and not longer than a line."""
    if value is None:
        return "null"
    if isinstance(value, dict | list):
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    if isinstance(value, str):
        value = value[: SHOWN_CHARACTERS + 1]
    text = ("true" if value else "false") if isinstance(value, bool) else repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


def shortened(name: str) -> str:
    """A name that a caller chose, not longer than a line."""
    return name if len(name) <= SHOWN_CHARACTERS else f"{name[:SHOWN_CHARACTERS]}…"
