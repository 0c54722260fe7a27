"""What is wrong with a value, and how it is said: where, got, expected, fix."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Requirement:
    """What a value should have been, and what to do about it."""

    expected: str
    fix: str
    got: str | None = None
    """What to say of the value in its place, where it may hold a secret or says too little."""


Check = Callable[[Any], Requirement | None]
"""Returns what a value violates, or None if it is right."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one argument."""

    path: str
    got: str
    expected: str
    fix: str

    def __str__(self) -> str:
        return told(self.path, self.got, self.expected, self.fix)


def told(place: str, got: str, expected: str, fix: str) -> str:
    """Return the one text that every error has."""
    return f"{place}: got {got}, expected {expected}, fix: {fix}"
