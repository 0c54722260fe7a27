"""A feature store on SageMaker: a feature group a view, kept until said otherwise, and the job that brings rows in."""

import json
from dataclasses import replace
from typing import Any

import pytest

from flight_delay.feature_definitions import FEATURES, PUNCTUALITY, WEATHER
from mlops_runtime.features.definition import Entity, Feature, FeatureStoreDefinition, FeatureView, ValueType
from mlops_runtime.features.sagemaker_ingest import parser
from mlops_runtime.features.sagemaker_views import from_parts
from pulumi_mlops import ArgumentsError
from tests import sagemaker_documents, sagemaker_shapes
from tests.policies import findings
from tests.recording import Declaration
from tests.unit.feature_store.declarations import ACCOUNT, KEY, NAME, SOURCES, on_kubernetes, on_sagemaker

COMPONENT = f"mlops:index:SageMakerFeatureStore::{NAME}"
WEATHER_GROUP = "flights-dev-flights-weather_v1"
EVERYTHING: dict[str, Any] = {
    "schedule": "30 5 * * *",
    "lateness_hours": 48,
    "kms_key_arn": KEY,
    "data_kms_key_arns": [KEY.replace("1234abcd", "2234abcd")],
    "subnet_ids": ["subnet-0a1b2c3d"],
    "security_group_ids": ["sg-0a1b2c3d"],
    "permissions_boundary_arn": f"arn:aws:iam::{ACCOUNT}:policy/boundary",
    "tags": {"owner": "team-flights"},
}


def group(declaration: Declaration, view: str = "weather_v1") -> dict[str, Any]:
    return declaration.one("FeatureGroup", f"{NAME}-{view}").inputs


def definition(declaration: Declaration) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(declaration.one("Pipeline").inputs["pipelineDefinition"])
    return document


def job(declaration: Declaration) -> dict[str, Any]:
    (step,) = definition(declaration)["Steps"]
    arguments: dict[str, Any] = step["Arguments"]
    return arguments


def statements(declaration: Declaration, role: str) -> dict[str, dict[str, Any]]:
    policy = json.loads(declaration.one("RolePolicy", f"{NAME}-{role}").inputs["policy"])
    return {one["Sid"]: one for one in policy["Statement"]}


def document_of(*views: FeatureView) -> dict[str, Any]:
    return dict(FeatureStoreDefinition(views=views).document())


def refused(**changes: Any) -> str:
    with pytest.raises(ArgumentsError) as raised:
        on_sagemaker(**changes)
    return str(raised.value)


def test_declares_exactly_these_children() -> None:
    declaration = on_sagemaker(schedule="30 5 * * *")
    roles = [f"{NAME}-{role}" for role in ("execution", "ingestion", "schedule", "store")]
    assert declaration.children() == [
        *(("aws:iam/role:Role", role, COMPONENT) for role in roles),
        *(("aws:iam/rolePolicy:RolePolicy", role, COMPONENT) for role in roles),
        ("aws:sagemaker/pipeline:Pipeline", f"{NAME}-ingestion", COMPONENT),
        ("aws:scheduler/schedule:Schedule", f"{NAME}-ingestion", COMPONENT),
        ("mlops:index:SageMakerFeatureStore", NAME, ""),
        ("pulumi-python:dynamic/mlops:FeatureGroup", f"{NAME}-punctuality_v1", COMPONENT),
        ("pulumi-python:dynamic/mlops:FeatureGroup", f"{NAME}-weather_v1", COMPONENT),
        ("pulumi-python:dynamic/mlops:FeatureSchema", f"{NAME}-schema", COMPONENT),
    ]
    assert "Schedule" not in on_sagemaker().kinds()


def test_its_outputs_are_those_of_the_store_on_kubernetes() -> None:
    result = on_sagemaker().result
    assert result == {
        "lookup_url": "https://featurestore-runtime.sagemaker.eu-west-1.amazonaws.com",
        "definition_digest": FeatureStoreDefinition(
            views=tuple(replace(view, source=SOURCES[view.versioned_name]) for view in FEATURES.views)
        ).digest(),
        "view_names": {"punctuality_v1": "flights-dev-flights-punctuality_v1", "weather_v1": WEATHER_GROUP},
        "status": "ready",
    }
    assert result.keys() == on_kubernetes().result.keys()


def test_a_view_is_a_feature_group_with_its_columns_and_its_version_in_its_name() -> None:
    inputs = group(on_sagemaker())
    assert inputs["feature_group_name"] == WEATHER_GROUP
    assert (inputs["record_identifier"], inputs["event_time"]) == ("origin", "known_at")
    types = {one["name"]: one["type"] for one in inputs["features"]}
    assert (types["origin"], types["known_at"], types["humidity_percent"]) == ("String", "String", "Fractional")
    assert types.keys() == {"origin", "known_at", *WEATHER.feature_names}
    assert inputs["time_to_live_seconds"] == WEATHER.time_to_live_seconds
    assert inputs["offline"]["s3_uri"] == f"s3://flights-dev-{ACCOUNT}-eu-west-1/features/flights/offline"
    assert inputs["tags"]["mlops:component"] == "feature-store"
    assert inputs["tags"]["mlops:feature-view"] == "weather_v1"


def test_the_keys_of_several_entities_are_one_identifier() -> None:
    inputs = group(on_sagemaker(), "punctuality_v1")
    assert inputs["record_identifier"] == "record_identifier"
    assert [one["name"] for one in inputs["features"]][:4] == ["record_identifier", "origin", "carrier", "known_at"]


def test_both_stores_are_encrypted_with_the_stacks_key() -> None:
    inputs = group(on_sagemaker(kms_key_arn=KEY))
    assert (inputs["online"]["kms_key_arn"], inputs["offline"]["kms_key_arn"]) == (KEY, KEY)


@pytest.mark.parametrize("kept", ["online", "offline"])
def test_a_view_has_the_stores_that_it_asks_for(kept: str) -> None:
    view = replace(WEATHER, online=kept == "online", offline=kept == "offline")
    declaration = on_sagemaker(definition=document_of(view), sources={"weather_v1": SOURCES["weather_v1"]})
    inputs = group(declaration)
    assert (inputs.get("online") is not None, inputs.get("offline") is not None) == (view.online, view.offline)
    assert (inputs.get("time_to_live_seconds") is None) == (not view.online)
    assert declaration.result["view_names"] == ({"weather_v1": WEATHER_GROUP} if view.online else {})


def test_records_are_kept_until_their_loss_is_acknowledged() -> None:
    kept = on_sagemaker(acknowledged_changes=["punctuality_v1"])
    for view, is_kept in (("weather_v1", True), ("punctuality_v1", False)):
        options = kept.one("FeatureGroup", f"{NAME}-{view}").options
        assert (options.protect, options.retainOnDelete) == (is_kept, is_kept)
        assert group(kept, view)["loss_acknowledged"] is not is_kept
    schema = kept.one("FeatureSchema").inputs
    assert (schema["acknowledged_changes"], schema["has_protected_views"]) == (["punctuality_v1"], True)
    loose = on_sagemaker(protect_data=False)
    assert loose.one("FeatureGroup", f"{NAME}-weather_v1").options.protect is False
    assert group(loose)["loss_acknowledged"] is False
    assert loose.one("FeatureSchema").inputs["has_protected_views"] is False


def test_a_new_version_stands_beside_the_old_one() -> None:
    second = replace(WEATHER, version=2)
    sources = {"weather_v1": "s3://flights/weather", "weather_v2": "s3://flights/weather"}
    declaration = on_sagemaker(definition=document_of(WEATHER, second), sources=sources)
    assert group(declaration, "weather_v2")["feature_group_name"] == "flights-dev-flights-weather_v2"
    assert declaration.one("FeatureGroup", f"{NAME}-weather_v1").options.protect is True


def test_a_loss_is_refused_before_any_group_is_touched() -> None:
    depends = on_sagemaker().one("FeatureGroup", f"{NAME}-weather_v1").depends_on
    assert f"pulumi-python:dynamic/mlops:FeatureSchema::{NAME}-schema" in depends
    assert f"aws:iam/rolePolicy:RolePolicy::{NAME}-store" in depends


@pytest.mark.parametrize("changes", [{}, EVERYTHING])
def test_the_pipeline_has_the_form_that_aws_asks_for(changes: dict[str, Any]) -> None:
    declaration = on_sagemaker(**changes)
    assert sagemaker_documents.problems(definition(declaration)) == []
    inputs = declaration.one("Pipeline").inputs
    request = {key[0].upper() + key[1:]: value for key, value in inputs.items() if key != "tags"}
    request["ClientRequestToken"] = "0" * 32
    assert sagemaker_shapes.problems(sagemaker_shapes.request_shape("CreatePipeline"), request, "") == []


def test_the_job_is_told_of_every_view_and_how_far_it_has_come() -> None:
    given = job(on_sagemaker(lateness_hours=48))
    assert given["AppSpecification"]["ContainerEntrypoint"] == [
        "python",
        "-m",
        "mlops_runtime.features.sagemaker_ingest",
    ]
    options = parser().parse_args(given["AppSpecification"]["ContainerArguments"])
    assert options.group == [
        "punctuality_v1=flights-dev-flights-punctuality_v1",
        f"weather_v1={WEATHER_GROUP}",
    ]
    assert options.progress == f"s3://flights-dev-{ACCOUNT}-eu-west-1/features/flights/progress"
    assert options.lateness_hours == 48
    views = {view.versioned_name: view for view in from_parts(given["Environment"])}
    assert views["weather_v1"].source == "s3://flights/weather"
    assert set(views["punctuality_v1"].feature_names) == set(PUNCTUALITY.feature_names)


@pytest.mark.parametrize("changes", [{}, EVERYTHING, {"region": "cn-north-1"}])
def test_its_roles_allow_nothing_beyond_what_they_name(changes: dict[str, Any]) -> None:
    given = dict(changes)
    if "region" in given:
        given["image"] = f"{ACCOUNT}.dkr.ecr.cn-north-1.amazonaws.com.cn/mlops/pipeline@sha256:" + "b" * 64
    assert findings(on_sagemaker(**given).resources) == []


def test_who_brings_rows_in_puts_records_and_writes_no_offline_store() -> None:
    declaration = on_sagemaker(**EVERYTHING)
    allowed = statements(declaration, "ingestion")
    assert allowed["PutRecords"]["Action"] == ["sagemaker:PutRecord"]
    assert allowed["PutRecords"]["Resource"] == sorted(
        f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:feature-group/flights-dev-flights-{view}"
        for view in ("weather_v1", "punctuality_v1")
    )
    written = {one for found in allowed.values() if "s3:PutObject" in found["Action"] for one in found["Resource"]}
    assert written == {f"arn:aws:s3:::flights-dev-{ACCOUNT}-eu-west-1/features/flights/progress/*"}
    read = {one for found in allowed.values() if "s3:GetObject" in found["Action"] for one in found["Resource"]}
    assert "arn:aws:s3:::flights/weather/*" in read
    store = statements(declaration, "store")
    assert {action for found in store.values() for action in found["Action"]} == {
        *("s3:PutObject", "s3:PutObjectAcl", "s3:GetBucketAcl", "glue:GetTable", "glue:UpdateTable")
    }
    assert store["WriteOffline"]["Resource"] == [
        f"arn:aws:s3:::flights-dev-{ACCOUNT}-eu-west-1/features/flights/offline/*"
    ]


def test_everything_that_sagemaker_cannot_do_is_refused_at_once_with_a_reason() -> None:
    other = Entity(name="station", description="A station")
    wide = replace(
        WEATHER,
        name="w" * 50,
        entities=(WEATHER.entities[0], other),
        features=(Feature(name="record_identifier", value_type=ValueType.TEXT, description="Taken"),),
    )
    told = refused(
        definition=document_of(wide, replace(WEATHER, event_time="write_time")),
        sources={"weather_v1": "pvc://claim/weather", f"{'w' * 50}_v1": "s3://flights/wide"},
        schedule="0 4 1 * 1",
    )
    for expected in (
        "a location on S3: SageMaker has no volumes",
        "a schedule that EventBridge Scheduler can express",
        "with a column record_identifier', expected another name",
        "with event time write_time', expected a column that SageMaker does not write itself",
        "expected at most 64 characters",
    ):
        assert expected in told


def test_a_definition_that_a_job_cannot_be_told_is_refused() -> None:
    features = tuple(
        Feature(name=f"feature_of_a_long_name_{number}", value_type=ValueType.FLOAT64, description="d")
        for number in range(900)
    )
    told = refused(
        definition=document_of(replace(WEATHER, features=features)), sources={"weather_v1": "s3://flights/weather"}
    )
    assert "which a job's environment takes" in told


def test_a_volume_larger_than_the_machines_disks_is_refused() -> None:
    assert "has the disks of its instance alone" in refused(instance_type="ml.g5.xlarge", volume_gib=10_000)


def test_a_preview_knows_what_an_update_makes() -> None:
    assert on_sagemaker(preview=True).result["lookup_url"] == on_sagemaker().result["lookup_url"]
