"""How far an object is from being what was asked for."""

from dataclasses import dataclass
from enum import Enum


class Readiness(Enum):
    """Where an object stands."""

    READY = "ready"
    WAITING = "waiting"
    FAILED = "failed"


@dataclass(frozen=True)
class Progress:
    """What a look at an object shows.

    Attributes:
        readiness: Where it stands.
        text: That in words, for the person who waits.
        errors: What is told when the wait ends without success.
        warnings: What is told as soon as it is seen, and in the end as well.
    """

    readiness: Readiness
    text: str = ""
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def is_ready(self) -> bool:
        """Whether there is nothing to wait for."""
        return self.readiness is Readiness.READY

    @property
    def reasons(self) -> tuple[str, ...]:
        """What is wrong, each thing once."""
        return tuple(dict.fromkeys((*self.errors, *self.warnings)))


READY = Progress(Readiness.READY)


def waiting(text: str, errors: tuple[str, ...] = (), warnings: tuple[str, ...] = ()) -> Progress:
    """Return the progress of an object that may still become ready."""
    return Progress(Readiness.WAITING, text, errors, warnings)


def failed(text: str, errors: tuple[str, ...] = (), warnings: tuple[str, ...] = ()) -> Progress:
    """Return the progress of an object that will not become ready by itself."""
    return Progress(Readiness.FAILED, text, errors, warnings)
