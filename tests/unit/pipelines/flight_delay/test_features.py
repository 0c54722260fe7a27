from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flight_delay.columns import ALWAYS_KNOWN, CATEGORIES, FEATURES, NUMBERS, TARGET
from flight_delay.features import build_features, labelled_features
from flight_delay.frames import read_frame, write_frame
from flight_delay.tables import Tables, without_known_fault


def left_at(flights: pd.DataFrame) -> pd.Series:
    scheduled = pd.to_datetime(flights["time_hour"], utc=True) + pd.to_timedelta(flights["minute"], unit="min")
    return scheduled + pd.to_timedelta(flights["dep_delay"], unit="min")


def departed(tables: Tables) -> Tables:
    flights = tables.flights[tables.flights["arr_delay"].notna()].reset_index(drop=True)
    return replace(tables, flights=flights)


def test_nothing_that_comes_after_departure_changes_a_feature(january: Tables) -> None:
    known = departed(january)
    flights = known.flights.assign(arr_time=1.0, arr_delay=999.0, air_time=1.0)

    pd.testing.assert_frame_equal(build_features(known), build_features(replace(known, flights=flights)))


@pytest.mark.parametrize("row", [0, 700, 1400])
def test_weather_of_an_hour_that_was_not_over_changes_no_feature(january: Tables, row: int) -> None:
    known = departed(january)
    flight = known.flights.iloc[[row]].reset_index(drop=True)
    one = replace(known, flights=flight)
    over_at = pd.to_datetime(known.weather["time_hour"], utc=True) + pd.Timedelta(hours=1)
    later = over_at > left_at(flight).iloc[0]
    columns = ["temp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"]
    storm = known.weather.copy()
    storm.loc[later, columns] = 9.0
    assert later.any()

    before = build_features(one)
    pd.testing.assert_frame_equal(before, build_features(replace(one, weather=storm)))

    storm.loc[~later, columns] = 9.0
    assert build_features(replace(one, weather=storm)).loc[0, "temperature_fahrenheit"] == 9.0
    assert before.loc[0, "temperature_fahrenheit"] != 9.0


def test_other_flights_change_no_feature(january: Tables) -> None:
    known = departed(january)
    alone = replace(known, flights=known.flights.iloc[[100]].reset_index(drop=True))

    pd.testing.assert_frame_equal(
        build_features(alone), build_features(known).iloc[[100]].reset_index(drop=True), check_dtype=True
    )


def test_features_are_those_of_the_flight(january: Tables) -> None:
    first = build_features(departed(january)).iloc[0]

    assert list(first.index) == list(FEATURES)
    assert dict(first[["carrier", "origin", "destination"]]) == {"carrier": "UA", "origin": "EWR", "destination": "IAH"}
    # UA 1545 was to leave at 05:15 and arrive at 08:19, left 2 minutes late, with a plane built in 1999.
    assert first["departure_delay_minutes"] == 2
    assert first["scheduled_departure_minute_of_day"] == 5 * 60 + 15
    assert first["scheduled_clock_minutes"] == 3 * 60 + 4
    assert first["plane_age_years"] == 14
    assert first["day_of_week"] == 1


def test_every_feature_is_exact_in_float32_and_what_is_always_known_is(year: Tables, tmp_path: Path) -> None:
    frame = labelled_features(year)
    numbers = frame[[*NUMBERS, TARGET]].to_numpy(dtype=np.float64)

    assert np.array_equal(numbers, numbers.astype(np.float32).astype(np.float64), equal_nan=True)
    assert frame[[*CATEGORIES, *ALWAYS_KNOWN]].notna().all(axis=None)
    assert frame["date"].is_monotonic_increasing
    write_frame(frame, tmp_path / "frame.npz")
    pd.testing.assert_frame_equal(read_frame(tmp_path / "frame.npz"), frame, check_dtype=False)


def test_only_the_known_fault_of_the_weather_is_taken_for_missing(all_tables: Tables) -> None:
    fault = (all_tables.weather["origin"] == "EWR") & (all_tables.weather["time_hour"] == "2013-02-12T08:00:00Z")
    assert all_tables.weather.loc[fault, "wind_speed"].isna().all()

    elsewhere = all_tables.weather.assign(wind_speed=2000.0)
    assert (without_known_fault(elsewhere)["wind_speed"].isna() == fault).all()


def test_two_unicode_forms_of_one_text_are_one_category(january: Tables) -> None:
    known = departed(january)
    flights = known.flights.head(4).assign(carrier=["Zürich", "Zu\u0308rich", "Zürich", "UA"])

    assert build_features(replace(known, flights=flights))["carrier"].tolist() == ["Zürich"] * 3 + ["UA"]
