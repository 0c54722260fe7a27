"""Step `features`: what is known about a flight at the moment it leaves the gate, and nothing that comes after."""

import pandas as pd

from flight_delay.columns import CATEGORIES, DATE, FEATURES, NUMBERS, TARGET
from flight_delay.expectations import MINUTES_OF_DAY, minute_of_day
from flight_delay.feature_definitions import WEATHER_MAX_AGE_SECONDS
from flight_delay.feature_tables import weather_table
from flight_delay.frames import write_frame
from flight_delay.graph import FlightDelayParameters
from flight_delay.tables import Tables, read_tables
from mlops_runtime.context import StepContext
from mlops_runtime.serving.contract import in_one_unicode_form

FEATURES_FILE = "features.npz"
WEATHER_MAX_AGE = pd.Timedelta(seconds=WEATHER_MAX_AGE_SECONDS)


def features(context: StepContext[FlightDelayParameters]) -> None:
    """Write one row for each flight that arrived: its date, its features and how late it arrived."""
    frame = labelled_features(read_tables(context.input("ingest")))
    write_frame(frame, context.output / FEATURES_FILE)
    context.log_metrics({"rows_features": len(frame), "share_without_weather": frame["humidity_percent"].isna().mean()})
    context.message = f"{len(frame)} flights with {len(FEATURES)} features each"


def labelled_features(tables: Tables) -> pd.DataFrame:
    """Return the flights that arrived, in order of their scheduled departure.

    Returns:
        One row each: `date` (of the schedule, in New York), the features in their order, `arrival_delay_minutes`.
    """
    arrived = tables.flights[tables.flights["arr_delay"].notna()]
    ordered = arrived.sort_values(["time_hour", "minute", "carrier", "flight", "origin"]).reset_index(drop=True)
    frame = build_features(Tables(flights=ordered, weather=tables.weather, planes=tables.planes))
    frame.insert(0, DATE, pd.to_datetime(ordered[["year", "month", "day"]]))
    frame[TARGET] = ordered["arr_delay"].astype(float)
    return frame


def build_features(tables: Tables) -> pd.DataFrame:
    """Join flights that have left with the weather before that and with their planes.

    Of the flights, only the schedule and the departure delay are read. The weather is the latest whose hour was over
    when the flight left: the record of an hour may have been taken at its very end.

    Returns:
        The features in their order, one row for each flight, in the flights' order.
    """
    flights = tables.flights.reset_index(drop=True)
    departure_minute = minute_of_day(flights["sched_dep_time"])
    frame = pd.DataFrame(
        {
            "carrier": flights["carrier"],
            "origin": flights["origin"],
            "destination": flights["dest"],
            "departure_delay_minutes": flights["dep_delay"].astype(float),
            "scheduled_departure_minute_of_day": departure_minute.astype(float),
            # Both clocks are local, so this is flying time and time zones in one; it does not change from day to day.
            "scheduled_clock_minutes": (minute_of_day(flights["sched_arr_time"]) - departure_minute) % MINUTES_OF_DAY,
            "day_of_week": pd.to_datetime(flights[["year", "month", "day"]]).dt.dayofweek,
            "distance_miles": flights["distance"],
        }
    )
    for name in CATEGORIES:
        frame[name] = frame[name].map(in_one_unicode_form, na_action="ignore")
    frame = frame.join(_weather_before(flights, tables.weather)).join(_planes(flights, tables.planes))
    return frame.loc[:, list(FEATURES)].astype(dict.fromkeys(NUMBERS, float))


def _weather_before(flights: pd.DataFrame, weather: pd.DataFrame) -> pd.DataFrame:
    scheduled = pd.to_datetime(flights["time_hour"], utc=True) + pd.to_timedelta(flights["minute"], unit="min")
    left = scheduled + pd.to_timedelta(flights["dep_delay"], unit="min")
    wanted = pd.DataFrame({"origin": flights["origin"], "at": left, "row": flights.index}).sort_values("at")
    known = weather_table(weather).rename(columns={"known_at": "at"}).sort_values("at")
    joined = pd.merge_asof(wanted, known, on="at", by="origin", tolerance=WEATHER_MAX_AGE)
    return joined.set_index("row").drop(columns=["origin", "at"])


def _planes(flights: pd.DataFrame, planes: pd.DataFrame) -> pd.DataFrame:
    known = planes.set_index("tailnum").reindex(flights["tailnum"])
    return pd.DataFrame(
        {
            "plane_age_years": flights["year"].to_numpy() - known["year"].to_numpy(),
            "plane_seats": known["seats"].to_numpy(dtype=float),
        }
    )
