"""A feature group's life: grown in place, refreshed without a difference, and lost only where that is acknowledged."""

import time
from typing import Any

import pytest
from moto.sagemaker.models import sagemaker_backends
from pulumi.runtime import rpc

from pulumi_mlops._shared.aws.client import AwsError
from pulumi_mlops._shared.aws.identity import OtherAccountError
from pulumi_mlops.dynamic.feature_group import NEW, ManagedFeatureGroupProvider
from pulumi_mlops.dynamic.feature_group_status import FeatureGroupError
from sandbox.aws.faults import Fault, Kind, faults
from sandbox.aws.feature_store.operations import groups
from tests.moto_account import ACCOUNT, REGION, Aws
from tests.unit.dynamic.endpoints import Calls, through_the_protocol

GROUP = "flights-dev-airports-weather_v1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/flights-dev-airports"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
TAGS = {"owner": "team-flights", "mlops:component": "feature-store"}
WIND = {"name": "wind_speed", "type": "Fractional"}
RAIN = {"name": "rain", "type": "Fractional"}
COLUMNS = [{"name": "airport", "type": "String"}, {"name": "observed_at", "type": "String"}]


def asked(*features: dict[str, str], **changes: Any) -> dict[str, Any]:
    return {
        "account_id": ACCOUNT,
        "region": REGION,
        "feature_group_name": GROUP,
        "description": "Weather at airports",
        "record_identifier": "airport",
        "event_time": "observed_at",
        "features": [*COLUMNS, *(features or (WIND,))],
        "online": {},
        "time_to_live_seconds": 7200,
        "offline": {
            "s3_uri": "s3://flights-dev-data/features/airports",
            "table_format": "Glue",
            "has_glue_table": True,
        },
        "role_arn": ROLE,
        "tags": TAGS,
        "wait_seconds": 900,
        "loss_acknowledged": False,
        **changes,
    }


class Life:
    """One feature group, from update to update, as the engine keeps it."""

    def __init__(self) -> None:
        self.provider = ManagedFeatureGroupProvider()
        self.inputs: dict[str, Any] = {}
        self.outs: dict[str, Any] | None = None

    def preview(self, news: dict[str, Any]) -> tuple[str, list[str], Any]:
        """The change that a preview shows, what it refuses, and the difference."""
        checked = self.provider.check(self.inputs, through_the_protocol(news))
        diff = None if self.outs is None else self.provider.diff(GROUP, self.outs, checked.inputs)
        return checked.inputs["change"], [failure.reason for failure in checked.failures], diff

    def up(self, news: dict[str, Any]) -> None:
        """Run an update, which leaves the state as it was if it fails."""
        checked = self.provider.check(self.inputs, through_the_protocol(news))
        assert checked.failures == []
        if self.outs is not None:
            diff = self.provider.diff(GROUP, self.outs, checked.inputs)
            if diff.replaces:
                assert diff.delete_before_replace
                self.provider.delete(GROUP, self.outs)
                self.outs = None
            elif diff.changes:
                self.outs = self._kept(self.provider.update(GROUP, self.outs, checked.inputs).outs)
        if self.outs is None:
            self.outs = self._kept(self.provider.create(checked.inputs).outs)
        self.inputs = checked.inputs

    def refresh(self) -> bool:
        """Look at what there is; tell whether anything is otherwise."""
        assert self.outs is not None
        read = self.provider.read(GROUP, self.outs)
        before = self.outs
        self.outs = self._kept(read.outs) if read.id else None
        self.inputs = through_the_protocol(dict(read.inputs or {})) if read.id else {}
        return self.outs != before

    def _kept(self, outs: Any) -> dict[str, Any]:
        return through_the_protocol(dict(outs))


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which passes only where somebody sleeps."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return now


@pytest.fixture
def life(aws: Aws) -> Life:
    made = Life()
    made.up(asked())
    return made


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    return Calls(monkeypatch)


def described(aws: Aws) -> dict[str, Any]:
    answer: dict[str, Any] = aws.sagemaker.describe_feature_group(FeatureGroupName=GROUP)
    return answer


def features(aws: Aws) -> list[str]:
    return [one["FeatureName"] for one in described(aws)["FeatureDefinitions"]]


def tags(aws: Aws) -> dict[str, str]:
    listed = aws.sagemaker.list_tags(ResourceArn=described(aws)["FeatureGroupArn"])["Tags"]
    return {one["Key"]: one["Value"] for one in listed}


def end_failed(operation: str, reason: str, times: int = 1) -> None:
    faults.add(Fault("SageMaker", operation, Kind.END_FAILED, reason=reason, times=times))


def test_it_is_created_with_both_stores_and_waited_for(aws: Aws, calls: Calls, clock: list[float]) -> None:
    life = Life()
    assert life.preview(asked())[:2] == (NEW, [])
    online = {"kms_key_arn": KEY}
    offline = {**asked()["offline"], "kms_key_arn": KEY, "table_format": "Iceberg"}
    life.up(asked(online=online, offline=offline))
    assert calls == ["CreateFeatureGroup"]
    assert clock[0] > 0, "AWS creates nothing at once"
    found = described(aws)
    assert found["FeatureGroupStatus"] == "Created"
    assert found["OnlineStoreConfig"]["SecurityConfig"] == {"KmsKeyId": KEY}
    assert found["OnlineStoreConfig"]["TtlDuration"] == {"Unit": "Seconds", "Value": 7200}
    assert found["OfflineStoreConfig"]["S3StorageConfig"]["KmsKeyId"] == KEY
    assert found["OfflineStoreConfig"]["TableFormat"] == "Iceberg"
    assert (found["RoleArn"], found["Description"], tags(aws)) == (ROLE, "Weather at airports", TAGS)
    assert life.outs is not None
    assert life.outs["feature_group_arn"].endswith(f":feature-group/{GROUP}")
    assert life.outs["offline_folder"].startswith("s3://flights-dev-data/features/airports/")
    assert life.outs["glue_table"].startswith("sagemaker_featurestore.flights_dev_airports_weather_v1_")


def test_a_second_update_and_a_refresh_have_no_difference(life: Life, calls: Calls) -> None:
    assert life.preview(asked())[2].changes is False
    assert life.refresh() is False
    assert life.preview(asked())[2].changes is False
    assert calls == []


def test_a_feature_is_added_in_place_and_a_refresh_has_no_difference(life: Life, aws: Aws, calls: Calls) -> None:
    made = described(aws)["CreationTime"]
    grown = asked(RAIN, WIND)
    change, refused, diff = life.preview(grown)
    assert change == "additive: rain: added in place, every record stays"
    assert (refused, diff.changes, diff.replaces) == ([], True, [])
    life.up(grown)
    assert calls == ["UpdateFeatureGroup"]
    assert calls.arguments["UpdateFeatureGroup"] == {
        "FeatureGroupName": GROUP,
        "FeatureAdditions": [{"FeatureName": "rain", "FeatureType": "Fractional"}],
    }
    assert features(aws) == ["airport", "observed_at", "wind_speed", "rain"]
    assert described(aws)["CreationTime"] == made
    assert life.refresh() is False, "AWS puts it last, which says nothing"
    assert life.preview(grown)[2].changes is False
    assert life.preview(grown)[0] == change, "what was last said stays"


def test_one_kind_of_change_is_asked_for_at_a_time_and_a_hundred_features_at_once(
    life: Life, aws: Aws, calls: Calls
) -> None:
    many = [{"name": f"feature_{number}", "type": "Integral"} for number in range(201)]
    life.up(asked(WIND, *many, time_to_live_seconds=86_400))
    assert calls == ["UpdateFeatureGroup"] * 4
    assert len(features(aws)) == 204
    assert described(aws)["OnlineStoreConfig"]["TtlDuration"] == {"Unit": "Seconds", "Value": 86_400}
    assert life.refresh() is False


@pytest.mark.parametrize(("seconds", "word"), [(None, "compatible"), (9000, "compatible"), (60, "breaking")])
def test_a_time_to_live_is_set_in_place_and_taken_away(life: Life, aws: Aws, seconds: int | None, word: str) -> None:
    wanted = asked(time_to_live_seconds=seconds)
    change, refused, diff = life.preview(wanted)
    assert change.startswith(f"{word}: time to live: 7200 seconds -> ")
    assert (refused, diff.changes, diff.replaces) == ([], True, [])
    life.up(wanted)
    online = described(aws)["OnlineStoreConfig"]
    assert online.get("TtlDuration") == (None if seconds is None else {"Unit": "Seconds", "Value": seconds})
    assert life.refresh() is False
    assert life.preview(wanted)[2].changes is False


BREAKING = {
    "removed": asked(RAIN),
    "type": asked({"name": "wind_speed", "type": "String"}),
    "identifier": asked(record_identifier="observed_at"),
    "event time": asked(event_time="wind_speed"),
    "offline": asked(offline=None),
    "online": asked(online=None, time_to_live_seconds=None),
    "key": asked(online={"kms_key_arn": KEY}),
    "folder": asked(offline={**asked()["offline"], "s3_uri": "s3://other"}),
    "table": asked(offline={**asked()["offline"], "table_format": "Iceberg"}),
    "role": asked(role_arn=f"{ROLE}-other"),
}


@pytest.mark.parametrize("wanted", BREAKING.values(), ids=BREAKING)
def test_what_only_a_new_group_could_have_is_refused_and_goes_through_acknowledged(
    life: Life, aws: Aws, wanted: dict[str, Any], calls: Calls
) -> None:
    change, refused, _ = life.preview(wanted)
    assert change.startswith("breaking: ")
    assert refused
    for text in refused:
        assert text.startswith(f"feature group {GROUP}: ")
        assert "the online records are lost" in text
        assert "a new version of the view beside this one" in text
    acknowledged = {**wanted, "loss_acknowledged": True}
    _, refused, diff = life.preview(acknowledged)
    assert (refused, diff.delete_before_replace) == ([], True)
    life.up(acknowledged)
    assert calls[:2] == ["DeleteFeatureGroup", "CreateFeatureGroup"]
    assert life.refresh() is False


@pytest.mark.parametrize("gone", ["online", "offline"])
def test_a_store_that_is_not_there_is_in_no_state_either(aws: Aws, gone: str) -> None:
    life = Life()
    life.up(asked(**{gone: None}, **({"time_to_live_seconds": None} if gone == "online" else {})))
    assert life.refresh() is False
    assert life.outs is not None
    assert gone not in life.outs


def test_another_name_is_another_group_which_is_made_before_the_old_one_goes(life: Life) -> None:
    _, refused, diff = life.preview(asked(feature_group_name="other", role_arn=f"{ROLE}-other"))
    assert (refused, diff.replaces, diff.delete_before_replace) == ([], ["feature_group_name"], False)


def test_what_is_not_known_in_a_preview_is_taken_to_stay(life: Life) -> None:
    checked = life.provider.check(life.inputs, {**life.inputs, "role_arn": rpc.UNKNOWN})
    assert checked.failures == []
    assert life.outs is not None
    assert life.provider.diff(GROUP, life.outs, checked.inputs).changes is False


def test_what_somebody_else_added_shows_in_a_refresh_and_is_not_taken_away(life: Life, aws: Aws) -> None:
    aws.sagemaker.update_feature_group(
        FeatureGroupName=GROUP, FeatureAdditions=[{"FeatureName": "snow", "FeatureType": "Fractional"}]
    )
    described(aws)
    assert life.refresh() is True
    (refused,) = life.preview(asked())[1]
    assert "features.snow: got nothing, expected Fractional as it is deployed" in refused
    life.up(asked(WIND, {"name": "snow", "type": "Fractional"}))
    assert life.refresh() is False


def test_a_group_that_somebody_deleted_is_made_anew(life: Life, aws: Aws) -> None:
    aws.sagemaker.delete_feature_group(FeatureGroupName=GROUP)
    assert described(aws)["FeatureGroupStatus"] == "Deleting"
    life.refresh()
    assert life.outs is None
    life.up(asked())
    assert features(aws) == ["airport", "observed_at", "wind_speed"]


def test_tags_are_set_and_those_of_others_stay(life: Life, aws: Aws) -> None:
    arn = described(aws)["FeatureGroupArn"]
    aws.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "cost", "Value": "1"}])
    life.up(asked(tags={"mlops:component": "feature-store", "stage": "dev"}))
    assert tags(aws) == {"mlops:component": "feature-store", "stage": "dev", "cost": "1"}


def test_a_creation_that_failed_says_why_and_the_next_update_begins_anew(aws: Aws, calls: Calls) -> None:
    end_failed("CreateFeatureGroup", "the role may not write to the bucket")
    life = Life()
    with pytest.raises(FeatureGroupError, match="got CreateFailed; reason: the role may not write to the bucket"):
        life.up(asked())
    life.up(asked())
    assert calls == ["CreateFeatureGroup", "DeleteFeatureGroup", "CreateFeatureGroup"]
    assert life.refresh() is False


def test_a_creation_that_was_broken_off_is_taken_up_and_grown(life: Life, aws: Aws, calls: Calls) -> None:
    again = Life()
    again.up(asked(WIND, RAIN))
    assert calls == ["UpdateFeatureGroup"]
    assert features(aws)[-1] == "rain"


def test_a_group_of_the_same_name_that_is_made_otherwise_is_not_taken_up(life: Life) -> None:
    with pytest.raises(FeatureGroupError, match=r"features\.wind_speed: got Fractional, expected Integral"):
        Life().up(asked({"name": "wind_speed", "type": "Integral"}))


def test_anothers_group_is_neither_changed_nor_deleted(aws: Aws, calls: Calls) -> None:
    Life().up(asked(tags={"mlops:component": "other"}))
    calls.clear()
    with pytest.raises(FeatureGroupError, match=r"mlops:component is other.*choose another namespace"):
        Life().up(asked())
    assert calls == []


def test_an_update_that_failed_says_why_and_the_next_goes_on(life: Life, aws: Aws) -> None:
    end_failed("UpdateFeatureGroup", "the Glue table cannot be changed")
    with pytest.raises(FeatureGroupError, match="reason: the Glue table cannot be changed"):
        life.up(asked(WIND, RAIN))
    life.up(asked(WIND, RAIN))
    assert features(aws)[-1] == "rain"


def test_a_deletion_leaves_the_files_and_the_table_and_says_so(
    life: Life, aws: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    assert life.outs is not None
    life.provider.delete(GROUP, life.outs)
    said = capsys.readouterr().err
    assert life.outs["offline_folder"] in said
    assert life.outs["glue_table"] in said
    assert aws.sagemaker.list_feature_groups()["FeatureGroupSummaries"] == []
    life.provider.delete(GROUP, life.outs)


def test_a_deletion_that_fails_says_why_and_the_next_one_goes_through(life: Life, aws: Aws) -> None:
    end_failed("DeleteFeatureGroup", "the table is in use")
    assert life.outs is not None
    with pytest.raises(FeatureGroupError, match="got DeleteFailed after it was deleted; reason: the table is in use"):
        life.provider.delete(GROUP, life.outs)
    life.provider.delete(GROUP, life.outs)
    assert aws.sagemaker.list_feature_groups()["FeatureGroupSummaries"] == []


def test_a_fifth_creation_waits_for_the_others(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        aws.sagemaker.create_feature_group(
            FeatureGroupName=f"other-{number}",
            RecordIdentifierFeatureName="key",
            EventTimeFeatureName="time",
            FeatureDefinitions=[{"FeatureName": name, "FeatureType": "String"} for name in ("key", "time")],
            OnlineStoreConfig={"EnableOnlineStore": True},
        )
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        aws.sagemaker.describe_feature_group(FeatureGroupName="other-0")

    monkeypatch.setattr(time, "sleep", sleep)
    Life().up(asked())
    assert waited[0] == 5.0
    assert features(aws)


def test_what_aws_refuses_is_told_as_it_is(aws: Aws) -> None:
    with pytest.raises(AwsError, match=r"sagemaker CreateFeatureGroup in eu-west-1.*is reserved"):
        Life().up(asked({"name": "write_time", "type": "String"}))


def test_nothing_is_done_in_another_account(aws: Aws, calls: Calls) -> None:
    with pytest.raises(OtherAccountError):
        Life().up(asked(account_id="999999999999"))
    assert calls == []


def test_an_update_that_does_not_end_says_what_to_do(
    life: Life, monkeypatch: pytest.MonkeyPatch, clock: list[float]
) -> None:
    monkeypatch.setattr("sandbox.aws.feature_store.group.Group._move_on", lambda _: None)
    with pytest.raises(FeatureGroupError, match="still updating after 900 seconds"):
        life.up(asked(WIND, RAIN))
    assert 800 < clock[0] <= 900


def test_an_offline_store_that_is_blocked_is_no_success(life: Life) -> None:
    for group in groups(sagemaker_backends[ACCOUNT][REGION]).values():
        group.blocked = "the role may not write there"
    with pytest.raises(FeatureGroupError, match="Blocked; reason: the role may not write there"):
        life.up(asked(WIND, RAIN))
