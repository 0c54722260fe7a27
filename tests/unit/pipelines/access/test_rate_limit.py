import pytest

from mlops_runtime.access import rate_limit
from mlops_runtime.access.rate_limit import RateLimit


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_then_a_steady_flow_for_each_client() -> None:
    clock = Clock()
    limit = RateLimit(60, 3, clock)

    assert [limit.take("a") for _ in range(4)] == [0, 0, 0, 1]
    assert limit.take("b") == 0
    clock.now += 0.5
    assert limit.take("a") == 1
    clock.now += 0.5
    assert [limit.take("a"), limit.take("a")] == [0, 1]


def test_who_is_refused_is_told_when_to_come_again() -> None:
    clock = Clock()
    limit = RateLimit(2, 1, clock)
    assert [limit.take("a"), limit.take("a")] == [0, 30]
    clock.now += 29
    assert limit.take("a") == 1
    clock.now += 1
    assert limit.take("a") == 0


def test_nobody_saves_up_more_than_a_burst() -> None:
    clock = Clock()
    limit = RateLimit(6000, 2, clock)
    limit.take("a")
    clock.now += 3600
    assert [limit.take("a") for _ in range(3)] == [0, 0, 1]


def test_clients_without_number_take_bounded_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "CLIENTS_MAX", 10)
    limit = RateLimit(60, 1, Clock())
    for number in range(100):
        limit.take(str(number))
    assert len(limit._buckets) == 10
    assert limit.take("99") == 1
