"""The class of a change of a feature definition, told at its place with what happens on each target."""

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops_runtime.features.definition import Entity, Feature, FeatureStoreDefinition, FeatureView, ValueType
from pulumi_mlops._shared.schema_change import (
    ChangeClass,
    class_of,
    classify,
    differences,
    summary,
    unacknowledged,
    view_names,
)

AIRPORT = Entity(name="airport", description="IATA code")
WIND = Feature(name="wind_speed", value_type=ValueType.FLOAT64, unit="mph", description="Mean of the hour")
RAIN = Feature(name="rain", value_type=ValueType.FLOAT64, unit="inches", description="Of the hour")
WEATHER = FeatureView(
    name="weather",
    entities=(AIRPORT,),
    features=(WIND,),
    event_time="observed_at",
    time_to_live_seconds=7200,
    source="s3://bucket/weather",
)
Change = Callable[[FeatureView], FeatureView]


def document(*views: FeatureView) -> dict[str, Any]:
    return dict(FeatureStoreDefinition(views=views).document())


BREAKING: dict[str, tuple[str, Change]] = {
    "type": (
        "features.wind_speed.value_type",
        lambda v: replace(v, features=(replace(WIND, value_type=ValueType.TEXT),)),
    ),
    "removed": ("features.wind_speed", lambda v: replace(v, features=(RAIN,))),
    "key": ("entities", lambda v: replace(v, entities=(replace(AIRPORT, name="station"),))),
    "key's type": ("entities", lambda v: replace(v, entities=(replace(AIRPORT, value_type=ValueType.INT64),))),
    "event time": ("event_time", lambda v: replace(v, event_time="known_at")),
    "shorter": ("time_to_live_seconds", lambda v: replace(v, time_to_live_seconds=3600)),
    "offline": ("offline", lambda v: replace(v, offline=False)),
    "online": ("online", lambda v: replace(v, online=False)),
}
COMPATIBLE: dict[str, tuple[str, Change]] = {
    "description": (
        "features.wind_speed.description",
        lambda v: replace(v, features=(replace(WIND, description="Gusts"),)),
    ),
    "unit": ("features.wind_speed.unit", lambda v: replace(v, features=(replace(WIND, unit="miles per hour"),))),
    "longer": ("time_to_live_seconds", lambda v: replace(v, time_to_live_seconds=7201)),
    "for ever": ("time_to_live_seconds", lambda v: replace(v, time_to_live_seconds=None)),
    "source": ("source", lambda v: replace(v, source="s3://bucket/other")),
    "entity": (
        "entities.airport.description",
        lambda v: replace(v, entities=(replace(AIRPORT, description="A place"),)),
    ),
}


@pytest.mark.parametrize(("path", "change"), BREAKING.values(), ids=BREAKING)
def test_what_loses_data_or_misleads_a_reader_is_breaking(path: str, change: Change) -> None:
    found = differences(document(WEATHER), document(change(WEATHER)))
    assert class_of(found) is ChangeClass.BREAKING
    told = {one.path: one for one in found}[f"views.weather_v1.{path}"]
    assert told.change is ChangeClass.BREAKING
    assert told.old != told.new
    assert "version 2" in told.fix
    assert told.kubernetes
    assert told.sagemaker
    assert unacknowledged(found, []) == tuple(one for one in found if one.change is ChangeClass.BREAKING)
    assert unacknowledged(found, ["weather_v2"])
    assert unacknowledged(found, ["weather_v1"]) == ()


@pytest.mark.parametrize(("path", "change"), COMPATIBLE.values(), ids=COMPATIBLE)
def test_what_leaves_data_and_readers_as_they_are_is_compatible(path: str, change: Change) -> None:
    (only,) = differences(document(WEATHER), document(change(WEATHER)))
    assert (only.path, only.change, only.fix) == (f"views.weather_v1.{path}", ChangeClass.COMPATIBLE, "")
    assert unacknowledged([only], []) == ()


def test_a_new_feature_is_additive_and_says_how_each_target_adds_it() -> None:
    (only,) = found = differences(document(WEATHER), document(replace(WEATHER, features=(RAIN, WIND))))
    assert (only.path, only.old, only.new) == ("views.weather_v1.features.rain", None, "float64")
    assert only.change is ChangeClass.ADDITIVE
    assert summary(found, lambda one: one.sagemaker).startswith("additive: additive: views.weather_v1.features.rain: ")
    assert "UpdateFeatureGroup adds it in place" in summary(found, lambda one: one.sagemaker)


def test_a_new_version_beside_the_old_is_additive_and_in_its_place_breaking() -> None:
    second = replace(WEATHER, version=2, features=(replace(WIND, value_type=ValueType.TEXT),))
    assert classify(document(WEATHER), document(WEATHER, second)) is ChangeClass.ADDITIVE
    gone, new = differences(document(WEATHER), document(second))
    assert (gone.view, gone.change, new.view, new.change) == (
        *("weather_v1", ChangeClass.BREAKING),
        *("weather_v2", ChangeClass.ADDITIVE),
    )
    assert "beside" in gone.fix
    assert view_names(document(WEATHER, second)) == {"weather_v1", "weather_v2"}


def test_a_key_that_this_version_does_not_know_is_breaking() -> None:
    changed = document(WEATHER)
    changed["views"][0]["granularity"] = "hour"
    (only,) = differences(document(WEATHER), changed)
    assert (only.path, only.change) == ("views.weather_v1.granularity", ChangeClass.BREAKING)
    assert classify(document(WEATHER), {**document(WEATHER), "format": 2}) is ChangeClass.BREAKING


def through_the_protocol(value: Any) -> Any:
    """Numbers are floats, and what is None is not there."""
    if isinstance(value, dict):
        return {key: through_the_protocol(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [through_the_protocol(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


# A machine that is busy is no fault of the strategy.
LEISURELY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NAMES = st.sampled_from(["a", "b", "c"])
FEATURES = st.builds(
    Feature,
    name=NAMES,
    value_type=st.sampled_from([ValueType.FLOAT64, ValueType.INT64, ValueType.TEXT]),
    unit=st.sampled_from(["", "minutes"]),
    description=st.sampled_from(["one", "other"]),
)
VIEWS = st.builds(
    FeatureView,
    name=st.sampled_from(["weather", "delays"]),
    version=st.integers(1, 2),
    entities=st.sampled_from([(AIRPORT,), (replace(AIRPORT, name="carrier"),)]),
    features=st.lists(FEATURES, min_size=1, max_size=3, unique_by=lambda one: one.name).map(tuple),
    event_time=st.sampled_from(["known_at", "observed_at"]),
    time_to_live_seconds=st.sampled_from([None, 60, 3600]),
    source=st.sampled_from(["s3://bucket/one", "s3://bucket/other"]),
    online=st.just(True),
    offline=st.booleans(),
)
STORES = st.lists(VIEWS, min_size=1, max_size=3, unique_by=lambda one: one.versioned_name).map(
    lambda views: document(*views)
)


@LEISURELY
@given(STORES)
def test_nothing_changes_from_a_definition_to_itself(store: dict[str, Any]) -> None:
    assert classify(store, copy.deepcopy(store)) is ChangeClass.NONE
    assert classify(store, json.loads(json.dumps(store))) is ChangeClass.NONE
    assert classify(through_the_protocol(store), store) is ChangeClass.NONE
    assert summary(differences(store, store), lambda one: one.kubernetes) == "none"


@LEISURELY
@given(STORES, STORES)
def test_two_definitions_differ_unless_they_are_the_same(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert (classify(old, new) is ChangeClass.NONE) == (old == new)
    assert classify(through_the_protocol(old), through_the_protocol(new)) is classify(old, new)


@LEISURELY
@given(STORES, STORES)
def test_what_is_added_is_lost_on_the_way_back(old: dict[str, Any], new: dict[str, Any]) -> None:
    forth, back = differences(old, new), differences(new, old)
    assert [one.path for one in forth] == [one.path for one in back]
    if classify(old, new) is ChangeClass.ADDITIVE:
        assert classify(new, old) is ChangeClass.BREAKING


@LEISURELY
@given(STORES, STORES, STORES)
def test_a_way_in_one_step_reaches_no_further_than_the_same_in_two(
    first: dict[str, Any], second: dict[str, Any], third: dict[str, Any]
) -> None:
    assert classify(first, third) <= max(classify(first, second), classify(second, third))


@LEISURELY
@given(STORES, STORES)
def test_the_class_is_the_greatest_of_the_differences(old: dict[str, Any], new: dict[str, Any]) -> None:
    found = differences(old, new)
    assert classify(old, new) is max((one.change for one in found), default=ChangeClass.NONE)
    acknowledged = view_names(old)
    assert unacknowledged(found, acknowledged) == ()
    assert bool(unacknowledged(found, [])) == (classify(old, new) is ChangeClass.BREAKING)
