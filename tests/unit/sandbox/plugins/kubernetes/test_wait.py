"""The wait itself, on a clock of its own."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sandbox.plugins.kubernetes.awaiters.progress import READY, Problem, Progress, failed, waiting
from sandbox.plugins.kubernetes.awaiters.wait import Wait
from sandbox.plugins.kubernetes.errors import InitializationError, UnreachableError
from sandbox.plugins.protocol.errors import CancelledError
from sandbox.plugins.protocol.values import Object

LIVE: Object = {"metadata": {"name": "x"}}


class Clock:
    """Seconds that pass only while somebody pauses."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds


def a_wait(looks: Callable[[float], Progress], clock: Clock, told: list[str] | None = None, **more: Any) -> Wait:
    settings: dict[str, Any] = {
        "read": lambda: LIVE,
        "look": lambda live, observer: looks(clock.now),
        "observer": None,
        "pause": clock.pause,
        "tell": lambda text, is_problem: (told if told is not None else []).append(text),
        "timeout_seconds": 100.0,
        "clock": clock,
    }
    return Wait(**{**settings, **more})


def test_it_ends_when_the_object_is_ready_and_tells_each_step_once() -> None:
    clock, told = Clock(), list[str]()
    wait = a_wait(lambda now: READY if now > 10 else waiting("1 of 2" if now > 5 else "0 of 2"), clock, told)
    assert wait.until_ready(LIVE) == LIVE
    assert told == ["0 of 2", "1 of 2"]
    assert 10 < clock.now < 13


def test_it_ends_at_once_when_the_object_has_failed() -> None:
    clock = Clock()
    problem = Problem("pod x: exit code 3", "x")
    with pytest.raises(InitializationError) as caught:
        a_wait(lambda now: failed("Job failed", (problem,)), clock).until_ready(LIVE)
    assert caught.value.reasons == ("Job failed", "pod x: exit code 3")
    assert clock.now == 0


def test_a_verdict_from_before_the_wait_is_waited_out() -> None:
    clock = Clock()
    old = failed("no progress", judged_at="10:00")
    assert a_wait(lambda now: READY if now > 20 else old, clock).until_ready(LIVE) == LIVE
    assert clock.now > 20


def test_a_verdict_that_falls_while_waiting_ends_it() -> None:
    clock = Clock()
    verdicts = {True: failed("no progress", judged_at="10:05"), False: waiting("1 old pod still to go")}
    with pytest.raises(InitializationError) as caught:
        a_wait(lambda now: verdicts[now > 20], clock).until_ready(LIVE)
    assert caught.value.reasons == ("no progress",)
    assert 20 < clock.now < 23


def test_it_ends_when_time_is_up() -> None:
    clock = Clock()
    with pytest.raises(InitializationError, match="not ready within 100 s\n0 of 2\nunschedulable"):
        a_wait(lambda now: waiting("0 of 2", (Problem("unschedulable", "s"),)), clock).until_ready(LIVE)
    assert 100 < clock.now < 103


def test_a_problem_that_stays_ends_it_but_one_that_goes_does_not() -> None:
    clock = Clock()
    problem = Problem("no such image", "image", patience_seconds=5)
    with pytest.raises(InitializationError, match="no such image"):
        a_wait(lambda now: waiting("0 of 1", (problem,)), clock).until_ready(LIVE)
    assert 5 <= clock.now < 8

    def comes_and_goes(now: float) -> Progress:
        return READY if now > 30 else waiting("0 of 1", (problem,) if int(now) % 4 < 2 else ())

    assert a_wait(comes_and_goes, Clock()).until_ready(LIVE) == LIVE


def test_a_person_who_asks_to_stop_is_heard() -> None:
    def pause(seconds: float) -> None:
        raise CancelledError("cancelled")

    with pytest.raises(InitializationError, match="cancelled while waiting\n0 of 1"):
        a_wait(lambda now: waiting("0 of 1"), Clock(), pause=pause).until_ready(LIVE)


def test_a_short_loss_of_the_cluster_passes_and_a_long_one_ends_it() -> None:
    def silent_until(second: float, clock: Clock) -> Iterator[Any]:
        while True:
            if clock.now < second:
                yield UnreachableError("connection refused")
            else:
                yield LIVE

    def reading(clock: Clock, second: float) -> Callable[[], Object]:
        answers = silent_until(second, clock)

        def read() -> Object:
            answer = next(answers)
            if isinstance(answer, Exception):
                raise answer
            found: Object = answer
            return found

        return read

    def look(clock: Clock, second: float) -> Callable[[float], Progress]:
        def judge(now: float) -> Progress:
            if 0 < now < second:
                raise UnreachableError("connection refused")
            return READY if now >= second else waiting("0 of 1")

        return judge

    clock = Clock()
    assert a_wait(look(clock, 20), clock, read=reading(clock, 20)).until_ready(LIVE) == LIVE
    clock = Clock()
    with pytest.raises(InitializationError, match="lost the cluster while waiting: connection refused"):
        a_wait(look(clock, 90), clock, read=reading(clock, 90)).until_ready(LIVE)
    assert clock.now < 40


def test_a_cluster_that_stays_silent_ends_it_even_when_the_last_look_needs_nobody() -> None:
    clock = Clock()

    def read() -> Object:
        raise UnreachableError("connection refused")

    with pytest.raises(InitializationError, match="lost the cluster"):
        a_wait(lambda now: waiting("0 of 1"), clock, read=read).until_ready(LIVE)
    assert clock.now < 40


def test_an_object_that_vanishes_ends_it() -> None:
    with pytest.raises(InitializationError, match="deleted by somebody else"):
        a_wait(lambda now: waiting("0 of 1"), Clock(), read=lambda: None).until_ready(LIVE)
