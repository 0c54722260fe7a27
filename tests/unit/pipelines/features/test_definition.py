"""A feature definition: read without any library, the same on every target, and wrong all at once."""

import json
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from mlops_runtime.features.definition import Entity, Feature, FeatureStoreDefinition, FeatureView, ValueType
from mlops_runtime.features.errors import FeatureDefinitionError

AIRPORT = Entity(name="airport", value_type=ValueType.TEXT, description="IATA code")
CARRIER = Entity(name="carrier", value_type=ValueType.TEXT, description="IATA code of the airline")
WIND = Feature(name="wind_speed", value_type=ValueType.FLOAT64, unit="mph", description="Mean of the hour")
RAIN = Feature(name="precipitation", value_type=ValueType.FLOAT32, unit="inches", description="Of the hour")
WEATHER = FeatureView(
    name="weather",
    entities=(AIRPORT,),
    features=(WIND, RAIN),
    event_time="observed_at",
    time_to_live_seconds=7200,
    source="s3://bucket/weather",
)
DELAYS = FeatureView(
    name="delays",
    entities=(AIRPORT, CARRIER),
    features=(Feature(name="mean_delay", value_type=ValueType.FLOAT64, unit="minutes", description="Of a week"),),
    event_time="known_at",
    source="pvc://flights/delays",
)
STORE = FeatureStoreDefinition(views=(WEATHER, DELAYS))


def problems_of(*views: FeatureView) -> str:
    with pytest.raises(FeatureDefinitionError) as caught:
        FeatureStoreDefinition(views=views)
    return str(caught.value)


def test_a_definition_comes_back_from_its_document_by_way_of_json() -> None:
    back = FeatureStoreDefinition.from_document(json.loads(json.dumps(STORE.document())))
    assert back.document() == STORE.document()
    assert back.digest() == STORE.digest()
    assert back.view("weather_v1").entities == (AIRPORT,)
    assert back.view("weather_v1").time_to_live_seconds == 7200
    assert back.view("delays_v1").entity_names == ("airport", "carrier")


def test_the_digest_does_not_depend_on_the_order_of_views_and_features() -> None:
    turned = FeatureStoreDefinition(views=(DELAYS, replace(WEATHER, features=(RAIN, WIND))))
    assert turned.digest() == STORE.digest()
    assert STORE.digest().startswith("sha256:")


@pytest.mark.parametrize(
    "changed",
    [
        replace(WEATHER, time_to_live_seconds=None),
        replace(WEATHER, features=(WIND,)),
        replace(WEATHER, features=(replace(WIND, unit="knots"), RAIN)),
        replace(WEATHER, features=(replace(WIND, value_type=ValueType.FLOAT32), RAIN)),
        replace(WEATHER, version=2),
        replace(WEATHER, online=False),
        replace(WEATHER, source="s3://bucket/other"),
    ],
)
def test_the_digest_depends_on_all_that_it_says(changed: FeatureView) -> None:
    assert FeatureStoreDefinition(views=(changed, DELAYS)).digest() != STORE.digest()


def test_two_versions_of_a_view_stand_beside_one_another() -> None:
    second = replace(WEATHER, version=2, features=(WIND,))
    store = FeatureStoreDefinition(views=(WEATHER, second))
    assert store.view("weather_v2").feature_names == ("wind_speed",)
    assert store.view("weather_v1").feature_names == ("wind_speed", "precipitation")


def test_all_that_is_wrong_is_told_at_once() -> None:
    told = problems_of(
        replace(
            WEATHER, name="Weather", version=0, time_to_live_seconds=0, source="ftp://x/y", online=False, offline=False
        ),
        replace(DELAYS, entities=(), features=()),
    )
    for expected in ("'Weather'", "version: got 0", "time_to_live_seconds: got 0", "ftp://x/y", "neither online"):
        assert expected in told
    assert "view delays: got no entity" in told
    assert "view delays: got 0 features" in told


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (replace(WEATHER, features=(WIND, WIND)), "got 2 columns wind_speed"),
        (replace(WEATHER, event_time="airport"), "got 2 columns airport"),
        (replace(WEATHER, features=(replace(WIND, name="write_time"),)), "feature stores use themselves"),
        (replace(WEATHER, features=(replace(WIND, name="wind__speed"),)), "single underscores"),
        (replace(WEATHER, features=(replace(WIND, name="w" * 61),)), "at most 60"),
        (replace(WEATHER, entities=(replace(AIRPORT, value_type=ValueType.FLOAT64),)), "expected text or int64"),
    ],
)
def test_a_column_that_a_target_would_not_take_is_refused(view: FeatureView, expected: str) -> None:
    assert expected in problems_of(view)


def test_a_view_twice_or_two_meanings_of_an_entity_are_refused() -> None:
    told = problems_of(WEATHER, WEATHER)
    assert "view weather_v1: got 2 views" in told
    told = problems_of(WEATHER, replace(DELAYS, entities=(replace(AIRPORT, value_type=ValueType.INT64), CARRIER)))
    assert "entity airport: got two definitions" in told
    assert "got no view" in problems_of()


def test_a_view_that_is_not_defined_is_refused_by_name() -> None:
    with pytest.raises(FeatureDefinitionError, match=r"got 'wether_v1', expected one of weather_v1, delays_v1"):
        STORE.view("wether_v1")


def _broken(**changes: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(STORE.document()))
    document["views"][1].update(changes)
    return document


def test_a_document_with_wrong_values_tells_each_at_its_place() -> None:
    document = _broken(version="1", online=1, colour="red")
    document["views"][0]["entities"][0]["value_type"] = "float128"
    del document["views"][0]["features"][0]["name"]
    with pytest.raises(FeatureDefinitionError) as caught:
        FeatureStoreDefinition.from_document(document)
    told = caught.value.problems
    assert [problem.split(": got")[0] for problem in told] == [
        "views[0].entities[0].value_type",
        "views[0].features[0]",
        "views[1].colour",
        "views[1].version",
        "views[1].online",
    ]


@pytest.mark.parametrize("document", [{}, {"format": 2, "views": []}, {"format": True, "views": []}, {"format": 1}])
def test_a_document_of_another_form_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(FeatureDefinitionError):
        FeatureStoreDefinition.from_document(document)


def test_the_definition_needs_nothing_beyond_the_package_but_the_standard_library() -> None:
    code = (
        "import sys, mlops_runtime; before = set(sys.modules); import mlops_runtime.features.document; "
        "new = {name.split('.')[0] for name in set(sys.modules) - before}; "
        "print(*sorted(new - sys.stdlib_module_names))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["mlops_runtime"]
