"""What every row of the raw tables must hold."""

import pandas as pd
import pandera.pandas as pa

# The widest that the real world has been: anything beyond is a fault of the record.
YEAR = 2013
ORIGINS = ("EWR", "JFK", "LGA")
DELAY_MINUTES = (-120, 1500)
HOUR_FORMAT = "%Y-%m-%dT%H:00:00Z"
AIRPORT = r"^[A-Z]{3}$"


def _is_hour(texts: pd.Series) -> pd.Series:
    hours: pd.Series = pd.to_datetime(texts, format=HOUR_FORMAT, errors="coerce")
    return hours.notna()


WHOLE = pa.Check(lambda values: values % 1 == 0, error="a whole number")
HOUR = pa.Check(_is_hour, error="a full hour in UTC, like 2013-01-31T05:00:00Z")


def _number(low: float, high: float, *, whole: bool = False, nullable: bool = False) -> pa.Column:
    # Coercion takes integers for floats; a text that is no number is told with its row. To an integer it would cut
    # fractions off without a word.
    checks = [pa.Check.in_range(low, high), *([WHOLE] if whole else [])]
    return pa.Column("float64", checks, coerce=True, nullable=nullable)


def _text(pattern: str, *, nullable: bool = False) -> pa.Column:
    return pa.Column(str, pa.Check.str_matches(pattern), nullable=nullable)


FLIGHTS = pa.DataFrameSchema(
    {
        "year": _number(YEAR, YEAR, whole=True),
        "month": _number(1, 12, whole=True),
        "day": _number(1, 31, whole=True),
        "dep_time": _number(1, 2400, nullable=True),
        "sched_dep_time": _number(0, 2359, whole=True),
        "dep_delay": _number(*DELAY_MINUTES, nullable=True),
        "arr_time": _number(1, 2400, nullable=True),
        "sched_arr_time": _number(0, 2359, whole=True),
        "arr_delay": _number(*DELAY_MINUTES, nullable=True),
        "carrier": _text("^[A-Z0-9]{2}$"),
        "flight": _number(1, 9999, whole=True),
        "tailnum": _text("^[A-Z0-9]{2,6}$", nullable=True),
        "origin": pa.Column(str, pa.Check.isin(ORIGINS)),
        "dest": _text(AIRPORT),
        "air_time": _number(1, 24 * 60, nullable=True),
        "distance": _number(1, 6000, whole=True),
        "hour": _number(0, 23, whole=True),
        "minute": _number(0, 59, whole=True),
        "time_hour": pa.Column(str, HOUR),
    },
    unique=["time_hour", "carrier", "flight", "origin"],
    name="flights",
)

WEATHER = pa.DataFrameSchema(
    {
        "origin": pa.Column(str, pa.Check.isin(ORIGINS)),
        "time_hour": pa.Column(str, HOUR),
        "temp": _number(-30, 130, nullable=True),
        "humid": _number(0, 100, nullable=True),
        "wind_dir": _number(0, 360, nullable=True),
        "wind_speed": _number(0, 200, nullable=True),
        "wind_gust": _number(0, 250, nullable=True),
        "precip": _number(0, 10, nullable=True),
        "pressure": _number(870, 1085, nullable=True),
        "visib": _number(0, 10, nullable=True),
    },
    unique=["origin", "time_hour"],
    name="weather",
)

PLANES = pa.DataFrameSchema(
    {
        "tailnum": _text("^[A-Z0-9]{2,6}$"),
        "year": _number(1903, YEAR, nullable=True),
        "seats": _number(1, 900, whole=True),
    },
    unique=["tailnum"],
    name="planes",
)

SCHEMAS = {"flights": FLIGHTS, "weather": WEATHER, "planes": PLANES}
