"""A feature store's life on SageMaker: the real engine, an AWS without an account. The tests follow one another."""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from tests.e2e.aws_stack import NAMESPACE, AwsStack, aws_stack

pytestmark = pytest.mark.e2e

STORE = "airports"
GROUP = f"{NAMESPACE}-{STORE}-weather_v1"
SECOND = f"{NAMESPACE}-{STORE}-weather_v2"
DEFINITIONS = """
from dataclasses import replace

from mlops_runtime.features.definition import Entity, Feature, FeatureStoreDefinition, FeatureView, ValueType

WIND = Feature(name="wind", value_type=ValueType.FLOAT64, unit="mph", description="Of the hour")
RAIN = Feature(name="rain", value_type=ValueType.FLOAT64, unit="inches", description="Of the hour")
WEATHER = FeatureView(
    name="weather",
    entities=(Entity(name="airport", description="IATA code"),),
    features=(WIND,),
    event_time="observed_at",
    source="s3://sources/weather",
)
TEXT = replace(WIND, value_type=ValueType.TEXT)
FIRST = FeatureStoreDefinition(views=(WEATHER,))
GROWN_VIEW = replace(WEATHER, features=(WIND, RAIN))
GROWN = FeatureStoreDefinition(views=(GROWN_VIEW,))
BROKEN = FeatureStoreDefinition(views=(replace(GROWN_VIEW, features=(TEXT, RAIN)),))
NEXT = replace(GROWN_VIEW, version=2, features=(TEXT, RAIN))
BESIDE = FeatureStoreDefinition(views=(GROWN_VIEW, NEXT))
ALONE = FeatureStoreDefinition(views=(NEXT,))
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, engine_environment: Mapping[str, str]) -> Iterator[AwsStack]:
    with aws_stack(tmp_path_factory.mktemp("feature-store"), engine_environment) as made:
        # The project is the checkout, whose program runs: what it imports besides is on the path.
        pipelines = tmp_path_factory.mktemp("pipelines")
        (pipelines / "e2e_features.py").write_text(DEFINITIONS)
        made.environment["PYTHONPATH"] = str(pipelines)
        yield made


def define(stack: AwsStack, name: str, **settings: Any) -> None:
    """Name another definition in the stack file."""
    with stack.edited() as config:
        store = {"definition": f"e2e_features:{name}", "schedule": "30 5 * * *", **settings}
        config["mlops:feature_stores"] = {STORE: store}


def record(stack: AwsStack, group: str = GROUP, key: str = "JFK") -> dict[str, str]:
    answer = stack.server.client("sagemaker-featurestore-runtime").get_record(
        FeatureGroupName=group, RecordIdentifierValueAsString=key
    )
    return {one["FeatureName"]: one["ValueAsString"] for one in answer.get("Record", [])}


def groups(stack: AwsStack) -> set[str]:
    listed = stack.server.client("sagemaker").list_feature_groups()["FeatureGroupSummaries"]
    return {one["FeatureGroupName"] for one in listed}


def described(stack: AwsStack) -> dict[str, Any]:
    answer: dict[str, Any] = stack.server.client("sagemaker").describe_feature_group(FeatureGroupName=GROUP)
    return answer


def unchanged(stack: AwsStack) -> bool:
    """Whether neither the cloud nor the program is otherwise than the state."""
    return "unchanged" in stack.pulumi("refresh", "--yes", "--skip-preview") and stack.changes() == {}


def test_a_store_is_made_and_a_second_update_changes_nothing(stack: AwsStack) -> None:
    define(stack, "FIRST")
    stack.pulumi("up", "--yes")
    outputs = stack.outputs()["feature_stores"][STORE]
    assert (outputs["status"], outputs["view_names"]) == ("ready", {"weather_v1": GROUP})
    assert unchanged(stack)


def test_the_pipeline_brings_rows_in(stack: AwsStack) -> None:
    s3, sagemaker = stack.server.client("s3"), stack.server.client("sagemaker")
    s3.create_bucket(Bucket="sources", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    at = [datetime(2013, 1, 1, hour, tzinfo=UTC) for hour in (10, 9)]
    rows = pd.DataFrame({"airport": "JFK", "observed_at": at, "wind": [10.0, 9.0], "unused": 1})
    s3.put_object(Bucket="sources", Key="weather/first.parquet", Body=rows.to_parquet(index=False))
    name = f"{NAMESPACE}-{STORE}-ingestion"
    arn = sagemaker.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]
    deadline = time.monotonic() + 120
    while (found := sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn))[
        "PipelineExecutionStatus"
    ] == "Executing":
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert found["PipelineExecutionStatus"] == "Succeeded", found
    assert record(stack) == {"airport": "JFK", "observed_at": "2013-01-01T10:00:00.000Z", "wind": "10.0"}


def test_a_feature_is_added_in_place_and_no_record_is_lost(stack: AwsStack) -> None:
    made, before = described(stack)["CreationTime"], record(stack)
    define(stack, "GROWN")
    told = stack.pulumi("preview", "--diff")
    assert "additive: rain: added in place, every record stays" in told
    assert "additive: additive: views.weather_v1.features.rain: nothing -> float64" in told
    stack.pulumi("up", "--yes")
    found = described(stack)
    assert [one["FeatureName"] for one in found["FeatureDefinitions"]][-1] == "rain"
    assert (found["CreationTime"], record(stack)) == (made, before)
    assert unchanged(stack)


def test_a_loss_is_refused_before_anything_happens(stack: AwsStack) -> None:
    before = record(stack)
    define(stack, "BROKEN")
    preview = stack.attempt("preview")
    assert preview.returncode != 0
    assert "views.weather_v1.features.wind.value_type: got text, expected float64 as it is deployed" in preview.stdout
    assert "define the change as version 2 beside it" in preview.stdout
    assert "expected float64" in stack.refused()
    assert record(stack) == before


def test_a_new_version_stands_beside_the_old_one_which_goes_when_it_is_told(stack: AwsStack) -> None:
    define(stack, "BESIDE")
    stack.pulumi("up", "--yes")
    assert groups(stack) == {GROUP, SECOND}
    assert record(stack)
    define(stack, "ALONE")
    assert "put version 1 back" in stack.refused()
    define(stack, "ALONE", acknowledged_changes=["weather_v1"])
    assert "update once with weather_v1 in acknowledged_changes and still defined" in stack.refused()
    assert record(stack)
    define(stack, "BESIDE", acknowledged_changes=["weather_v1"])
    stack.pulumi("up", "--yes")
    assert record(stack), "only its protection is off"
    define(stack, "ALONE", acknowledged_changes=["weather_v1"])
    told = stack.pulumi("up", "--yes")
    assert "AWS keeps its offline records in s3://" in told
    assert groups(stack) == {SECOND}
    define(stack, "ALONE")
    stack.pulumi("up", "--yes")
    assert unchanged(stack)


def test_a_protected_store_is_not_destroyed_and_an_unprotected_one_leaves_nothing(stack: AwsStack) -> None:
    assert stack.attempt("destroy", "--yes", "--skip-preview").returncode != 0
    assert groups(stack) == {SECOND}
    stack.pulumi("up", "--yes")
    define(stack, "ALONE", protect_data=False)
    stack.pulumi("up", "--yes")
    stack.pulumi("destroy", "--yes", "--skip-preview")
    assert groups(stack) == set()
    roles = stack.server.client("iam").list_roles()["Roles"]
    assert [role["RoleName"] for role in roles if role["RoleName"].startswith(NAMESPACE)] == []
