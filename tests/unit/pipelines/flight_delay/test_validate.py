from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from flight_delay.tables import Tables
from flight_delay.validate import InvalidDataError, check_tables

Plant = Callable[[Tables], Tables]


def with_flights(tables: Tables, **columns: int) -> Tables:
    return replace(tables, flights=tables.flights.assign(**columns))


def put(tables: Tables, table: str, row: int, column: str, value: object) -> Tables:
    frame = getattr(tables, table).copy()
    frame[column] = frame[column].astype(object)
    frame.loc[row, column] = value
    return replace(tables, **{table: frame})


def without_column(tables: Tables) -> Tables:
    return replace(tables, flights=tables.flights.drop(columns=["dep_delay", "dest"]))


def doubled(tables: Tables) -> Tables:
    return replace(tables, flights=pd.concat([tables.flights, tables.flights.iloc[[7]]], ignore_index=True))


PLANTED: dict[str, tuple[Plant, str, list[int]]] = {
    "columns missing": (without_column, "got no column dep_delay, expected it; flights: got no column dest", []),
    "text for a number": (
        lambda tables: put(tables, "flights", 3, "dep_delay", "late"),
        "column dep_delay: got 'late', expected the type float64 (line 5)",
        [5],
    ),
    "number for a text": (
        lambda tables: with_flights(tables, carrier=7),
        "column carrier: got 7, expected the type",
        [],
    ),
    "negative distance": (
        lambda tables: put(tables, "flights", 4, "distance", -5),
        "column distance: got -5.0, expected in_range(1, 6000) (line 6)",
        [6],
    ),
    "no distance": (
        lambda tables: put(tables, "flights", 4, "distance", None),
        "column distance: got nan, expected a value in every row (line 6)",
        [6],
    ),
    "half a mile": (
        lambda tables: put(tables, "flights", 4, "distance", 1400.5),
        "column distance: got 1400.5, expected a whole number (line 6)",
        [6],
    ),
    "hour 99 of a flight": (
        lambda tables: put(tables, "flights", 4, "time_hour", "2013-13-45T99:00:00Z"),
        "flights: column time_hour: got '2013-13-45T99:00:00Z', expected a full hour in UTC",
        [6],
    ),
    "hour 99 of the weather": (
        lambda tables: put(tables, "weather", 10, "time_hour", "2013-13-45T99:00:00Z"),
        "weather: column time_hour: got '2013-13-45T99:00:00Z', expected a full hour in UTC",
        [12],
    ),
    "infinite delay": (
        lambda tables: put(tables, "flights", 4, "arr_delay", float("inf")),
        "column arr_delay: got inf, expected in_range(-120, 1500) (line 6)",
        [6],
    ),
    "origin elsewhere": (lambda tables: put(tables, "flights", 4, "origin", "BOS"), "column origin: got 'BOS'", [6]),
    "no carrier": (lambda tables: put(tables, "flights", 4, "carrier", None), "expected a value in every row", [6]),
    "a flight twice": (doubled, "got rows of the same time_hour, carrier, flight, origin", [9, 1502]),
    "delay and clock differ": (
        lambda tables: put(tables, "flights", 4, "dep_time", 1.0),
        "dep_time is not sched_dep_time plus dep_delay (line 6)",
        [6],
    ),
    "arrived without leaving": (
        lambda tables: put(put(tables, "flights", 4, "dep_delay", None), "flights", 4, "dep_time", None),
        "a flight that never left has arrived (line 6)",
        [6],
    ),
    "wrong hour": (
        lambda tables: put(tables, "flights", 4, "time_hour", "2013-01-01T03:00:00Z"),
        "time_hour is not the scheduled hour",
        [6],
    ),
    "storm of 300 mph": (
        lambda tables: put(tables, "weather", 10, "wind_speed", 300.0),
        "weather: column wind_speed: got 300.0, expected in_range(0, 200) (line 12)",
        [12],
    ),
    "plane of 2031": (lambda tables: put(tables, "planes", 0, "year", 2031), "planes: column year: got 2031", [2]),
    "no weather": (
        lambda tables: replace(tables, weather=tables.weather.iloc[:5]),
        "of the flights have weather for their hour, expected at least 95%",
        [],
    ),
    "other planes": (
        lambda tables: replace(tables, planes=tables.planes.iloc[:5]),
        "of the flights have a known plane, expected at least 50%",
        [],
    ),
    "no flights": (lambda tables: replace(tables, flights=tables.flights.iloc[:0]), "got no rows", []),
}


def test_real_flights_are_valid(january: Tables, year: Tables) -> None:
    check_tables(january)
    check_tables(year)


@pytest.mark.parametrize("fault", PLANTED)
def test_broken_data_stops_with_its_rows(january: Tables, fault: str) -> None:
    plant, expected, lines = PLANTED[fault]

    with pytest.raises(InvalidDataError) as caught:
        check_tables(plant(january))

    assert expected in str(caught.value)
    if lines:
        assert sorted(set(caught.value.failing_rows["line"])) == lines


def test_faults_in_two_tables_are_told_at_once(january: Tables) -> None:
    broken = put(put(january, "flights", 4, "distance", -5), "planes", 0, "seats", 0)

    with pytest.raises(InvalidDataError) as caught:
        check_tables(broken)

    assert [problem.table for problem in caught.value.problems] == ["flights", "planes"]
    assert list(caught.value.failing_rows["table"]) == ["flights", "planes"]
    assert caught.value.failing_rows.loc[0, "distance"] == -5
