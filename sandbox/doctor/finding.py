"""What was found of one prerequisite of the sandbox."""

from dataclasses import dataclass
from enum import Enum


class State(str, Enum):
    """How a prerequisite stands."""

    FOUND = "found"
    NOTED = "noted"
    """Not there, but it is fetched or made, or there is another way."""
    MISSING = "missing"


@dataclass(frozen=True)
class Finding:
    """What was found of one prerequisite.

    Attributes:
        name: The prerequisite.
        state: How it stands.
        found: What is there instead, or which one.
        fix: The one command that mends it; empty when nothing is to be mended.
    """

    name: str
    state: State
    found: str
    fix: str = ""
