"""The model's features: names and order, the same in training, in the artifact and in a request.

Every number is whole or a multiple of a sixteenth, so that float32 holds it exactly and no tree decides otherwise in
the served model than in the trained one.
"""

CATEGORIES = ("carrier", "origin", "destination")
NUMBERS = (
    "departure_delay_minutes",
    "scheduled_departure_minute_of_day",
    "scheduled_clock_minutes",
    "day_of_week",
    "distance_miles",
    "temperature_fahrenheit",
    "humidity_percent",
    "wind_direction_degrees",
    "wind_speed_miles_per_hour",
    "wind_gust_miles_per_hour",
    "precipitation_hundredths_inch",
    "pressure_hectopascals",
    "visibility_miles",
    "plane_age_years",
    "plane_seats",
)
FEATURES = (*CATEGORIES, *NUMBERS)
# Weather and planes are not always known; the schedule and the delay so far are.
ALWAYS_KNOWN = frozenset(NUMBERS[:5])
TARGET = "arrival_delay_minutes"
DATE = "date"
