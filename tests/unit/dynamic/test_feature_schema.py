"""A definition that would lose data is refused in a preview; what would not is named by its class."""

import copy
from typing import Any

import pytest

from pulumi_mlops.dynamic.feature_schema import FIRST, FeatureSchemaProvider
from tests.unit.dynamic.endpoints import through_the_protocol

WIND = {"name": "wind_speed", "value_type": "float64", "unit": "mph", "description": "Mean of the hour"}
RAIN = {"name": "rain", "value_type": "float64", "unit": "inches", "description": "Of the hour"}


def view(version: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "name": "weather",
        "version": version,
        "entities": [{"name": "airport", "value_type": "text", "description": "IATA code"}],
        "features": [WIND],
        "event_time": "observed_at",
        "time_to_live_seconds": 7200,
        "source": "s3://bucket/weather",
        "online": True,
        "offline": True,
        **changes,
    }


def asked(*views: dict[str, Any], target: str = "sagemaker", **changes: Any) -> dict[str, Any]:
    return {
        "store": "weather",
        "target": target,
        "definition": {"format": 1, "views": copy.deepcopy(list(views))},
        "acknowledged_changes": [],
        "has_protected_views": target == "sagemaker",
        **changes,
    }


class Stack:
    """A store from update to update, as the engine keeps it."""

    def __init__(self) -> None:
        self.provider = FeatureSchemaProvider()
        self.inputs: dict[str, Any] = {}
        self.outs: dict[str, Any] = {}

    def preview(self, news: dict[str, Any]) -> tuple[str, list[str], bool]:
        """What a preview shows: the change, what is refused, and whether there is a difference."""
        checked = self.provider.check(self.inputs, through_the_protocol(news))
        changes = bool(self.provider.diff("weather", self.outs, checked.inputs).changes) if self.outs else True
        return checked.inputs["change"], [failure.reason for failure in checked.failures], changes

    def up(self, news: dict[str, Any]) -> None:
        checked = self.provider.check(self.inputs, through_the_protocol(news))
        assert checked.failures == []
        self.inputs = checked.inputs
        if not self.outs:
            self.outs = dict(self.provider.create(checked.inputs).outs or {})
        elif self.provider.diff("weather", self.outs, checked.inputs).changes:
            self.outs = dict(self.provider.update("weather", self.outs, checked.inputs).outs or {})


@pytest.fixture
def stack() -> Stack:
    made = Stack()
    made.up(asked(view()))
    return made


def test_the_first_definition_is_taken_as_it_is() -> None:
    assert Stack().preview(asked(view())) == (FIRST, [], True)


def test_a_second_update_has_no_difference_whatever_the_last_change_was(stack: Stack) -> None:
    assert stack.preview(asked(view())) == (FIRST, [], False)
    grown = asked(view(features=[RAIN, WIND]))
    change, refused, differs = stack.preview(grown)
    assert (change.partition(":")[0], refused, differs) == ("additive", [], True)
    stack.up(grown)
    assert stack.preview(grown) == (change, [], False)


@pytest.mark.parametrize(
    ("target", "happens"), [("sagemaker", "DeleteFeatureGroup"), ("kubernetes", "feast apply replaces the view")]
)
def test_another_type_is_refused_with_what_would_happen_there(target: str, happens: str) -> None:
    stack = Stack()
    stack.up(asked(view(), target=target))
    changed = view(features=[{**WIND, "value_type": "text"}])
    change, (refused,), _ = stack.preview(asked(changed, target=target))
    assert change.startswith("breaking: ")
    start = "mlops:feature_stores.weather.definition: views.weather_v1.features.wind_speed.value_type: got text, "
    assert refused.startswith(f"{start}expected float64 as it is deployed (breaking: ")
    assert happens in refused
    assert "define the change as version 2 beside it" in refused
    assert "add weather_v1 to mlops:feature_stores.weather.acknowledged_changes" in refused
    acknowledged = asked(changed, target=target, acknowledged_changes=["weather_v1"])
    assert stack.preview(acknowledged)[1] == []
    stack.up(acknowledged)
    assert stack.preview(acknowledged)[2] is False


def test_an_acknowledgement_is_of_one_view_and_version(stack: Stack) -> None:
    changed = asked(view(event_time="known_at"), acknowledged_changes=["weather_v2", "delays_v1"])
    assert len(stack.preview(changed)[1]) == 1


def test_everything_that_would_be_lost_is_told_at_once(stack: Stack) -> None:
    _, refused, _ = stack.preview(asked(view(event_time="known_at", features=[RAIN], time_to_live_seconds=60)))
    assert [text.split(": got")[0].rpartition("weather_v1.")[2] for text in refused] == [
        *("features.wind_speed", "time_to_live_seconds", "event_time"),
    ]


def test_a_version_goes_only_after_its_protection_was_taken_off(stack: Stack) -> None:
    both = [view(), view(2, features=[{**WIND, "value_type": "text"}])]
    stack.up(asked(*both))
    (refused,) = stack.preview(asked(both[1]))[1]
    assert "put version 1 back" in refused
    (refused,) = stack.preview(asked(both[1], acknowledged_changes=["weather_v1"]))[1]
    assert "update once with weather_v1 in acknowledged_changes and still defined" in refused
    stack.up(asked(*both, acknowledged_changes=["weather_v1"]))
    stack.up(asked(both[1], acknowledged_changes=["weather_v1"]))
    assert stack.outs["definition"]["views"][0]["version"] == 2


def test_what_is_not_known_yet_is_not_judged() -> None:
    news = {**asked(), "definition": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"}
    assert FeatureSchemaProvider().check(asked(view()), news).failures == []


def test_another_store_begins_anew() -> None:
    assert FeatureSchemaProvider().diff("", asked(view()), asked(view(), store="other")).replaces == ["store"]
