"""Training sets as of each row's time: nothing from after it leaks in, and Feast finds the same."""

import json
import random
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlops_runtime.features.definition import Entity, Feature, FeatureStoreDefinition, FeatureView, ValueType
from mlops_runtime.features.errors import FeatureDefinitionError
from mlops_runtime.features.history import historical, read_parquet
from mlops_runtime.features.materialise import BEGINNING, interval_of

START = datetime(2026, 3, 1, tzinfo=UTC)
AIRPORT = Entity(name="airport", description="IATA code")
WIND = Feature(name="wind", value_type=ValueType.FLOAT64, unit="mph", description="Mean of the hour")
COUNT = Feature(name="count", value_type=ValueType.INT64, description="How many measurements")
VIEW = FeatureView(
    name="weather",
    entities=(AIRPORT,),
    features=(WIND, COUNT),
    event_time="known_at",
    time_to_live_seconds=2 * 3600,
    source="weather.parquet",
)
STORE = FeatureStoreDefinition(views=(VIEW,))
# The script that has Feast answer the same question, in Feast's own environment.
ASK_FEAST = """
import json, sys
from pathlib import Path
import pandas as pd
from mlops_runtime.features import feast_store
from mlops_runtime.features.definition import FeatureStoreDefinition
folder = Path(sys.argv[1])
definition = FeatureStoreDefinition.from_document(json.loads((folder / "definition.json").read_text()))
store = feast_store.open_store("flights", feast_store.RedisAddress(host_and_port="localhost:1"), folder / "registry.db")
feast_store.apply(store, definition, lambda source: str(folder / source))
rows = pd.read_parquet(folder / "rows.parquet").rename(columns={"at": "event_timestamp"})
found = store.get_historical_features(rows, ["weather_v1:wind", "weather_v1:count"]).to_df()
found.sort_values("row").to_parquet(folder / "found.parquet")
"""


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def known(*rows: tuple[str, float, float]) -> pd.DataFrame:
    """Rows of airport, hour and wind, in this order."""
    return pd.DataFrame(
        [
            {"airport": airport, "known_at": at(hour), "wind": wind, "count": round(hour * 100)}
            for airport, hour, wind in rows
        ]
    )


def found(table: pd.DataFrame, *rows: tuple[str | None, float], view: FeatureView = VIEW) -> list[float | None]:
    """The wind at each airport and hour."""
    frame = pd.DataFrame([{"airport": airport, "at": at(hour)} for airport, hour in rows])

    def read(_: FeatureView, columns: Sequence[str]) -> pd.DataFrame:
        return table.loc[:, list(columns)]

    joined = historical(FeatureStoreDefinition(views=(view,)), frame, ["weather_v1:wind"], event_time="at", read=read)
    assert joined["airport"].tolist() == frame["airport"].tolist()
    return [None if pd.isna(value) else float(value) for value in joined["wind"]]


def test_no_feature_from_after_the_event_leaks_in() -> None:
    table = known(("JFK", 1, 10.0), ("JFK", 2, 20.0), ("JFK", 3, 30.0))
    assert found(table, ("JFK", 0.99), ("JFK", 1), ("JFK", 1.99), ("JFK", 2), ("JFK", 2.5)) == [
        None,
        10.0,
        10.0,
        20.0,
        20.0,
    ]


def test_what_comes_later_changes_nothing_of_what_was_known_before() -> None:
    """Whatever is appended with a later time, each row's features stay: the plain meaning of no leak."""
    numbers = random.Random(7)  # noqa: S311 - no secret
    rows = [(numbers.choice(["JFK", "EWR"]), numbers.uniform(0, 50), numbers.random()) for _ in range(300)]
    asked = [(numbers.choice(["JFK", "EWR"]), numbers.uniform(0, 50)) for _ in range(200)]
    everything = found(known(*rows), *asked)
    for cut in (10.0, 25.0, 40.0):
        early = known(*(row for row in rows if row[1] <= cut))
        for question, whole, so_far in zip(asked, everything, found(early, *asked), strict=True):
            if question[1] <= cut:
                assert whole == so_far


def test_the_order_in_which_rows_came_does_not_matter() -> None:
    rows = [("JFK", float(hour), float(hour)) for hour in range(20)]
    asked = [("JFK", hour + 0.5) for hour in range(20)]
    shuffled = random.Random(3).sample(rows, len(rows))  # noqa: S311 - no secret
    assert found(known(*shuffled), *asked) == found(known(*rows), *asked) == [float(hour) for hour in range(20)]


def test_of_several_rows_of_one_time_the_last_one_counts() -> None:
    assert found(known(("JFK", 1, 10.0), ("JFK", 1, 11.0)), ("JFK", 1.5)) == [11.0]


def test_what_is_older_than_its_time_to_live_is_not_known_any_more() -> None:
    table = known(("JFK", 1, 10.0))
    assert found(table, ("JFK", 3), ("JFK", 3.01)) == [10.0, None]
    endless = FeatureView(**{**vars(VIEW), "time_to_live_seconds": None})
    assert found(table, ("JFK", 3.01), ("JFK", 5000), view=endless) == [10.0, 10.0]


def test_a_row_without_key_or_of_an_unknown_one_keeps_its_place() -> None:
    assert found(known(("JFK", 1, 10.0)), (None, 1.5), ("JFK", 1.5), ("LGA", 1.5)) == [None, 10.0, None]


def test_rows_keep_their_index_and_columns() -> None:
    frame = pd.DataFrame({"airport": ["JFK", "EWR"], "at": [at(1), at(2)], "label": [1, 2]}, index=[9, 4])
    joined = historical(STORE, frame, ["weather_v1"], event_time="at", read=lambda *_: known(("EWR", 1, 3.0)))
    assert joined.index.tolist() == [9, 4]
    assert joined.columns.tolist() == ["airport", "at", "label", "wind", "count"]
    assert joined["count"].dtype == "Int64"
    assert joined["count"].isna().tolist() == [True, False]


def test_a_whole_number_that_no_float_is_stays_whole_beside_rows_without_one() -> None:
    great = 2**60 + 1
    frame = pd.DataFrame({"airport": ["JFK", "EWR"], "at": [at(1), at(1)]})
    table = known(("JFK", 1, 3.0)).assign(count=great)
    joined = historical(STORE, frame, ["weather_v1"], event_time="at", read=lambda *_: table)
    assert joined["count"].tolist()[0] == great
    assert joined["count"].isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("features", "columns", "expected"),
    [
        (["weather_v1:wnd"], ["airport", "at"], "got no feature wnd, expected one of"),
        (["weather_v2:wind"], ["airport", "at"], "got no view weather_v2, expected one of weather_v1"),
        (["weather_v1"], ["at"], "got no column airport"),
        (["weather_v1"], ["airport"], "got no column at"),
        (["weather_v1"], ["airport", "at", "wind"], "got a column wind, expected none"),
    ],
)
def test_a_feature_that_is_not_defined_is_refused(features: list[str], columns: list[str], expected: str) -> None:
    frame = pd.DataFrame({name: [START] if name == "at" else ["JFK"] for name in columns})
    with pytest.raises(FeatureDefinitionError, match=expected):
        historical(STORE, frame, features, event_time="at", read=lambda *_: known(("JFK", 1, 1.0)))


def test_feast_finds_the_same(feast_python: Path, tmp_path: Path) -> None:
    numbers = random.Random(11)  # noqa: S311 - no secret
    airports = ["JFK", "EWR", "LGA"]
    # Whole minutes, so that many rows and questions fall on the same one.
    rows = {(numbers.choice(airports), numbers.randrange(0, 3000)) for _ in range(400)}
    shuffled = numbers.sample(sorted(rows), len(rows))
    table = known(*((airport, minute / 60, numbers.random()) for airport, minute in shuffled))
    table.loc[::17, "wind"] = np.nan
    # Each once: of two rows with the same key and time Feast answers one.
    asked = sorted({(numbers.choice([*airports, "BOS"]), numbers.randrange(0, 3200)) for _ in range(300)})
    frame = pd.DataFrame(
        [{"airport": airport, "at": at(minute / 60), "row": row} for row, (airport, minute) in enumerate(asked)]
    )
    table.to_parquet(tmp_path / "weather.parquet")
    frame.to_parquet(tmp_path / "rows.parquet")
    (tmp_path / "definition.json").write_text(json.dumps(STORE.document()))
    command = [str(feast_python), "-W", "ignore", "-c", ASK_FEAST, str(tmp_path)]
    root = Path(__file__).parents[4]
    environment = {"PYTHONPATH": str(root / "pipelines"), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    feast = pd.read_parquet(tmp_path / "found.parquet").set_index("row")
    ours = historical(
        STORE, frame, ["weather_v1"], event_time="at", read=read_parquet(lambda source: str(tmp_path / source))
    ).set_index("row")
    assert 20 < ours["wind"].isna().sum() < len(asked) - 20
    # Feast leaves out a row of whose features all are too old. Here it keeps its place, with nulls.
    left_out = ours.index.difference(feast.index)
    assert len(feast) + len(left_out) == len(asked) > 250 + len(left_out)
    assert ours.loc[left_out, ["wind", "count"]].isna().all(axis=None)
    same = ours.loc[feast.index]
    np.testing.assert_array_equal(feast["wind"].to_numpy(float), same["wind"].to_numpy(float))
    np.testing.assert_array_equal(feast["count"].to_numpy(float), same["count"].to_numpy(float, na_value=np.nan))


@pytest.mark.parametrize(
    ("time_to_live_seconds", "done_up_to", "start"),
    [
        (None, None, BEGINNING),
        (None, at(10), at(4)),
        (7200, None, at(18)),
        (7200, at(10), at(18)),
        (None, at(30), at(20)),
        (10 * 3600, at(19), at(13)),
    ],
)
def test_a_run_begins_where_the_last_one_ended_less_what_may_be_late(
    time_to_live_seconds: int | None, done_up_to: datetime | None, start: datetime
) -> None:
    view = FeatureView(**{**vars(VIEW), "time_to_live_seconds": time_to_live_seconds})
    interval = interval_of(view, done_up_to=done_up_to, now=at(20), lateness=timedelta(hours=6))
    assert (interval.start, interval.end) == (start, at(20))
