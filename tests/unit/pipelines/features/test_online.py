"""From files to an answer, with the real Feast and the real Redis: online is what offline says it must be."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pandas as pd
import pytest

from mlops_runtime.features.definition import Entity, Feature, FeatureStoreDefinition, FeatureView, ValueType
from mlops_runtime.features.feast_store import located
from mlops_runtime.features.history import historical, read_parquet
from mlops_runtime.features.lookup import OnlineFeatures, OnlineStoreUnavailableError, WhenUnavailable
from mlops_runtime.features.references import references_of
from tests.unit.pipelines.features.conftest import Programs, Redis

NOW = datetime.now(UTC).replace(microsecond=0)
AIRPORT = Entity(name="airport", description="IATA code")
GATE = Entity(name="gate", value_type=ValueType.INT64, description="Number of the gate")
EVERY_TYPE = tuple(Feature(name=f"as_{kind}", value_type=kind, description="One of each") for kind in ValueType)
WEATHER = FeatureView(
    name="weather",
    entities=(AIRPORT,),
    features=EVERY_TYPE,
    event_time="known_at",
    time_to_live_seconds=3 * 3600,
    source="pvc://tables/weather",
)
QUEUES = FeatureView(
    name="queues",
    entities=(AIRPORT, GATE),
    features=(Feature(name="minutes", value_type=ValueType.FLOAT64, unit="minutes", description="Waiting time"),),
    event_time="known_at",
    source="pvc://tables/queues",
)
STORE = FeatureStoreDefinition(views=(WEATHER, QUEUES))
ALL = ["weather_v1", "queues_v1"]


def weather(airport: str, minutes_ago: int, number: float) -> dict[str, Any]:
    """A row whose values all tell its number."""
    return {
        "airport": airport,
        "known_at": NOW - timedelta(minutes=minutes_ago),
        "as_float32": number + 0.1,
        "as_float64": number + 0.1,
        "as_int64": 2**60 + int(number),
        "as_bool": int(number) % 2 == 1,
        "as_text": f"grün {number:g}",
        "as_datetime": NOW - timedelta(hours=number),
    }


def write(programs: Programs, view: str, name: str, rows: list[dict[str, Any]]) -> None:
    file = programs.folder / "claims" / "tables" / view / f"{name}.parquet"
    file.parent.mkdir(parents=True, exist_ok=True)
    frame = pd.DataFrame(rows)
    frame.astype({"as_float32": "float32"} if "as_float32" in frame else {}).to_parquet(file)


def look_up(url: str, keys: dict[str, list[Any]], now: datetime = NOW, **options: Any) -> list[dict[str, Any]]:
    async def asked() -> list[dict[str, Any]]:
        features = OnlineFeatures(
            references_of(STORE, ALL),
            url,
            timeout_seconds=options.pop("timeout_seconds", 30),
            clock=lambda: now,
            **options,
        )
        try:
            return (await features.look_up(keys)).values
        finally:
            await features.close()

    return asyncio.run(asked())


@pytest.fixture(scope="module")
def url(programs: Programs) -> Iterator[str]:
    """The address of a store whose first rows are online."""
    (programs.folder / "definition.json").write_text(json.dumps(STORE.document()))
    write(programs, "weather", "first", [weather("JFK", 90, 1), weather("JFK", 30, 2), weather("EWR", 170, 3)])
    write(
        programs,
        "queues",
        "first",
        [{"airport": "JFK", "gate": 7, "known_at": NOW - timedelta(days=9), "minutes": 4.5}],
    )
    with programs.server() as address:
        done = programs.materialise("--now", (NOW - timedelta(minutes=20)).isoformat())
        assert done.code == 0, done.told
        yield address()


KEYS: dict[str, list[Any]] = {"airport": ["JFK", "EWR", "LGA"], "gate": [7, 7, 8]}


def test_the_same_row_gives_the_same_features_in_training_and_in_serving(url: str, programs: Programs) -> None:
    rows = pd.DataFrame({**KEYS, "at": [NOW] * 3})
    read = read_parquet(located(programs.folder / "claims"))
    offline = historical(STORE, rows, ALL, event_time="at", read=read)
    online = pd.DataFrame(look_up(url, KEYS), dtype=object)
    for view in STORE.views:
        for feature in view.features:
            there, here = online[feature.name], offline[feature.name]
            assert there.isna().tolist() == here.isna().tolist(), feature
            pairs = [(one, other) for one, other in zip(there, here, strict=True) if not pd.isna(other)]
            assert pairs, feature
            for one, other in pairs:
                kind = feature.value_type
                assert (pd.Timestamp(one) if kind is ValueType.DATETIME else one) == other, feature
    assert online["as_int64"].tolist()[0] == 2**60 + 2
    assert online["minutes"].tolist()[0] == 4.5


def test_what_is_older_than_its_time_to_live_is_not_used_online_either(url: str) -> None:
    (before, _, _), (after, ewr, _) = (look_up(url, KEYS, now=NOW + timedelta(minutes=more)) for more in (0, 20))
    assert (before["as_float64"], after["as_float64"]) == (2.1, 2.1)
    assert ewr["as_float64"] is None
    assert look_up(url, KEYS, now=NOW + timedelta(days=2))[0] == {
        **dict.fromkeys(feature.name for feature in EVERY_TYPE),
        "minutes": 4.5,
    }


def test_late_and_out_of_order_events_come_online_and_never_replace_newer_ones(url: str, programs: Programs) -> None:
    # Since the last run, up to 20 minutes ago: one on time, one that is late, and one that is late and older.
    write(programs, "weather", "second", [weather("JFK", 60, 4), weather("EWR", 25, 5), weather("LGA", 10, 6)])
    done = programs.materialise("--now", NOW.isoformat())
    assert done.code == 0, done.told
    assert f"view queues_v1: online from {(NOW - timedelta(hours=24, minutes=20)).isoformat()}" in done.told
    jfk, ewr, lga = look_up(url, KEYS)
    assert [row["as_float64"] for row in (jfk, ewr, lga)] == [2.1, 5.1, 6.1]


def test_a_run_that_is_stopped_goes_on_with_the_view_that_it_was_at(url: str, programs: Programs) -> None:
    folder = programs.folder / "claims" / "tables"
    (folder / "weather").rename(folder / "elsewhere")
    # Views are done in the document's order: the queues are online when the run fails.
    first = programs.materialise("--now", (NOW + timedelta(minutes=1)).isoformat())
    assert first.code == 1
    assert "view queues_v1: online" in first.told
    assert "view weather_v1: online" not in first.told
    (folder / "elsewhere").rename(folder / "weather")
    again = programs.materialise("--now", (NOW + timedelta(minutes=2)).isoformat())
    assert again.code == 0, again.told
    # The queues go on from the run that failed. The weather begins again, with all that is not too old to be used.
    assert f"queues_v1: online from {(NOW - timedelta(hours=24, minutes=-1)).isoformat()}" in again.told
    assert f"weather_v1: online from {(NOW - timedelta(hours=3, minutes=-2)).isoformat()}" in again.told
    assert look_up(url, KEYS)[0]["minutes"] == 4.5


def test_the_server_takes_nothing_that_changes_the_store(url: str) -> None:
    for path in ("/push", "/write-to-online-store", "/materialize", "/materialize-incremental", "/docs", "/chat"):
        assert httpx.post(f"{url}{path}", json={}).status_code == 404


def test_a_lost_online_store_degrades_as_it_is_said_and_comes_back_with_all_its_rows(url: str, redis: Redis) -> None:
    before = look_up(url, KEYS)
    redis.stop()
    try:
        with pytest.raises(OnlineStoreUnavailableError):
            look_up(url, KEYS, timeout_seconds=5)
        nulls = look_up(url, KEYS, timeout_seconds=5, when_unavailable=WhenUnavailable.NULLS)
        assert [set(row.values()) for row in nulls] == [{None}] * 3
    finally:
        redis.start()
    # Nothing was brought online again: the rows are those of the append-only file.
    assert look_up(url, KEYS) == before
    assert before[0]["as_float64"] == 2.1
