"""The feature store's sources: what the model was trained on, and what was known at the time."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from flight_delay.feature_definitions import FEATURES, PUNCTUALITY, PUNCTUALITY_DAYS, WEATHER
from flight_delay.feature_tables import punctuality_table, weather_table, write_tables
from flight_delay.features import build_features
from flight_delay.tables import Tables
from mlops_runtime.features.definition import ValueType
from mlops_runtime.features.history import historical, read_parquet

KINDS = {ValueType.FLOAT64: "float64", ValueType.INT64: "int64"}


def left_at(flights: pd.DataFrame) -> pd.Series:
    scheduled = pd.to_datetime(flights["time_hour"], utc=True) + pd.to_timedelta(flights["minute"], unit="min")
    return scheduled + pd.to_timedelta(flights["dep_delay"], unit="min")


def test_each_view_has_the_columns_and_types_that_are_defined(january: Tables) -> None:
    for view, table in ((WEATHER, weather_table(january.weather)), (PUNCTUALITY, punctuality_table(january.flights))):
        assert set(table.columns) == {*view.entity_names, *view.feature_names, view.event_time}
        for feature in view.features:
            assert table[feature.name].dtype == KINDS[feature.value_type], feature
        assert str(table[view.event_time].dt.tz) == "UTC"


def test_a_training_set_from_the_store_has_the_weather_that_the_model_was_trained_on(
    january: Tables, tmp_path: Path
) -> None:
    write_tables(january, tmp_path)
    flights = january.flights[january.flights["arr_delay"].notna()].reset_index(drop=True)
    rows = pd.DataFrame({"origin": flights["origin"], "left_at": left_at(flights)})
    read = read_parquet(lambda source: str(tmp_path / source.rpartition("/")[2]))
    found = historical(FEATURES, rows, ["weather_v1"], event_time="left_at", read=read)
    trained = build_features(replace(january, flights=flights))
    names = list(WEATHER.feature_names)
    pd.testing.assert_frame_equal(found[names], trained[names])
    assert trained[names].notna().any().all()


def test_no_flight_counts_that_has_not_landed(january: Tables) -> None:
    """The mean at an hour is that of the flights that were on the ground by then, found one by one."""
    flights = january.flights[january.flights["arr_delay"].notna() & january.flights["air_time"].notna()]
    landed = left_at(flights) + pd.to_timedelta(flights["air_time"], unit="min")
    table = punctuality_table(january.flights)
    rows: Any = table.sample(25, random_state=5).itertuples()
    for row in rows:
        of_them = (flights["origin"] == row.origin) & (flights["carrier"] == row.carrier)
        on_the_ground = landed + pd.Timedelta("1h") <= row.known_at
        recent = (landed + pd.Timedelta("1h")).dt.ceil("h") > row.known_at - pd.Timedelta(days=PUNCTUALITY_DAYS)
        counted = flights[of_them & on_the_ground & recent]
        assert len(counted) == row.landed_flights
        assert abs(counted["arr_delay"].mean() - row.mean_arrival_delay_minutes) < 1e-9
