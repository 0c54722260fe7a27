"""A run of a training pipeline as a list of runs shows it, whatever its target."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from pulumi_mlops.cli.runs import Status


class NoLogError(RuntimeError):
    """A run, or its log, is not there. The text says what there is."""


@dataclass(frozen=True)
class PastRun:
    """One run, whether it has ended or not. What is not known is empty.

    Attributes:
        run: What people call it.
        status: How it stands.
        started_at: When it started, RFC 3339.
        finished_at: When it ended, RFC 3339.
        message: Why it stands so, where that needs saying.
        metrics: What its steps measured.
        version: The version that it registered; None where it registered none.
        digest: The digest of that version.
        started_by: Who or what started it.
    """

    run: str
    status: Status
    started_at: str = ""
    finished_at: str = ""
    message: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    version: int | None = None
    digest: str = ""
    started_by: str = ""

    @property
    def seconds(self) -> float | None:
        """How long it took; None where that is not known, or has not ended."""
        if not self.started_at or not self.finished_at:
            return None
        return (datetime.fromisoformat(self.finished_at) - datetime.fromisoformat(self.started_at)).total_seconds()

    def to_document(self) -> dict[str, Any]:
        """Return the run as plain data, for `--json`."""
        return asdict(self) | {"seconds": self.seconds}


@dataclass(frozen=True)
class LogPiece:
    """A part of what a step has written.

    Attributes:
        step: The step.
        text: The part; it may end in the middle of a line.
    """

    step: str
    text: str


def no_run(pipeline: str, name: str | None, known: list[str]) -> NoLogError:
    """Return that a pipeline has no such run, and which it has."""
    if name is None:
        return NoLogError(f"{pipeline}: got no run, expected one, fix: start one with mlops train")
    listed = ", ".join(known[:10]) or "none at all"
    return NoLogError(f"{pipeline}: got the unknown run {name}, expected one of {listed}, fix: mlops runs shows them")


def no_step(run: str, step: str, known: list[str]) -> NoLogError:
    """Return that a run has no such step, and which it has."""
    return NoLogError(
        f"run {run}: got the unknown step {step}, expected one of {', '.join(known) or 'none'}, fix: name one of these"
    )
