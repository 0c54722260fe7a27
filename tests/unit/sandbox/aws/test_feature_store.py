"""Feature groups of the offline AWS, and the records in them."""

import uuid
from collections.abc import Callable
from io import BytesIO
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::123456789012:role/features"
Request = dict[str, Any]
Make = Callable[..., str]


def a_request(**changes: Any) -> Request:
    features = {"airport": "String", "at": "String", "wind": "Fractional", "flights": "Integral"}
    return {
        "FeatureGroupName": f"weather-{uuid.uuid4().hex[:8]}",
        "RecordIdentifierFeatureName": "airport",
        "EventTimeFeatureName": "at",
        "FeatureDefinitions": [{"FeatureName": name, "FeatureType": kind} for name, kind in features.items()],
        "OnlineStoreConfig": {"EnableOnlineStore": True},
        "OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": "s3://features/weather"}},
        "RoleArn": ROLE,
        **changes,
    }


@pytest.fixture
def make(aws: Any) -> Make:
    """Creates a group that can be used at once, and returns its name."""

    def made(**changes: Any) -> str:
        request = {key: value for key, value in a_request(**changes).items() if value is not None}
        aws("sagemaker").create_feature_group(**request)
        name: str = request["FeatureGroupName"]
        aws("sagemaker").describe_feature_group(FeatureGroupName=name)
        return name

    return made


@pytest.fixture
def records(aws: Any) -> Any:
    return aws("sagemaker-featurestore-runtime")


def put(records: Any, group: str, at: str, wind: str | None = "1.5", key: str = "JFK", **more: Any) -> None:
    values = {"airport": key, "at": at, "wind": wind}
    record = [{"FeatureName": name, "ValueAsString": value} for name, value in values.items() if value is not None]
    records.put_record(FeatureGroupName=group, Record=record, **more)


def got(records: Any, group: str, key: str = "JFK", **more: Any) -> dict[str, str]:
    answer = records.get_record(FeatureGroupName=group, RecordIdentifierValueAsString=key, **more)
    return {one["FeatureName"]: one["ValueAsString"] for one in answer.get("Record", [])}


REFUSED: dict[str, tuple[Request, str]] = {
    "name": ({"FeatureGroupName": "-weather"}, "regular expression"),
    "long name": ({"FeatureGroupName": "w" * 65}, "regular expression"),
    "reserved": ({"FeatureDefinitions": [{"FeatureName": "is_deleted", "FeatureType": "String"}]}, "reserved"),
    "type": ({"FeatureDefinitions": [{"FeatureName": "airport", "FeatureType": "Float"}]}, "featureType"),
    "twice": ({"FeatureDefinitions": [{"FeatureName": "airport", "FeatureType": "String"}] * 2}, "already defined"),
    "no such key": ({"RecordIdentifierFeatureName": "airline"}, "must be one of"),
    "no such time": ({"EventTimeFeatureName": "then"}, "must be one of"),
    "integral time": ({"EventTimeFeatureName": "flights"}, "must be of type"),
    "no store": ({"OnlineStoreConfig": {"EnableOnlineStore": False}, "OfflineStoreConfig": None}, "at least one"),
    "no role": ({"RoleArn": None}, "execution role ARN is invalid"),
    "uri": ({"OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": "features/weather"}}}, "Invalid S3Uri"),
    "description": ({"Description": "d" * 129}, "description"),
    "ttl offline": (
        {"OnlineStoreConfig": {"EnableOnlineStore": False, "TtlDuration": {"Unit": "Days", "Value": 1}}},
        "with an online store",
    ),
}


@pytest.mark.parametrize(("changes", "told"), REFUSED.values(), ids=REFUSED)
def test_a_group_that_aws_refuses_is_refused(make: Make, changes: Request, told: str) -> None:
    with pytest.raises(ClientError, match=told) as raised:
        make(**changes)
    assert raised.value.response["Error"]["Code"] == "ValidationException"


def test_a_group_is_created_after_a_while_and_its_name_is_taken(aws: Any) -> None:
    sagemaker, request = aws("sagemaker"), a_request(OfflineStoreConfig=None)
    request = {key: value for key, value in request.items() if value is not None}
    sagemaker.create_feature_group(**request)
    name = request["FeatureGroupName"]
    assert sagemaker.describe_feature_group(FeatureGroupName=name)["FeatureGroupStatus"] == "Creating"
    assert sagemaker.describe_feature_group(FeatureGroupName=name)["FeatureGroupStatus"] == "Created"
    with pytest.raises(ClientError, match="already exists") as raised:
        sagemaker.create_feature_group(**request)
    assert raised.value.response["Error"]["Code"] == "ResourceInUse"


def test_a_group_that_is_not_there_is_not_found(aws: Any) -> None:
    sagemaker = aws("sagemaker")
    for operation in ("describe_feature_group", "update_feature_group", "delete_feature_group"):
        with pytest.raises(ClientError) as raised:
            getattr(sagemaker, operation)(FeatureGroupName="nothing")
        assert raised.value.response["Error"]["Code"] == "ResourceNotFound"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, "Exactly one"),
        (
            {
                "FeatureAdditions": [{"FeatureName": "rain", "FeatureType": "Fractional"}],
                "OnlineStoreConfig": {"TtlDuration": {"Unit": "Days", "Value": 1}},
            },
            "Exactly one",
        ),
        ({"FeatureAdditions": [{"FeatureName": "wind", "FeatureType": "String"}]}, "already defined"),
        ({"FeatureAdditions": [{"FeatureName": f"f{n}", "FeatureType": "String"} for n in range(101)]}, "100"),
        ({"FeatureAdditions": [{"FeatureName": f"f_{n}", "FeatureType": "Text"} for n in range(1)]}, "featureType"),
        ({"OnlineStoreConfig": {"TtlDuration": {"Unit": "Years", "Value": 1}}}, "invalid"),
    ],
)
def test_an_update_that_aws_refuses_is_refused(aws: Any, make: Make, change: Request, told: str) -> None:
    with pytest.raises(ClientError, match=told):
        aws("sagemaker").update_feature_group(FeatureGroupName=make(), **change)


def test_one_update_is_done_at_a_time(aws: Any, make: Make) -> None:
    sagemaker, name = aws("sagemaker"), make()
    sagemaker.update_feature_group(
        FeatureGroupName=name, FeatureAdditions=[{"FeatureName": "rain", "FeatureType": "Fractional"}]
    )
    another = {"OnlineStoreConfig": {"TtlDuration": {"Unit": "Days", "Value": 1}}}
    with pytest.raises(ClientError, match="another update is in progress"):
        sagemaker.update_feature_group(FeatureGroupName=name, **another)
    assert sagemaker.describe_feature_group(FeatureGroupName=name)["LastUpdateStatus"]["Status"] == "InProgress"
    assert sagemaker.describe_feature_group(FeatureGroupName=name)["LastUpdateStatus"]["Status"] == "Successful"
    sagemaker.update_feature_group(FeatureGroupName=name, **another)


def test_a_table_has_the_columns_and_stays_when_the_group_goes(aws: Any, make: Make) -> None:
    sagemaker, name = aws("sagemaker"), make()
    sagemaker.update_feature_group(
        FeatureGroupName=name, FeatureAdditions=[{"FeatureName": "rain", "FeatureType": "Fractional"}]
    )
    found = sagemaker.describe_feature_group(FeatureGroupName=name)["OfflineStoreConfig"]
    place = {"DatabaseName": found["DataCatalogConfig"]["Database"], "Name": found["DataCatalogConfig"]["TableName"]}
    sagemaker.describe_feature_group(FeatureGroupName=name)
    sagemaker.delete_feature_group(FeatureGroupName=name)
    assert sagemaker.describe_feature_group(FeatureGroupName=name)["FeatureGroupStatus"] == "Deleting"
    with pytest.raises(ClientError, match="can't find"):
        sagemaker.describe_feature_group(FeatureGroupName=name)
    table = aws("glue").get_table(**place)["Table"]["StorageDescriptor"]
    assert table["Location"] == found["S3StorageConfig"]["ResolvedOutputS3Uri"]
    columns = {one["Name"]: one["Type"] for one in table["Columns"]}
    assert columns["rain"] == "double"
    assert columns["flights"] == "bigint"
    assert columns["is_deleted"] == "boolean"


def test_an_older_or_equal_event_does_not_take_the_place_of_a_newer(records: Any, make: Make) -> None:
    name = make()
    put(records, name, "2013-01-01T10:00:00Z", "10")
    put(records, name, "2013-01-01T09:00:00Z", "9")
    put(records, name, "2013-01-01T10:00:00.000Z", "10.5")
    assert got(records, name)["wind"] == "10"
    put(records, name, "2013-01-01T10:00:00.001Z", None)
    assert got(records, name) == {"airport": "JFK", "at": "2013-01-01T10:00:00.001Z"}, "a full overwrite"
    assert got(records, name, "LGA") == {}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"airport": "JFK"}, r"Missing required feature value for feature name \[at\]"),
        ({"at": "2013-01-01T10:00:00Z"}, r"\[airport\]"),
        ({"airport": "JFK", "at": "2013-01-01 10:00:00"}, "must be of the form"),
        ({"airport": "JFK", "at": "2013-02-30T10:00:00Z"}, "EventTime"),
        ({"airport": "JFK", "at": "2013-01-01T10:00:00+01:00"}, "must be of the form"),
        ({"airport": "JFK", "at": "2013-01-01T10:00:00Z", "wind": "strong"}, "not of type Fractional"),
        ({"airport": "JFK", "at": "2013-01-01T10:00:00Z", "wind": "nan"}, "not of type Fractional"),
        ({"airport": "JFK", "at": "2013-01-01T10:00:00Z", "flights": "1.0"}, "not of type Integral"),
        ({"airport": "JFK", "at": "2013-01-01T10:00:00Z", "flights": str(2**63)}, "not of type Integral"),
        ({"airport": "JFK", "at": "2013-01-01T10:00:00Z", "rain": "1"}, "not defined"),
    ],
)
def test_a_record_that_does_not_fit_is_refused(records: Any, make: Make, values: dict[str, str], told: str) -> None:
    record = [{"FeatureName": key, "ValueAsString": value} for key, value in values.items()]
    with pytest.raises(ClientError, match=told) as raised:
        records.put_record(FeatureGroupName=make(), Record=record)
    assert raised.value.response["Error"]["Code"] == "ValidationError"


def test_records_expire_by_their_events_time(aws: Any, records: Any, make: Make) -> None:
    week = {"EnableOnlineStore": True, "TtlDuration": {"Unit": "Weeks", "Value": 1}}
    name = make(OnlineStoreConfig=week)
    put(records, name, "2013-01-01T10:00:00Z")
    assert got(records, name) == {}, "it expired in 2013"
    put(records, name, "2099-01-01T10:00:00Z")
    answer = records.get_record(
        FeatureGroupName=name, RecordIdentifierValueAsString="JFK", ExpirationTimeResponse="Enabled"
    )
    assert answer["ExpiresAt"] == "2099-01-08T10:00:00Z"
    put(records, name, "2013-01-01T10:00:00Z", key="LGA", TtlDuration={"Unit": "Weeks", "Value": 100_000})
    assert got(records, name, "LGA"), "a record's own supersedes its group's"
    aws("sagemaker").update_feature_group(FeatureGroupName=name, OnlineStoreConfig={"TtlDuration": {}})
    put(records, name, "2013-01-01T11:00:00Z", key="EWR")
    assert got(records, name, "EWR"), "taken away, for the records put from then on"


def delete(records: Any, group: str, at: str, mode: str = "SoftDelete") -> None:
    records.delete_record(FeatureGroupName=group, RecordIdentifierValueAsString="JFK", EventTime=at, DeletionMode=mode)


def test_a_deletion_is_an_event_too(records: Any, make: Make) -> None:
    name = make()
    put(records, name, "2013-01-01T10:00:00Z")
    delete(records, name, "2013-01-01T09:00:00Z")
    assert got(records, name)
    with pytest.raises(ClientError, match="EventTime"):
        delete(records, name, "2013-01-01T09:00:00Z", "HardDelete")
    delete(records, name, "2013-01-01T11:00:00Z")
    assert got(records, name) == {}
    put(records, name, "2013-01-01T10:30:00Z")
    assert got(records, name) == {}, "what is late does not bring it back"
    put(records, name, "2013-01-01T12:00:00Z")
    delete(records, name, "2013-01-01T13:00:00Z", "HardDelete")
    put(records, name, "2013-01-01T12:30:00Z")
    assert got(records, name), "of what was removed wholly, nothing is known"


def test_many_are_read_at_once(records: Any, make: Make) -> None:
    name = make()
    put(records, name, "2013-01-01T10:00:00Z")
    asked = {"FeatureGroupName": name, "RecordIdentifiersValueAsString": ["JFK", "LGA"], "FeatureNames": ["wind"]}
    missing = {"FeatureGroupName": "nothing", "RecordIdentifiersValueAsString": ["JFK"]}
    answer = records.batch_get_record(Identifiers=[asked, missing])
    (found,) = answer["Records"]
    assert found["Record"] == [{"FeatureName": "wind", "ValueAsString": "1.5"}]
    (error,) = answer["Errors"]
    assert error["ErrorCode"] == "ResourceNotFound"
    with pytest.raises(ClientError, match="at most 100"):
        records.batch_get_record(Identifiers=[{**asked, "RecordIdentifiersValueAsString": ["A"] * 60}] * 2)
    assert got(records, name, FeatureNames=["wind"]) == {"wind": "1.5"}
    with pytest.raises(ClientError, match="not defined"):
        got(records, name, FeatureNames=["rain"])


def test_every_event_is_kept_offline_in_the_folder_of_its_hour(
    aws: Any, records: Any, make: Make, offline_aws: str
) -> None:
    aws("s3").create_bucket(Bucket="features", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    name = make()
    put(records, name, "2013-01-01T10:00:00Z", "10")
    put(records, name, "2013-01-01T09:30:00Z", "9")
    put(records, name, "2013-01-01T09:45:00Z", TargetStores=["OnlineStore"])
    delete(records, name, "2013-01-01T10:30:00Z")
    folder = aws("sagemaker").describe_feature_group(FeatureGroupName=name)["OfflineStoreConfig"]["S3StorageConfig"]
    prefix = folder["ResolvedOutputS3Uri"].removeprefix("s3://features/")
    assert aws("s3").list_objects_v2(Bucket="features", Prefix=prefix)["KeyCount"] == 0, "AWS takes 15 minutes"
    assert httpx.post(f"{offline_aws}/_offline_store", timeout=60.0).json()["rows"] >= 3
    keys = [one["Key"] for one in aws("s3").list_objects_v2(Bucket="features", Prefix=prefix)["Contents"]]
    hours = {key.removeprefix(f"{prefix}/").rpartition("/")[0] for key in keys}
    assert hours == {f"year=2013/month=01/day=01/hour={hour}" for hour in ("09", "10")}
    rows = [
        row
        for key in keys
        for row in pq.read_table(BytesIO(aws("s3").get_object(Bucket="features", Key=key)["Body"].read())).to_pylist()
    ]
    assert sorted((row["at"], row["wind"], row["is_deleted"]) for row in rows) == [
        ("2013-01-01T09:30:00Z", 9.0, False),
        ("2013-01-01T10:00:00Z", 10.0, False),
        ("2013-01-01T10:30:00Z", None, True),
    ]
    assert all(row["write_time"] and row["api_invocation_time"] for row in rows)


@pytest.mark.parametrize(("kind", "code"), [("throttle", "ThrottlingException"), ("fail", "InternalFailure")])
def test_requests_for_records_fail_as_often_as_was_asked_for(
    records: Any, make: Make, offline_aws: str, kind: str, code: str
) -> None:
    name = make()
    fault = {"service": "FeatureStore", "operation": "PutRecord", "kind": kind, "times": 1}
    httpx.post(f"{offline_aws}/_faults", json=fault).raise_for_status()
    with pytest.raises(ClientError) as raised:
        put(records, name, "2013-01-01T10:00:00Z")
    assert raised.value.response["Error"]["Code"] == code
    put(records, name, "2013-01-01T10:00:00Z")


def test_a_group_without_an_online_store_answers_no_record(records: Any, make: Make) -> None:
    name = make(OnlineStoreConfig=None)
    put(records, name, "2013-01-01T10:00:00Z")
    with pytest.raises(ClientError, match="no online store"):
        got(records, name)
    with pytest.raises(ClientError) as raised:
        got(records, "nothing")
    assert raised.value.response["Error"]["Code"] == "ResourceNotFound"


def test_an_offline_store_without_its_bucket_is_blocked_and_loses_nothing(
    aws: Any, records: Any, make: Make, offline_aws: str
) -> None:
    bucket = f"later-{uuid.uuid4().hex[:8]}"
    name = make(OfflineStoreConfig={"S3StorageConfig": {"S3Uri": f"s3://{bucket}/weather"}})
    put(records, name, "2013-01-01T10:00:00Z")
    httpx.post(f"{offline_aws}/_offline_store", timeout=60.0).raise_for_status()
    status = aws("sagemaker").describe_feature_group(FeatureGroupName=name)["OfflineStoreStatus"]
    assert status == {"Status": "Blocked", "BlockedReason": f"The bucket {bucket} does not exist."}
    aws("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    httpx.post(f"{offline_aws}/_offline_store", timeout=60.0).raise_for_status()
    assert aws("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    status = aws("sagemaker").describe_feature_group(FeatureGroupName=name)["OfflineStoreStatus"]
    assert status == {"Status": "Active"}
