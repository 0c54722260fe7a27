"""The features of flights that are looked up by key: the weather at an airport, how late a carrier's flights were.

A definition is read without the libraries that the steps need; `flight_delay.feature_tables` writes the files.
"""

from mlops_runtime.features.definition import Entity, Feature, FeatureStoreDefinition, FeatureView, ValueType

WEATHER_MAX_AGE_SECONDS = 6 * 3600
PUNCTUALITY_DAYS = 7
PUNCTUALITY_MAX_AGE_SECONDS = 2 * 24 * 3600

ORIGIN = Entity(name="origin", description="Airport of departure, by its IATA code.")
CARRIER = Entity(name="carrier", description="Airline, by its IATA code.")


def _measured(name: str, unit: str, description: str) -> Feature:
    return Feature(name=name, value_type=ValueType.FLOAT64, unit=unit, description=description)


WEATHER = FeatureView(
    name="weather",
    entities=(ORIGIN,),
    features=(
        _measured("temperature_fahrenheit", "degrees Fahrenheit", "Temperature, rounded."),
        _measured("humidity_percent", "percent", "Relative humidity, rounded."),
        _measured("wind_direction_degrees", "degrees", "Direction that the wind comes from; 0 is north."),
        _measured("wind_speed_miles_per_hour", "miles per hour", "Wind speed, rounded."),
        _measured("wind_gust_miles_per_hour", "miles per hour", "Speed of the strongest gust, rounded."),
        _measured("precipitation_hundredths_inch", "hundredths of an inch", "Precipitation within the hour."),
        _measured("pressure_hectopascals", "hectopascals", "Air pressure at sea level, rounded."),
        _measured("visibility_miles", "miles", "Visibility, in sixteenths."),
    ),
    # The record of an hour may have been taken at its very end: it is known when the hour is over.
    event_time="known_at",
    time_to_live_seconds=WEATHER_MAX_AGE_SECONDS,
    source="pvc://flight-features/weather",
)
PUNCTUALITY = FeatureView(
    name="punctuality",
    entities=(ORIGIN, CARRIER),
    features=(
        _measured(
            "mean_arrival_delay_minutes", "minutes", "Mean arrival delay of the flights that landed in seven days."
        ),
        Feature(name="landed_flights", value_type=ValueType.INT64, description="How many flights that mean is of."),
    ),
    event_time="known_at",
    time_to_live_seconds=PUNCTUALITY_MAX_AGE_SECONDS,
    source="pvc://flight-features/punctuality",
)
FEATURES = FeatureStoreDefinition(views=(WEATHER, PUNCTUALITY))
