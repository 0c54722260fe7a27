"""What the tables must hold as a whole and between columns, which no single cell can show."""

from dataclasses import dataclass

import pandas as pd

from flight_delay.tables import Tables

SHARE_DEPARTED_MIN = 0.9
SHARE_WITH_WEATHER_MIN = 0.95
SHARE_WITH_PLANE_MIN = 0.5
MINUTES_OF_DAY = 24 * 60


@dataclass(frozen=True)
class Problem:
    """Something that the data does not hold.

    Attributes:
        table: The table's name.
        what: What was found and what was expected.
        rows: Positions of the failing rows; empty where the table as a whole is meant.
    """

    table: str
    what: str
    rows: tuple[int, ...] = ()


def unmet_expectations(tables: Tables) -> list[Problem]:
    """Hold tables whose rows are valid against what is expected of the whole."""
    return [*_consistent_flights(tables.flights), *_shares(tables)]


def minute_of_day(clock: pd.Series) -> pd.Series:
    """Minutes since midnight of times written as hours and minutes, such as 1705."""
    return clock // 100 * 60 + clock % 100


def _consistent_flights(flights: pd.DataFrame) -> list[Problem]:
    scheduled = minute_of_day(flights["sched_dep_time"])
    local = pd.to_datetime(flights["time_hour"], utc=True).dt.tz_convert("America/New_York")
    left = (scheduled + flights["dep_delay"]) % MINUTES_OF_DAY
    failing = {
        "sched_dep_time is not hour and minute": scheduled != flights["hour"] * 60 + flights["minute"],
        "time_hour is not the scheduled hour of that day in New York": (local.dt.hour != flights["hour"])
        | (local.dt.day != flights["day"])
        | (local.dt.month != flights["month"]),
        "dep_time is not sched_dep_time plus dep_delay": (left != minute_of_day(flights["dep_time"]) % MINUTES_OF_DAY)
        & flights["dep_delay"].notna(),
        "a flight that never left has arrived": flights["dep_delay"].isna() & flights["arr_delay"].notna(),
    }
    return [
        Problem("flights", what, tuple(int(row) for row in mask.to_numpy().nonzero()[0]))
        for what, mask in failing.items()
        if mask.any()
    ]


def _shares(tables: Tables) -> list[Problem]:
    flights = tables.flights
    if flights.empty:
        return [Problem("flights", "got no rows, expected at least one")]
    weather_hours = pd.MultiIndex.from_frame(tables.weather[["origin", "time_hour"]])
    shares = (
        ("have left", SHARE_DEPARTED_MIN, flights["dep_delay"].notna().mean()),
        (
            "have weather for their hour",
            SHARE_WITH_WEATHER_MIN,
            pd.MultiIndex.from_frame(flights[["origin", "time_hour"]]).isin(weather_hours).mean(),
        ),
        ("have a known plane", SHARE_WITH_PLANE_MIN, flights["tailnum"].isin(tables.planes["tailnum"]).mean()),
    )
    return [
        Problem("flights", f"{share:.1%} of the flights {what}, expected at least {least:.0%}")
        for what, least, share in shares
        if share < least
    ]
