"""Feature stores of a stack: read at preview, refused at their line, and told to endpoints that look features up."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from flight_delay.feature_definitions import FEATURES
from pulumi_mlops.cli.render.graph import RenderedStack
from pulumi_mlops.cli.render.program import render_stack
from pulumi_mlops.stack import StackConfig
from pulumi_mlops.stack.losses import data_places, losses
from pulumi_mlops.stack.problems import Problem
from pulumi_mlops.stack.project import find_project

IMAGES = """\
    images:
      feature_store: localhost/pulumi-mlops/feature_store:0123456789abcdef
      redis: localhost/pulumi-mlops/redis:0123456789abcdef
"""
STORE = """\
  mlops:feature_stores:
    flights:
      definition: flight_delay.feature_definitions:FEATURES
"""
LOOKED_UP = "      endpoint:\n        features: {store: flights, views: [weather_v1]}\n"
Check = Callable[[str], list[Problem]]
Read = Callable[[str], StackConfig]


@pytest.fixture
def with_store(good: str) -> str:
    return good.replace("    images:\n", IMAGES).replace("      endpoint:\n", LOOKED_UP) + STORE


def rendered(text: str, folder: Path) -> RenderedStack:
    (folder / "Pulumi.walk.yaml").write_text(text)
    return render_stack(replace(find_project(Path(__file__).parent), stacks=folder), "walk")


def test_a_stack_with_a_store_is_right(with_store: str, check: Check) -> None:
    assert check(with_store) == []


def test_an_endpoint_that_looks_features_up_is_told_where_and_may_go_there(with_store: str, tmp_path: Path) -> None:
    text = json.dumps([one.to_document() for one in rendered(with_store, tmp_path).resources])
    assert "MLOPS_FEATURES" in text
    assert "http://flights-features.flights-dev.svc" in text
    without = with_store.replace("        features: {store: flights, views: [weather_v1]}\n", "")
    text = json.dumps([one.to_document() for one in rendered(without, tmp_path).resources])
    assert "MLOPS_FEATURES" not in text


def test_a_store_is_an_output_of_the_stack_and_a_stack_without_one_has_none(
    with_store: str, good: str, tmp_path: Path
) -> None:
    outputs = rendered(with_store, tmp_path).outputs
    assert outputs["feature_stores"]["flights"]["definition_digest"] == FEATURES.digest()
    assert "feature_stores" not in rendered(good, tmp_path).outputs


@pytest.mark.parametrize(
    ("old", "new", "path", "told"),
    [
        (
            "flight_delay.feature_definitions:FEATURES",
            "flight_delay.nothing:FEATURES",
            "mlops:feature_stores.flights.definition",
            "there is no module flight_delay.nothing",
        ),
        (
            "flight_delay.feature_definitions:FEATURES",
            "flight_delay.feature_definitions:FEATURE",
            "mlops:feature_stores.flights.definition",
            "has no feature definition FEATURE",
        ),
        (
            "flight_delay.feature_definitions:FEATURES",
            "flight_delay.graph:GRAPH",
            "mlops:feature_stores.flights.definition",
            "has no feature definition GRAPH",
        ),
        (
            "store: flights,",
            "store: flight,",
            "mlops:workloads.flight-delay.endpoint.features.store",
            "'flight'",
        ),
        (
            "views: [weather_v1]",
            "views: [weather_v2]",
            "mlops:workloads.flight-delay.endpoint.features.views[0]",
            "weather_v2",
        ),
        (IMAGES, "    images:\n", "mlops:platform.images.feature_store", "nothing"),
    ],
)
def test_what_is_wrong_with_a_store_is_told_at_its_line(
    old: str, new: str, path: str, told: str, with_store: str, check: Check
) -> None:
    assert with_store.count(old) == 1
    problems = [one for one in check(with_store.replace(old, new)) if one.path == path]
    assert [told in one.got for one in problems] == [True]
    assert all(one.line is not None for one in problems)


def test_a_definition_that_does_not_hold_together_is_told_whole(
    with_store: str, check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_features.py").write_text(
        "from mlops_runtime.features.definition import *\n"
        "E = Entity(name='airport', description='d')\n"
        "V = FeatureView(name='Wrong', entities=(E,), features=(), event_time='at', source='s3://bucket/x')\n"
        "FEATURES = FeatureStoreDefinition(views=(V,))\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    (problem,) = check(with_store.replace("flight_delay.feature_definitions", "broken_features"))
    assert "FeatureDefinitionError" in problem.got
    assert "got name 'Wrong'" in problem.got
    assert "got 0 features" in problem.got


def test_images_without_a_store_are_refused(with_store: str, check: Check) -> None:
    paths = {one.path for one in check(with_store.removesuffix(STORE))}
    assert {"mlops:platform.images.feature_store", "mlops:platform.images.redis"} <= paths


def test_a_workload_must_not_take_a_stores_name(with_store: str, check: Check) -> None:
    taken = with_store.replace("    flight-delay:\n", "    flights-features:\n")
    assert "the feature store flights" in " ".join(one.got for one in check(taken))


def test_a_store_that_leaves_the_stack_is_told(with_store: str, good: str, read: Read) -> None:
    before, now = data_places(read(with_store)), data_places(read(good))
    assert [one.partition(":")[2].partition(": leaves")[0] for one in losses(before, now)] == ["feature_stores.flights"]
    assert losses(before, before) == losses(now, before) == []
    elsewhere = {**before, "owns_registry": False}
    assert len(losses(elsewhere, now)) == 1


def test_what_a_store_keeps_protects_the_namespace(with_store: str, tmp_path: Path) -> None:
    def protected(text: str) -> bool:
        document: Any = yaml.safe_load(text)
        document["config"]["mlops:platform"]["registry"] = {"protect_data": False}
        (namespace,) = [
            one for one in rendered(yaml.safe_dump(document), tmp_path).resources if "Namespace" in one.path
        ]
        return bool(namespace.options.get("protect"))

    assert protected(with_store)
    assert not protected(with_store + "      protect_data: false\n")
