"""Rows brought into a feature group of the offline AWS: counted, late or twice, looked up, and read for training."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import httpx
import pandas as pd
import pytest

from mlops_runtime.features import sagemaker_ingest
from mlops_runtime.features.definition import Entity, Feature, FeatureStoreDefinition, FeatureView, ValueType
from mlops_runtime.features.history import historical
from mlops_runtime.features.sagemaker_ingestion import ATTEMPTS, IngestionCounts, ingest, runtime_client
from mlops_runtime.features.sagemaker_offline import offline_folder, read_history, read_offline
from mlops_runtime.features.sagemaker_online import FeatureLookupError, look_up
from mlops_runtime.features.sagemaker_records import columns_of, key_column
from mlops_runtime.features.sagemaker_views import PARTS_MAX, VARIABLE, from_parts, in_parts
from tests.offline_aws import served

REGION = "eu-west-1"
VIEW = FeatureView(
    name="weather",
    entities=(Entity(name="airport", description="IATA code"),),
    features=(
        Feature(name="wind", value_type=ValueType.FLOAT64, unit="mph", description="Of the hour"),
        Feature(name="flights", value_type=ValueType.INT64, description="Of the hour"),
        Feature(name="closed", value_type=ValueType.BOOL, description="Whether it is"),
    ),
    event_time="observed_at",
    source="s3://sources/weather",
)
JFK = {"airport": "JFK"}
TEN = datetime(2013, 1, 1, 10, tzinfo=UTC)


def row(hours: float = 0, **changes: Any) -> dict[str, Any]:
    at = TEN + timedelta(hours=hours)
    return {"airport": "JFK", "observed_at": at, "wind": 10.0 + hours, "flights": 3, "closed": False, **changes}


class Aws:
    """An offline AWS, and what a test does there."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.sagemaker = boto3.client("sagemaker", region_name=REGION)
        self.s3 = boto3.client("s3", region_name=REGION)
        self.records = runtime_client(REGION, workers=4)

    def group(self, view: FeatureView = VIEW) -> str:
        """A feature group for a view, ready to be used."""
        name = f"weather-{uuid.uuid4().hex[:8]}"
        self.sagemaker.create_feature_group(
            FeatureGroupName=name,
            RecordIdentifierFeatureName=key_column(view),
            EventTimeFeatureName=view.event_time,
            FeatureDefinitions=[{"FeatureName": key, "FeatureType": kind} for key, kind in columns_of(view).items()],
            OnlineStoreConfig={"EnableOnlineStore": True},
            OfflineStoreConfig={"S3StorageConfig": {"S3Uri": "s3://offline/features"}},
            RoleArn="arn:aws:iam::123456789012:role/features",
        )
        self.sagemaker.describe_feature_group(FeatureGroupName=name)
        return name

    def fail(self, kind: str, times: int) -> None:
        fault = {"service": "FeatureStore", "operation": "PutRecord", "kind": kind, "times": times}
        httpx.post(f"{self.url}/_faults", json=fault).raise_for_status()

    def write_offline(self) -> int:
        """What AWS does within 15 minutes."""
        rows: int = httpx.post(f"{self.url}/_offline_store", timeout=60.0).json()["rows"]
        return rows

    def put_source(self, name: str, *rows: dict[str, Any]) -> None:
        """A Parquet file of the view's source."""
        content = pd.DataFrame(list(rows)).to_parquet(index=False)
        self.s3.put_object(Bucket="sources", Key=f"weather/{name}.parquet", Body=content)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("offline-aws")) as address:
        yield address


@pytest.fixture
def aws(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "offline")
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setenv("AWS_REGION", REGION)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    made = Aws(url)
    for bucket in ("offline", "sources"):
        made.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    yield made
    httpx.delete(f"{url}/_faults")
    for bucket in ("offline", "sources"):
        for entry in made.s3.list_objects_v2(Bucket=bucket).get("Contents", []):
            made.s3.delete_object(Bucket=bucket, Key=entry["Key"])
        made.s3.delete_bucket(Bucket=bucket)


def put(aws: Aws, group: str, *rows: dict[str, Any], view: FeatureView = VIEW, **more: Any) -> IngestionCounts:
    return ingest(view, group, rows, aws.records, workers=4, pause=lambda _: None, **more)


def training_set(aws: Aws, group: str, view: FeatureView, rows: pd.DataFrame) -> pd.DataFrame:
    read = read_offline({view.versioned_name: offline_folder(aws.sagemaker, group)})
    definition = FeatureStoreDefinition(views=(view,))
    return historical(definition, rows, [view.versioned_name], event_time="left_at", read=read)


def test_every_row_is_counted_once_whatever_becomes_of_it(aws: Aws) -> None:
    counts = put(
        aws,
        aws.group(),
        row(),
        row(1, airport=None),
        row(2, flights=1.5),
        row(3, airport="x" * 3000),
        row(4, wind=None),
    )
    document = counts.document()
    assert [document[name] for name in ("read", "put", "unusable", "refused", "failed")] == [5, 2, 2, 1, 0]
    assert counts.adds_up
    assert [reason.split(":")[0] for reason in counts.reasons] == ["row 1", "row 2", "row 3"]
    assert counts.newest_event_time == "2013-01-01T14:00:00.000Z"


def test_throttled_and_broken_requests_are_sent_again(aws: Aws) -> None:
    aws.fail("throttle", 3)
    aws.fail("fail", 2)
    counts = put(aws, aws.group(), *(row(hour) for hour in range(4)))
    assert (counts.put, counts.failed, counts.retries) == (4, 0, 5)


def test_what_is_throttled_to_the_end_has_failed_and_says_so(aws: Aws) -> None:
    aws.fail("throttle", ATTEMPTS)
    counts = put(aws, aws.group(), row())
    assert (counts.put, counts.failed, counts.adds_up) == (0, 1, True)
    assert "ThrottlingException" in counts.reasons[0]


def test_late_and_out_of_order_rows_are_kept_offline_and_do_not_take_the_newest_ones_place(aws: Aws) -> None:
    group = aws.group()
    for hour in (2, 0, 3, 1):
        assert put(aws, group, row(hour)).put == 1
    assert look_up(VIEW, group, [JFK], aws.records)[0]["wind"] == 13.0
    assert aws.write_offline() >= 4
    assert sorted(read_history(VIEW, offline_folder(aws.sagemaker, group))["wind"]) == [10.0, 11.0, 12.0, 13.0]


def test_the_same_row_gives_the_same_features_online_and_for_training(aws: Aws) -> None:
    group = aws.group()
    values = {"wind": 0.1 + 0.2, "flights": None, "closed": True}
    put(aws, group, row(0, **values), row(0, airport="LGA"))
    aws.write_offline()
    (online, _, missing) = look_up(VIEW, group, [{"airport": key} for key in ("JFK", "LGA", "EWR")], aws.records)
    asked = pd.DataFrame({"airport": ["JFK"], "left_at": [TEN + timedelta(minutes=5)]})
    trained = training_set(aws, group, VIEW, asked).iloc[0]
    assert online == values
    assert {name: None if pd.isna(trained[name]) else trained[name] for name in VIEW.feature_names} == values
    assert missing == dict.fromkeys(VIEW.feature_names)


def test_a_feature_is_added_and_no_record_is_lost(aws: Aws) -> None:
    group = aws.group()
    put(aws, group, row())
    aws.write_offline()
    rain = Feature(name="rain", value_type=ValueType.FLOAT64, unit="inches", description="Of the hour")
    grown = replace(VIEW, features=(*VIEW.features, rain))
    with pytest.raises(FeatureLookupError, match="rain"):
        look_up(grown, group, [JFK], aws.records)
    aws.sagemaker.update_feature_group(
        FeatureGroupName=group, FeatureAdditions=[{"FeatureName": "rain", "FeatureType": "Fractional"}]
    )
    assert look_up(grown, group, [JFK], aws.records) == [{"wind": 10.0, "flights": 3, "closed": False, "rain": None}]
    put(aws, group, row(1, rain=0.5), view=grown)
    aws.write_offline()
    history = read_history(grown, offline_folder(aws.sagemaker, group)).sort_values("observed_at")
    assert [None if pd.isna(one) else one for one in history["rain"]] == [None, 0.5]
    assert list(history["wind"]) == [10.0, 11.0]


def test_more_keys_than_one_request_takes_are_looked_up(aws: Aws) -> None:
    group = aws.group()
    put(aws, group, *(row(0, airport=f"A{number}", flights=number) for number in range(150)))
    keys = [{"airport": f"A{number % 150}"} for number in range(300)]
    assert [one["flights"] for one in look_up(VIEW, group, keys, aws.records)] == [n % 150 for n in range(300)]


def run(aws: Aws, group: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    """The job as the pipeline starts it; its exit code and its last words."""
    for name, part in in_parts([VIEW]).items():
        monkeypatch.setenv(name, part)
    monkeypatch.setenv("MLOPS_SAGEMAKER_ROOT", str(tmp_path))
    progress = f"s3://offline/progress/{group}"
    arguments = ["--group", f"weather_v1={group}", "--progress", progress, "--lateness-hours", "1", "--workers", "4"]
    code = sagemaker_ingest.main(arguments)
    return code, (tmp_path / "output" / "message").read_text()


def test_a_job_goes_on_from_where_the_last_one_came_to(
    aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = aws.group()
    aws.put_source("first", row(0), row(5))
    assert run(aws, group, tmp_path, monkeypatch) == (0, "weather_v1: 2 of 2 rows put")
    aws.put_source("second", row(4.5, wind=4.5), row(6))
    assert run(aws, group, tmp_path, monkeypatch) == (0, "weather_v1: 3 of 3 rows put")
    assert look_up(VIEW, group, [JFK], aws.records)[0]["wind"] == 16.0
    aws.write_offline()
    history = read_history(VIEW, offline_folder(aws.sagemaker, group))
    assert set(history["wind"]) == {10.0, 15.0, 4.5, 16.0}


def test_a_job_that_fails_is_done_again_by_the_next(aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    group = aws.group()
    aws.put_source("first", row(0), row(1, airport="x" * 3000))
    code, told = run(aws, group, tmp_path, monkeypatch)
    assert code == sagemaker_ingest.FAILED
    assert "weather_v1: got 1 rows refused and 0 failed, expected none: row 1: " in told
    aws.put_source("first", row(0), row(1))
    assert run(aws, group, tmp_path, monkeypatch) == (0, "weather_v1: 2 of 2 rows put")


def test_too_many_unusable_rows_fail_the_job(aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    aws.put_source("first", *(row(hour, airport=None if hour < 2 else "JFK") for hour in range(100)))
    code, told = run(aws, aws.group(), tmp_path, monkeypatch)
    assert code == sagemaker_ingest.FAILED
    assert "got 2.0 % unusable rows, expected at most 1 %" in told


@pytest.mark.parametrize(("text", "told"), [("", "expected views"), ("[{}]", "expected views"), ("[]", "weather_v1")])
def test_a_job_that_was_told_of_no_view_says_so(
    text: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{VARIABLE}_00", text)
    monkeypatch.setenv("MLOPS_SAGEMAKER_ROOT", str(tmp_path))
    code = sagemaker_ingest.main(["--group", "weather_v1=group", "--progress", "s3://offline/progress"])
    assert code == sagemaker_ingest.REFUSED
    assert told in (tmp_path / "output" / "message").read_text()


def test_views_are_handed_over_in_parts_that_a_job_takes() -> None:
    many = replace(
        VIEW,
        features=tuple(
            Feature(name=f"feature_{number}", value_type=ValueType.FLOAT64, description="d") for number in range(200)
        ),
    )
    parts = in_parts([many, replace(VIEW, version=2)])
    assert 1 < len(parts) < PARTS_MAX
    assert max(map(len, parts.values())) <= 256
    both = replace(
        VIEW, version=3, entities=(Entity(name="origin", description=""), Entity(name="carrier", description=""))
    )
    assert from_parts(in_parts([both]))[0].entity_names == ("origin", "carrier"), "the order of an identifier's keys"
    back, second = from_parts({**parts, "OTHER": "1"})
    assert (back.feature_names, back.event_time, back.source) == (many.feature_names, many.event_time, many.source)
    assert [one.value_type for one in second.features] == [one.value_type for one in VIEW.features]
    assert second.versioned_name == "weather_v2"


def test_a_view_of_several_entities_is_looked_up_and_trained_on_by_all_of_their_keys(aws: Aws) -> None:
    carrier = Entity(name="carrier", value_type=ValueType.INT64, description="Number")
    both = replace(VIEW, entities=(*VIEW.entities, carrier))
    group = aws.group(both)
    counts = put(aws, group, *(row(0, carrier=number, flights=number) for number in (1, 2)), row(0), view=both)
    assert (counts.put, counts.unusable) == (2, 1)
    asked = [{"airport": "JFK", "carrier": number} for number in (2, 1, 3)]
    assert [one["flights"] for one in look_up(both, group, asked, aws.records)] == [2, 1, None]
    aws.write_offline()
    trained = training_set(aws, group, both, pd.DataFrame(asked).assign(left_at=TEN))
    assert [None if pd.isna(one) else one for one in trained["flights"]] == [2, 1, None]


def test_a_training_set_has_nothing_of_after_its_rows_and_nothing_that_was_over_or_deleted(aws: Aws) -> None:
    view = replace(VIEW, time_to_live_seconds=7200)
    group = aws.group(view)
    for hour, wind in ((1, 1.0), (0, 0.0), (2, 2.0), (1, 1.5)):
        put(aws, group, row(hour, wind=wind), view=view)
    aws.records.delete_record(
        FeatureGroupName=group, RecordIdentifierValueAsString="JFK", EventTime="2013-01-01T13:00:00Z"
    )
    aws.write_offline()
    hours = {-0.1: None, 0: 0.0, 0.9: 0.0, 1: 1.5, 1.9: 1.5, 2.5: 2.0, 3: None, 6: None}
    rows = pd.DataFrame({"airport": "JFK", "left_at": [TEN + timedelta(hours=hour) for hour in hours]})
    found = training_set(aws, group, view, rows)["wind"]
    assert [None if pd.isna(one) else float(one) for one in found] == list(hours.values())
