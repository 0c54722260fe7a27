"""The feature store's sources, made of the raw tables: `python -m flight_delay.feature_tables <folder>`."""

import sys
from pathlib import Path

import pandas as pd

from flight_delay.feature_definitions import FEATURES, PUNCTUALITY_DAYS
from flight_delay.source import find_files
from flight_delay.tables import Tables, read_tables

HOUR = pd.Timedelta("1h")
SIXTEENTHS = 16


def weather_table(weather: pd.DataFrame) -> pd.DataFrame:
    """Return the weather of each airport and hour, known from the hour's end on: the view `weather`."""
    return pd.DataFrame(
        {
            "origin": weather["origin"],
            "known_at": pd.to_datetime(weather["time_hour"], utc=True) + HOUR,
            "temperature_fahrenheit": weather["temp"].round(),
            "humidity_percent": weather["humid"].round(),
            "wind_direction_degrees": weather["wind_dir"],
            "wind_speed_miles_per_hour": weather["wind_speed"].round(),
            "wind_gust_miles_per_hour": weather["wind_gust"].round(),
            "precipitation_hundredths_inch": (weather["precip"] * 100).round(),
            "pressure_hectopascals": weather["pressure"].round(),
            "visibility_miles": (weather["visib"] * SIXTEENTHS).round() / SIXTEENTHS,
        }
    )


def punctuality_table(flights: pd.DataFrame) -> pd.DataFrame:
    """Return how late flights have been in the last days, at each hour's end: the view `punctuality`.

    A flight counts from when it has landed, which is later than when it left: none that is still in the air is in it.
    """
    arrived = flights[flights["arr_delay"].notna() & flights["air_time"].notna()]
    minutes = arrived["minute"] + arrived["dep_delay"] + arrived["air_time"]
    landed = pd.to_datetime(arrived["time_hour"], utc=True) + pd.to_timedelta(minutes, unit="min")
    # The taxi to the gate, where the delay is measured, is in no column: an hour is more than it takes.
    known = pd.DataFrame(
        {
            "origin": arrived["origin"],
            "carrier": arrived["carrier"],
            "known_at": (landed + HOUR).dt.ceil("h"),
            "delay": arrived["arr_delay"].astype(float),
        }
    ).sort_values("known_at", kind="stable")
    window = known.set_index("known_at").groupby(["origin", "carrier"])["delay"].rolling(f"{PUNCTUALITY_DAYS}D")
    table = pd.DataFrame({"mean_arrival_delay_minutes": window.mean(), "landed_flights": window.count()}).reset_index()
    table = table.drop_duplicates(["origin", "carrier", "known_at"], keep="last")
    return table.astype({"landed_flights": "int64"}).reset_index(drop=True)


def write_tables(tables: Tables, folder: Path) -> list[Path]:
    """Write the files of each view below a folder, as the definition's sources have them."""
    made = {"weather": weather_table(tables.weather), "punctuality": punctuality_table(tables.flights)}
    written = []
    for view in FEATURES.views:
        file = folder / view.name / "rows.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        made[view.name].to_parquet(file, index=False)
        written.append(file)
    return written


if __name__ == "__main__":
    for path in write_tables(read_tables(next(iter(find_files().values())).parent), Path(sys.argv[1])):
        sys.stdout.write(f"{path}\n")
