"""Real flights to ask a served model about, of a month that it has not been trained on."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from flight_delay.artifact import json_rows
from flight_delay.features import build_features
from flight_delay.source import copy_files, find_files
from flight_delay.tables import Tables, read_tables

MONTH = 12
# Between these shares of the flights, in order of their departure delay, lie the ordinary and the badly delayed ones.
LEAST_SHARE, MOST_SHARE = 0.1, 0.98


@dataclass(frozen=True)
class SampleFlight:
    """One flight.

    Attributes:
        description: Such as `UA 1545 EWR-IAH, 5 December 2013, 05:15`.
        features: What to send: feature to value, None where it is not known.
        departure_delay_minutes: How late it left; one of the features.
        actual_delay_minutes: How late it arrived in the end; negative where it was early.
    """

    description: str
    features: Mapping[str, float | str | None]
    departure_delay_minutes: float
    actual_delay_minutes: float


def samples(count: int = 5) -> list[SampleFlight]:
    """Flights of December 2013, each of a different delay at departure: always the same ones.

    Args:
        count: How many, at least 1. Defaults to 5.

    Raises:
        StepError: The package with the flights is not installed, or its files are not the known ones.
    """
    tables = _tables()
    flights = tables.flights
    with_weather = flights["time_hour"].isin(tables.weather["time_hour"])
    arrived = flights[(flights["month"] == MONTH) & flights["arr_delay"].notna() & with_weather]
    ordered = arrived.sort_values(["dep_delay", "time_hour", "carrier", "flight"])
    step = (MOST_SHARE - LEAST_SHARE) / max(count - 1, 1)
    chosen = ordered.iloc[[int((LEAST_SHARE + step * number) * len(ordered)) for number in range(count)]]
    features = build_features(Tables(flights=chosen, weather=tables.weather, planes=tables.planes))
    return [
        SampleFlight(
            description=_description(flight),
            features=row,
            departure_delay_minutes=float(flight["dep_delay"]),
            actual_delay_minutes=float(flight["arr_delay"]),
        )
        for row, (_, flight) in zip(json_rows(features), chosen.iterrows(), strict=True)
    ]


@cache
def _tables() -> Tables:
    with TemporaryDirectory(prefix="flights-") as temporary:
        folder = Path(temporary)
        copy_files(find_files(), folder)
        return read_tables(folder)


def _description(flight: "pd.Series") -> str:
    day = pd.Timestamp(year=flight["year"], month=flight["month"], day=flight["day"])
    return (
        f"{flight['carrier']} {flight['flight']} {flight['origin']}-{flight['dest']},"
        f" {day.day} {day:%B %Y}, {flight['hour']:02}:{flight['minute']:02}"
    )
