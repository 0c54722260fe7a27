"""How far an object is from being what was asked for."""

from dataclasses import dataclass
from enum import Enum


class Readiness(Enum):
    """Where an object stands."""

    READY = "ready"
    WAITING = "waiting"
    FAILED = "failed"


@dataclass(frozen=True)
class Problem:
    """Something that keeps an object from becoming ready.

    Attributes:
        text: What, with the pod's own reason and the end of its log where there is one.
        key: Tells the problem from others, the same from look to look.
        patience_seconds: After how long it is taken as final; None when only the timeout ends the wait.
    """

    text: str
    key: str
    patience_seconds: float | None = None


@dataclass(frozen=True)
class Progress:
    """What a look at an object shows.

    Attributes:
        readiness: Where it stands.
        text: That in words.
        problems: What keeps it from going on.
        judged_at: When the cluster found that it failed, where the cluster dates that and may take it back. Such a
            verdict that was there before a wait began says nothing about it.
    """

    readiness: Readiness
    text: str = ""
    problems: tuple[Problem, ...] = ()
    judged_at: str = ""

    @property
    def is_ready(self) -> bool:
        """Whether there is nothing to wait for."""
        return self.readiness is Readiness.READY


READY = Progress(Readiness.READY)


def waiting(text: str, problems: tuple[Problem, ...] = ()) -> Progress:
    """Returns the progress of an object that may still become ready."""
    return Progress(Readiness.WAITING, text, problems)


def failed(text: str, problems: tuple[Problem, ...] = (), judged_at: str = "") -> Progress:
    """Returns the progress of an object that will not become ready by itself."""
    return Progress(Readiness.FAILED, text, problems, judged_at)
