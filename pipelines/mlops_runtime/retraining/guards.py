"""Whether an alert may start a run: pure, so that each guard is seen to hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What became of a run that an alert started."""

    RUNNING = "running"
    """It has not ended, or its end has not been seen."""
    REGISTERED = "registered"
    """Its model passed the gate and beat the serving version: it waits for approval."""
    FRUITLESS = "fruitless"
    """Its model was rejected, or the run failed: there is nothing to promote."""
    NOT_STARTED = "not-started"
    """The cluster did not take it. It counts against no guard."""


@dataclass(frozen=True)
class Run:
    """A run that an alert started.

    Attributes:
        name: Name of its Job.
        started: When, in seconds since 1970.
        outcome: What became of it.
        because: The alerts that started it.
    """

    name: str
    started: float
    outcome: Outcome
    because: str = ""


@dataclass(frozen=True)
class Guards:
    """What holds a run back.

    Attributes:
        cooldown_seconds: How long after the start of one run the next may start.
        runs_max: How many runs may start within the window.
        window_seconds: The window of `runs_max`.
        new_labels_min: Fewest labelled predictions of the monitor's window that a run is worth.
        fruitless_runs_max: After so many fruitless runs in a row nothing is started until a person resets it.
    """

    cooldown_seconds: float
    runs_max: int
    window_seconds: float
    new_labels_min: int
    fruitless_runs_max: int


class Reason(StrEnum):
    """Why a run was started or not."""

    STARTED = "started"
    RUN_IN_PROGRESS = "run-in-progress"
    STOPPED_AS_FRUITLESS = "stopped-as-fruitless"
    COOLDOWN = "cooldown"
    BUDGET_SPENT = "budget-spent"
    TOO_FEW_LABELS = "too-few-labels"
    LABELS_UNKNOWN = "labels-unknown"


@dataclass(frozen=True)
class Verdict:
    """Whether a run may start, and why."""

    reason: Reason
    explanation: str

    @property
    def starts(self) -> bool:
        """Whether a run starts."""
        return self.reason is Reason.STARTED


def judge(guards: Guards, runs: Sequence[Run], *, now: float, is_running: bool, new_labels: int | None) -> Verdict:
    """Tell whether an alert may start a run now.

    A clock that was set back makes a run start in the future. It then counts as started now, so that no guard is passed
    by it.

    Args:
        guards: What holds a run back.
        runs: The runs that alerts have started, in any order.
        now: Seconds since 1970.
        is_running: Whether any run of the pipeline goes on, whoever started it.
        new_labels: How many labelled predictions there are; None where the monitor does not say.
    """
    if is_running:
        return Verdict(Reason.RUN_IN_PROGRESS, "a run of the pipeline goes on")
    counted = sorted((run for run in runs if run.outcome is not Outcome.NOT_STARTED), key=lambda run: run.started)
    held = (
        _stopped(guards, counted)
        or _cooling_down(guards, counted, now)
        or _over_budget(guards, counted, now)
        or _too_few_labels(guards, new_labels)
    )
    return held or Verdict(Reason.STARTED, "no guard holds it back")


def _stopped(guards: Guards, runs: Sequence[Run]) -> Verdict | None:
    row = _fruitless_in_a_row(runs)
    if row < guards.fruitless_runs_max:
        return None
    names = ", ".join(run.name for run in runs[-row:])
    return Verdict(
        Reason.STOPPED_AS_FRUITLESS,
        f"the last {row} runs left nothing to promote ({names}), and at most {guards.fruitless_runs_max} in a row may;"
        " look into them, then reset it with mlops retraining reset",
    )


def _cooling_down(guards: Guards, runs: Sequence[Run], now: float) -> Verdict | None:
    if not runs:
        return None
    last = runs[-1]
    since = max(0.0, now - last.started)
    if since >= guards.cooldown_seconds:
        return None
    left = (guards.cooldown_seconds - since) / 3600
    return Verdict(
        Reason.COOLDOWN, f"{last.name} started {since / 3600:.1f} hours ago; {left:.1f} hours of the cooldown are left"
    )


def _over_budget(guards: Guards, runs: Sequence[Run], now: float) -> Verdict | None:
    recent = sum(now - run.started < guards.window_seconds for run in runs)
    if recent < guards.runs_max:
        return None
    days = guards.window_seconds / 86400
    return Verdict(Reason.BUDGET_SPENT, f"{recent} runs have started in {days:g} days, and {guards.runs_max} may")


def _too_few_labels(guards: Guards, new_labels: int | None) -> Verdict | None:
    if guards.new_labels_min == 0:
        return None
    if new_labels is None:
        return Verdict(Reason.LABELS_UNKNOWN, "the monitor does not say how many predictions have labels")
    if new_labels >= guards.new_labels_min:
        return None
    return Verdict(
        Reason.TOO_FEW_LABELS, f"{new_labels} predictions have labels, and {guards.new_labels_min} are needed"
    )


def _fruitless_in_a_row(runs: Sequence[Run]) -> int:
    row = 0
    for run in reversed(runs):
        if run.outcome is Outcome.FRUITLESS:
            row += 1
        elif run.outcome is Outcome.REGISTERED:
            break
    return row
