"""What is wrong with a request, told so that the caller can mend it."""

from collections.abc import Sequence
from dataclasses import dataclass

SHOWN_PROBLEMS = 20
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
    """A request that cannot be scored; holds every problem found in it."""

    def __init__(self, problems: Sequence[InputProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__(problems)

    @classmethod
    def at(cls, place: str, value: object, expected: str) -> "InputError":
        """The error of a request with a single problem."""
        return cls((InputProblem(place, shown(value), expected),))

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems[:SHOWN_PROBLEMS]]
        if len(self.problems) > SHOWN_PROBLEMS:
            lines.append(f"and {len(self.problems) - SHOWN_PROBLEMS} more")
        return "; ".join(lines)

    def to_document(self) -> dict[str, object]:
        """The body of an HTTP answer: one sentence, and the problems one by one."""
        return {
            "error": str(self),
            "problems": [
                {"place": problem.place, "got": problem.got, "expected": problem.expected}
                for problem in self.problems[:SHOWN_PROBLEMS]
            ],
        }


def shown(value: object) -> str:
    """A value as it may stand in a message: with its type where that helps, and not longer than a line."""
    if value is None:
        return "null"
    if isinstance(value, dict | list):
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    text = ("true" if value else "false") if isinstance(value, bool) else repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
