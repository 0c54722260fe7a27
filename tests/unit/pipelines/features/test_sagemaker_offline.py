"""A training set has what was known at each row's time: nothing of after it, and nothing that was over."""

from dataclasses import replace
from typing import Any

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops_runtime.features.definition import Entity, Feature, FeatureView, ValueType
from mlops_runtime.features.sagemaker_offline import point_in_time, typed_history

# A machine that is busy is no fault of the strategy.
LEISURELY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
VIEW = FeatureView(
    name="weather",
    entities=(Entity(name="airport", description="IATA code"),),
    features=(
        Feature(name="wind", value_type=ValueType.FLOAT64, unit="mph", description="Of the hour"),
        Feature(name="closed", value_type=ValueType.BOOL, description="Whether it is"),
    ),
    event_time="observed_at",
    time_to_live_seconds=7200,
    source="s3://bucket/weather",
)
DAY = pd.Timestamp("2013-01-01", tz="UTC")


def event(hour: float, wind: float | None, *, key: str = "JFK", put: int = 0, gone: bool = False) -> dict[str, Any]:
    at = DAY + pd.Timedelta(hours=hour)
    return {
        "airport": key,
        "observed_at": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "wind": wind,
        "closed": None if gone else 1,
        "api_invocation_time": DAY + pd.Timedelta(days=9, seconds=put),
        "is_deleted": gone,
    }


def history(*events: dict[str, Any]) -> pd.DataFrame:
    return typed_history(VIEW, pd.DataFrame(list(events)))


def rows(*hours: float, key: str = "JFK") -> pd.DataFrame:
    times = [DAY + pd.Timedelta(hours=hour) for hour in hours]
    return pd.DataFrame({"airport": key, "left_at": times}, index=[10 + number for number in range(len(hours))])


def winds(found: pd.DataFrame) -> list[float | None]:
    return [None if pd.isna(one) else float(one) for one in found["wind"]]


def test_no_feature_from_after_the_row_leaks_in() -> None:
    known = history(event(9, 9.0), event(10, 10.0), event(11, 11.0))
    found = point_in_time(VIEW, known, rows(10.5, 8.9, 9, 10.99), time_column="left_at")
    assert winds(found) == [10.0, None, 9.0, 10.0]
    assert list(found.index) == [10, 11, 12, 13]
    assert list(found.columns) == ["airport", "left_at", "wind", "closed"]
    assert bool(found["closed"].iloc[0]) is True


def test_what_is_over_is_not_known() -> None:
    known = history(event(9, 9.0))
    assert winds(point_in_time(VIEW, known, rows(11, 11.01), time_column="left_at")) == [9.0, None]
    for_ever = replace(VIEW, time_to_live_seconds=None)
    assert winds(point_in_time(for_ever, known, rows(500), time_column="left_at")) == [9.0]


def test_of_an_event_that_was_put_twice_the_last_put_counts_and_late_ones_are_in_their_place() -> None:
    known = history(event(10, 1.0, put=5), event(10, 2.0, put=9), event(9, 9.0, put=99), event(10, 3.0, put=7))
    assert winds(point_in_time(VIEW, known, rows(9.5, 10), time_column="left_at")) == [9.0, 2.0]


def test_a_deletion_is_an_event_and_another_key_has_its_own() -> None:
    known = history(event(9, 9.0), event(10, None, gone=True), event(10, 5.0, key="LGA"))
    assert winds(point_in_time(VIEW, known, rows(9.5, 10.5), time_column="left_at")) == [9.0, None]
    assert winds(point_in_time(VIEW, known, rows(10.5, key="LGA"), time_column="left_at")) == [5.0]


@LEISURELY
@given(
    st.lists(st.tuples(st.integers(0, 23), st.sampled_from(["JFK", "LGA"])), min_size=1, max_size=12, unique=True),
    st.lists(st.tuples(st.floats(0, 24), st.sampled_from(["JFK", "LGA"])), min_size=1, max_size=6),
)
def test_each_row_has_the_latest_event_that_was_not_later(
    events: list[tuple[int, str]], wanted: list[tuple[float, str]]
) -> None:
    known = history(*(event(hour, float(hour), key=key) for hour, key in events))
    asked = pd.DataFrame(
        {
            "airport": [key for _, key in wanted],
            "left_at": [DAY + pd.Timedelta(seconds=int(hour * 3600)) for hour, _ in wanted],
        }
    )
    found = winds(point_in_time(VIEW, known, asked, time_column="left_at"))
    for (hour, key), got in zip(wanted, found, strict=True):
        seconds = int(hour * 3600)
        live = [one for one, of in events if of == key and one * 3600 <= seconds <= one * 3600 + 7200]
        assert got == (float(max(live)) if live else None)
