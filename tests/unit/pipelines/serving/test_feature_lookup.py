"""A request with an entity's key in the place of its features is scored as one that brings them along."""

import json
from typing import Any

import httpx
import pytest

from mlops_runtime.features.definition import Entity, Feature, FeatureStoreDefinition, FeatureView, ValueType
from mlops_runtime.features.lookup import OnlineFeatures
from mlops_runtime.serving.endpoint_server import EndpointServer
from mlops_runtime.serving.lookup_settings import VARIABLE, lookup_of
from mlops_runtime.serving.served_model import ServedModel, UnservableModelError
from tests.unit.pipelines.serving.applications import application_of, ask
from tests.unit.pipelines.serving.artifacts import ROW

V1, V2 = "/v1/models/flight-delay:predict", "/v2/models/flight-delay/infer"
# The origin is a feature of the model too, the runway is not.
ORIGIN = Entity(name="origin", description="IATA code")
RUNWAY = Entity(name="runway", value_type=ValueType.INT64, description="Its number")
WIND = Feature(name="wind_speed", value_type=ValueType.FLOAT64, unit="mph", description="Mean of the hour")
GUST = Feature(name="gust", value_type=ValueType.FLOAT64, unit="mph", description="Which the model does not take")
WEATHER = FeatureView(
    name="weather", entities=(ORIGIN, RUNWAY), features=(WIND, GUST), event_time="known_at", source="pvc://tables/w"
)
WINDS = {("JFK", 4): 8.0, ("EWR", 4): 30.0}
KEYED = {"departure_delay_minutes": 12.5, "carrier": "B6", "origin": "JFK", "runway": 4}


class FeatureServer:
    """Answers as Feast's does."""

    def __init__(self) -> None:
        self.requests: list[Any] = []
        self.status = 200

    def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        self.requests.append(asked)
        if self.status == 0:
            raise httpx.ConnectError("no route")
        keys = list(zip(asked["entities"]["origin"], asked["entities"]["runway"], strict=True))
        winds = [WINDS.get(key) for key in keys]
        known = ["PRESENT" if wind is not None else "NOT_FOUND" for wind in winds]
        answer = {
            "metadata": {"feature_names": ["origin", "runway", "wind_speed"]},
            "results": [
                {"values": values, "statuses": statuses, "event_timestamps": ["2026-03-01T10:00:00Z"] * len(keys)}
                for values, statuses in (
                    (asked["entities"]["origin"], known),
                    (asked["entities"]["runway"], known),
                    (winds, known),
                )
            ],
        }
        return httpx.Response(self.status, json=answer)


def settings(view: FeatureView = WEATHER, **changes: Any) -> dict[str, str]:
    document = {
        "url": "http://features",
        "definition": FeatureStoreDefinition(views=(view,)).document(),
        "timeout_milliseconds": 500,
        "when_unavailable": "refuse",
    }
    return {VARIABLE: json.dumps({**document, **changes})}


@pytest.fixture
def server() -> FeatureServer:
    return FeatureServer()


@pytest.fixture
def application(served: ServedModel, server: FeatureServer) -> Any:
    return with_lookups(served, server)


def with_lookups(served: ServedModel, server: FeatureServer, **changes: Any) -> Any:
    def make(*arguments: Any, **options: Any) -> OnlineFeatures:
        return OnlineFeatures(*arguments, **options, transport=httpx.MockTransport(server))

    class Server(EndpointServer):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options, lookup=lookup_of(served, settings(**changes), make))

    return application_of(served, Server)


def tensors(rows: list[dict[str, Any]]) -> dict[str, Any]:
    kinds = {"origin": "BYTES", "carrier": "BYTES", "runway": "INT64"}
    return {
        "inputs": [
            {
                "name": name,
                "shape": [len(rows)],
                "datatype": kinds.get(name, "FP32"),
                "data": [row[name] for row in rows],
            }
            for name in rows[0]
        ]
    }


def predictions(answer: httpx.Response) -> list[float]:
    assert answer.status_code == 200, answer.text
    document = answer.json()
    found: list[float] = document["predictions"] if "predictions" in document else document["outputs"][0]["data"]
    return found


def test_a_row_by_its_key_is_scored_as_one_that_brings_its_features(application: Any, server: FeatureServer) -> None:
    whole = [ROW, {**ROW, "origin": "EWR", "wind_speed": 30.0}]
    keyed = [KEYED, {**KEYED, "origin": "EWR"}]
    for path, of in ((V1, lambda rows: {"instances": rows}), (V2, tensors)):
        server.requests.clear()
        expected = predictions(ask(application, path, of(whole)))
        assert server.requests == []
        assert predictions(ask(application, path, of(keyed))) == expected
        (asked,) = server.requests
        assert asked["features"] == ["weather_v1:wind_speed"]
        assert asked["entities"] == {"origin": ["JFK", "EWR"], "runway": [4, 4]}


def test_rows_of_both_kinds_stand_beside_one_another_and_a_key_is_asked_once(
    application: Any, server: FeatureServer
) -> None:
    calm = {**KEYED, "wind_speed": 0.0}
    answers = predictions(ask(application, V1, {"instances": [KEYED, calm, KEYED]}))
    assert answers[0] == answers[2] != answers[1]
    (asked,) = server.requests
    assert asked["entities"] == {"origin": ["JFK"], "runway": [4]}


def test_a_large_request_is_looked_up_as_a_small_one(application: Any, server: FeatureServer) -> None:
    many = 2000
    keyed = ask(application, V1, {"instances": [KEYED, {**KEYED, "origin": "EWR"}] * many})
    whole = ask(application, V1, {"instances": [ROW, {**ROW, "origin": "EWR", "wind_speed": 30.0}] * many})
    assert len(keyed.request.content) > 64 * 1024
    assert predictions(keyed) == predictions(whole)
    assert [one["entities"]["origin"] for one in server.requests] == [["JFK", "EWR"]]


def test_more_different_keys_than_a_request_may_have_are_refused(application: Any, server: FeatureServer) -> None:
    answer = ask(application, V1, {"instances": [{**KEYED, "runway": number} for number in range(10_001)]})
    assert answer.status_code == 400
    assert "10001 different keys, expected at most 10000 of view weather_v1" in answer.json()["error"]
    assert server.requests == []


def test_a_key_that_nobody_knows_has_nulls(application: Any) -> None:
    unknown = predictions(ask(application, V1, {"instances": [{**KEYED, "runway": 99}]}))
    assert unknown == predictions(ask(application, V1, {"instances": [{**ROW, "wind_speed": None}]}))
    metrics = ask(application, "/metrics").text
    assert 'mlops_feature_keys_unknown_total{model_name="flight-delay",model_version="7",view="weather_v1"}' in metrics
    assert 'outcome="answered",view="weather_v1"' in metrics


@pytest.mark.parametrize("status", [0, 500, 404])
def test_a_lost_online_store_is_refused_or_nulls_and_whole_requests_go_on(
    status: int, served: ServedModel, server: FeatureServer
) -> None:
    server.status = status
    refusing = with_lookups(served, server)
    answer = ask(refusing, V1, {"instances": [KEYED]})
    assert answer.status_code == 503
    assert "could not be looked up" in answer.json()["error"]
    expected = predictions(ask(refusing, V1, {"instances": [{**ROW, "wind_speed": None}]}))
    degraded = with_lookups(served, server, when_unavailable="nulls")
    assert predictions(ask(degraded, V1, {"instances": [KEYED]})) == expected
    server.status = 200
    assert predictions(ask(refusing, V1, {"instances": [KEYED]})) == predictions(
        ask(refusing, V1, {"instances": [ROW]})
    )


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ({**KEYED, "runway": "4"}, "runway"),
        ({**KEYED, "origin": ["JFK"]}, "origin"),
        ({**KEYED, "runway": 4.5}, "runway"),
    ],
)
def test_a_key_of_another_type_is_told_at_its_row(row: dict[str, Any], place: str, application: Any) -> None:
    answer = ask(application, V1, {"instances": [KEYED, row]})
    assert answer.status_code == 400
    (problem,) = answer.json()["problems"]
    assert problem["place"] == f"instances[1].{place}"
    assert "the key of an entity" in problem["expected"]


@pytest.mark.parametrize(
    "content", [b"{", b"[]", b'{"instances": 3}', b'{"instances": [3, null]}', b'{"inputs": [{"name": 3}]}']
)
def test_a_request_that_cannot_be_read_is_refused_as_without_a_feature_store(
    content: bytes, application: Any, served: ServedModel
) -> None:
    plain = application_of(served)
    for path in (V1, V2):
        wrong, expected = ask(application, path, content=content), ask(plain, path, content=content)
        assert (wrong.status_code, wrong.json()) == (expected.status_code, expected.json())
        assert wrong.status_code == 400


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"features": (GUST,)}, "got the features gust, expected some that the model takes"),
        ({"features": (Feature(name="wind_speed", value_type=ValueType.TEXT, description="d"),)}, "got text in view"),
        (
            {"features": (Feature(name="carrier", value_type=ValueType.FLOAT64, description="d"),)},
            "feature carrier: got float64 in view weather_v1, expected one that the model takes as category",
        ),
    ],
)
def test_features_that_the_model_does_not_take_so_are_refused_before_it_serves(
    changes: dict[str, Any], expected: str, served: ServedModel
) -> None:
    view = FeatureView(**{**vars(WEATHER), **changes})
    with pytest.raises(UnservableModelError, match=expected):
        lookup_of(served, settings(view))


def test_without_a_feature_store_nothing_is_looked_up(served: ServedModel) -> None:
    assert lookup_of(served, {}) is None
    with pytest.raises(UnservableModelError, match="expected the settings of a feature store"):
        lookup_of(served, {VARIABLE: "{}"})
