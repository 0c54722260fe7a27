"""Following a run: what is waited for, and when it is given up. Time is a number here."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from rich.console import Console

from pulumi_mlops.cli.kubernetes.errors import ClusterError, UnreachableError
from pulumi_mlops.cli.kubernetes.train import STUCK_SECONDS, UNREACHABLE_SECONDS, follow_run
from pulumi_mlops.cli.progress import RunView, changes
from pulumi_mlops.cli.runs import Run, Status, Step

WAITING = Run("run", Status.WAITING)
DONE = Run("run", Status.SUCCEEDED, model_version=3, model_digest="sha256:c")
STUCK = Run("run", Status.WAITING, stuck="ingest: ErrImagePull")


class Time:
    def __init__(self) -> None:
        self.seconds = 0.0

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def now(self) -> float:
        return self.seconds


def follow(states: Iterator[Run | Exception], time: Time) -> tuple[Run, list[Run]]:
    shown: list[Run] = []

    def read() -> Run:
        state = next(states)
        if isinstance(state, Exception):
            raise state
        return state

    return follow_run(read, shown.append, clock=time.now, sleep=time.sleep), shown


def test_follows_to_the_end() -> None:
    run, shown = follow(iter([WAITING, WAITING, DONE]), Time())
    assert run is DONE
    assert shown == [WAITING, WAITING, DONE]


def test_bears_with_a_cluster_that_comes_back() -> None:
    run, shown = follow(iter([WAITING, *[UnreachableError("gone")] * 30, DONE]), Time())
    assert run is DONE
    assert shown == [WAITING, DONE]


def test_gives_up_a_cluster_that_stays_away() -> None:
    time = Time()
    with pytest.raises(UnreachableError):
        follow(iter([UnreachableError("gone")] * 10_000), time)
    assert time.seconds == UNREACHABLE_SECONDS


def test_does_not_wait_for_a_run_that_was_deleted() -> None:
    time = Time()
    with pytest.raises(ClusterError, match="not found"):
        follow(iter([WAITING, ClusterError("jobs not found")]), time)
    assert time.seconds < UNREACHABLE_SECONDS


def test_gives_up_a_run_that_stays_stuck() -> None:
    time = Time()
    with pytest.raises(ClusterError, match="ErrImagePull"):
        follow(iter([STUCK] * 10_000), time)
    assert time.seconds == STUCK_SECONDS


def test_a_run_that_gets_unstuck_goes_on() -> None:
    half = int(STUCK_SECONDS * 0.8)
    run, _ = follow(iter([*[STUCK] * half, WAITING, *[STUCK] * half, DONE]), Time())
    assert run is DONE


def step(name: str, status: Status, message: str = "") -> Step:
    started = None if status is Status.WAITING else "2026-01-01T00:00:00+00:00"
    finished = "2026-01-01T00:00:05+00:00" if status.is_final else None
    return Step(name, name, status, message, started, finished)


def test_tells_each_change_once() -> None:
    first = Run("run", Status.RUNNING, steps=(step("ingest", Status.RUNNING), step("train", Status.WAITING)))
    second = Run(
        "run", Status.RUNNING, steps=(step("ingest", Status.SUCCEEDED, "1 row"), step("train", Status.RUNNING))
    )
    assert changes(Run("", Status.WAITING), first) == ["run run started", "ingest running"]
    assert changes(first, second) == ["ingest succeeded after 5 s: 1 row", "train running"]
    assert changes(second, second) == []


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize(
    ("run", "ending"),
    [
        (DONE, "registered version 3, digest sha256:c"),
        (Run("run", Status.REJECTED, "mae is 14 [minutes]"), "rejected, nothing registered: mae is 14 [minutes]"),
        (Run("run", Status.FAILED, "train: exit code 1"), "failed: train: exit code 1"),
    ],
)
def test_ends_with_what_came_of_it(run: Run, ending: str, terminal: bool) -> None:
    text = io.StringIO()
    console = Console(file=text, force_terminal=terminal, width=120, color_system=None)
    with RunView("flight-delay", console=console, now=lambda: datetime(2026, 1, 1, tzinfo=UTC)) as view:
        view.show(WAITING)
        view.show(run)
    assert ending in text.getvalue().splitlines()[-1] + text.getvalue().splitlines()[-2]
    assert text.getvalue().count(ending) == 1
