"""The wait itself, on a clock of its own."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sandbox.plugins.kubernetes.awaiters.progress import READY, Progress, failed, waiting
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
    with pytest.raises(InitializationError) as caught:
        a_wait(lambda now: failed("Job", ("[DeadlineExceeded] late",), ("[Pod x]: late",)), clock).until_ready(LIVE)
    headline = "Resource 'x' was created but failed to initialize"
    assert caught.value.reasons == (headline, "[DeadlineExceeded] late", "[Pod x]: late")
    assert clock.now == 0


def test_it_goes_on_until_time_is_up_whatever_it_sees() -> None:
    """As pulumi-kubernetes, which ends no wait for an image that is not there (provider/pkg/await/error.go)."""
    clock, told = Clock(), list[str]()
    seen = waiting("0 of 2", ("too few",), ("[ImagePullBackOff] not found",))
    with pytest.raises(InitializationError) as caught:
        a_wait(lambda now: seen, clock, told).until_ready(LIVE)
    assert caught.value.reasons == ("'x' timed out waiting to be Ready", "too few", "[ImagePullBackOff] not found")
    assert 100 < clock.now < 103
    assert told == ["0 of 2", "[ImagePullBackOff] not found"]


def test_a_claim_has_words_of_its_own_when_time_is_up() -> None:
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **LIVE}
    with pytest.raises(InitializationError, match="Timeout occurred polling for 'x'"):
        a_wait(lambda now: waiting("unbound"), Clock(), read=lambda: claim).until_ready(claim)


def test_a_person_who_asks_to_stop_is_heard() -> None:
    def pause(seconds: float) -> None:
        raise CancelledError("cancelled")

    with pytest.raises(InitializationError, match='cancelled for "x"\ntoo few'):
        a_wait(lambda now: waiting("0 of 1", ("too few",)), Clock(), pause=pause).until_ready(LIVE)


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
