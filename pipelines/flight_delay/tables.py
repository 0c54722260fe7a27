"""Reading the raw files as they are; nothing is converted that validation should see first."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from flight_delay.source import FLIGHTS, PLANES, WEATHER

# One gust front at Newark on 12 February 2013 stands in the weather as 1048 mph: a fault of the record, known as such.
WIND_FAULT = ("EWR", "2013-02-12T08:00:00Z")
WIND_FAULT_ABOVE_MPH = 1000.0


@dataclass(frozen=True)
class Tables:
    """The raw tables: one row for each flight, each airport and hour, each plane."""

    flights: pd.DataFrame
    weather: pd.DataFrame
    planes: pd.DataFrame


def read_tables(folder: Path) -> Tables:
    """Read the three files that ingest left."""
    return Tables(
        flights=pd.read_csv(folder / FLIGHTS, low_memory=False),
        weather=without_known_fault(pd.read_csv(folder / WEATHER, low_memory=False)),
        planes=pd.read_csv(folder / PLANES, low_memory=False),
    )


def without_known_fault(weather: pd.DataFrame) -> pd.DataFrame:
    """Take the one known impossible wind speed for missing; any other is left for validation to find."""
    if not {"origin", "time_hour", "wind_speed"} <= set(weather.columns):
        return weather
    origin, hour = WIND_FAULT
    at_fault = (weather["origin"] == origin) & (weather["time_hour"] == hour)
    if not at_fault.any():
        return weather
    wind_speed = pd.to_numeric(weather["wind_speed"], errors="coerce")
    return weather.assign(wind_speed=weather["wind_speed"].mask(at_fault & (wind_speed > WIND_FAULT_ABOVE_MPH)))
