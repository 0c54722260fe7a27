"""What a run measured, beside the gate's bound and what the serving version measured of the same."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pulumi_mlops.cli.registered_version import RegisteredVersion
from pulumi_mlops.cli.tables import shown_number
from pulumi_mlops.cli.workload_status import Known


class Bound(Protocol):
    """A gate: one metric and its bound, of a stack file or of the runtime."""

    @property
    def metric(self) -> str:
        """The metric's name."""

    @property
    def max(self) -> float | None:
        """The bound where less is better."""

    @property
    def min(self) -> float | None:
        """The bound where more is better."""


@dataclass(frozen=True)
class Scores:
    """The numbers that a run ends with.

    Attributes:
        metrics: What its steps measured.
        gate: The bound; None where there is none.
        champion: The version that is pinned, with its metrics; nothing where none is.
    """

    metrics: Mapping[str, float]
    gate: Bound | None = None
    champion: Known[RegisteredVersion] = Known()  # noqa: RUF009 - it never changes

    def to_document(self) -> dict[str, Any]:
        """The numbers as plain data, for `--json`."""
        gate = None
        if self.gate is not None:
            side = "min" if self.gate.max is None else "max"
            gate = {"metric": self.gate.metric, side: _bound(self.gate), "is_met": is_met(self.gate, self.metrics)}
        champion = self.champion.value
        shown = self.champion.to_document()
        if champion is not None:
            shown = {"version": champion.version, "metrics": dict(champion.metrics)}
        return {"metrics": dict(self.metrics), "gate": gate, "champion": shown}

    def lines(self) -> list[str]:
        """The numbers for people: a line for each metric, the gate's first."""
        gate, champion = self.gate, self.champion.value
        first = None if gate is None else gate.metric
        names = sorted(self.metrics, key=lambda name: (name != first, name))
        if first is not None and first not in self.metrics and self.metrics:
            names = [first, *names]
        width = max(map(len, names), default=0)
        lines = []
        for name in names:
            value = shown_number(self.metrics[name]) if name in self.metrics else "not measured"
            notes = []
            if gate is not None and name == gate.metric:
                sign = ">=" if gate.max is None else "<="
                mark = "" if name not in self.metrics else ", met" if is_met(gate, self.metrics) else ", not met"
                notes.append(f"gate {sign} {shown_number(_bound(gate))}{mark}")
            if champion is not None and name in champion.metrics:
                notes.append(f"version {champion.version} has {shown_number(champion.metrics[name])}")
            lines.append(f"{name:<{width}}  {value}" + (f"  ({'; '.join(notes)})" if notes else ""))
        if lines and self.champion.problem is not None:
            lines.append(f"what the pinned version measured is not known: {self.champion.problem}")
        return lines


def is_met(gate: Bound, metrics: Mapping[str, float]) -> bool | None:
    """Tell whether a bound is met, as the runner holds metrics against it; None where nothing was measured."""
    value = metrics.get(gate.metric)
    if value is None:
        return None
    if math.isnan(value):
        return False
    return value <= gate.max if gate.max is not None else value >= _bound(gate)


def asked_champion(
    pinned: int | None, question: Callable[[int], RegisteredVersion], *expected: type[Exception]
) -> Known[RegisteredVersion]:
    """Ask for the pinned version. No answer becomes the problem: the run has ended as it has.

    Args:
        pinned: Its number; None where none is pinned.
        question: Returns a version by its number.
        expected: What the question may raise.
    """
    if pinned is None:
        return Known()
    try:
        return Known(question(pinned))
    except expected as error:
        return Known(problem=str(error))


def _bound(gate: Bound) -> float:
    return float(gate.max if gate.max is not None else gate.min or 0.0)
