import json
from dataclasses import replace
from typing import Any

import pytest

from flight_delay.feature_definitions import FEATURES, PUNCTUALITY, WEATHER
from mlops_runtime.features.definition import FeatureStoreDefinition, ValueType
from pulumi_mlops import ArgumentsError
from tests import kubernetes_documents
from tests.recording import Declaration, Declared
from tests.unit.feature_store.declarations import IMAGE, NAME, REDIS_IMAGE, on_kubernetes

SERVER, REDIS, RUN = f"{NAME}-features", f"{NAME}-online-store", f"{NAME}-materialisation"
IN_S3 = {"sources": {"weather_v1": "s3://flights/weather", "punctuality_v1": "s3://flights/punctuality"}}


def kind_of(declared: Declared) -> str:
    return declared.type.rsplit(":", 1)[-1]


def pod(declaration: Declaration, kind: str) -> dict[str, Any]:
    spec: Any = declaration.one(kind).inputs["spec"]
    template = spec["jobTemplate"]["spec"]["template"] if kind == "CronJob" else spec["template"]
    found: dict[str, Any] = template["spec"]
    return found


def policies(declaration: Declaration) -> dict[str, Any]:
    found = [one for one in declaration.resources if kind_of(one) == "NetworkPolicy"]
    return {one.name: one.inputs["spec"] for one in found}


def test_declares_these_objects_and_says_where_features_are_looked_up() -> None:
    declaration = on_kubernetes()
    found = sorted((kind_of(one), one.name) for one in declaration.resources)
    config = f"{SERVER}-{FEATURES.digest().removeprefix('sha256:')[:10]}"
    assert found == sorted(
        [
            ("ConfigMap", config),
            ("KubernetesFeatureStore", NAME),
            ("FeatureSchema", f"{NAME}-schema"),
            *((kind, SERVER) for kind in ("Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Service")),
            *((kind, REDIS) for kind in ("StatefulSet", "Service")),
            ("CronJob", RUN),
            *((kind, name) for kind in ("ServiceAccount", "NetworkPolicy") for name in (SERVER, REDIS, RUN)),
            ("PersistentVolumeClaim", f"{REDIS}-data"),
            ("PersistentVolumeClaim", f"{RUN}-progress"),
        ]
    )
    assert declaration.result == {
        "lookup_url": f"http://{SERVER}.flights-dev.svc",
        "definition_digest": FEATURES.digest(),
        "view_names": {"weather_v1": "weather_v1", "punctuality_v1": "punctuality_v1"},
        "status": "ready",
    }


@pytest.mark.parametrize(
    "changes",
    [{}, {**IN_S3, "s3_credentials_secret_name": "login"}, {"schedule": "*/15 * * * *"}],
)
def test_every_object_has_the_form_that_kubernetes_asks_for(changes: dict[str, Any]) -> None:
    declaration = on_kubernetes(**changes, tags={"owner": "team-flights"}, image_pull_secret_names=["login"])
    for document in kubernetes_documents.objects(declaration.resources):
        kubernetes_documents.check_schema(document)
        for found in kubernetes_documents.pod_specs(document):
            assert kubernetes_documents.weaknesses(found) == []


def test_what_redis_keeps_is_on_a_protected_volume_unless_it_is_said_otherwise() -> None:
    def protected(declaration: Declaration) -> list[str]:
        return [one.name for one in declaration.resources if one.options.protect and one.options.retainOnDelete]

    assert protected(on_kubernetes()) == [f"{REDIS}-data"]
    assert protected(on_kubernetes(protect_data=False)) == []
    (container,) = pod(on_kubernetes(online_store_memory="1Gi"), "StatefulSet")["containers"]
    words = container["command"]
    assert words[words.index("--appendonly") + 1] == "yes"
    assert words[words.index("--maxmemory") + 1] == "512mb"
    assert words[words.index("--maxmemory-policy") + 1] == "noeviction"


def test_the_password_is_a_file_of_a_secret_and_stands_nowhere() -> None:
    for kind in ("StatefulSet", "Deployment", "CronJob"):
        found = pod(on_kubernetes(online_store_password_secret_name="redis-login"), kind)
        (volume,) = [one["secret"] for one in found["volumes"] if one["name"] == "password"]
        assert volume["secretName"] == "redis-login"
        assert volume["items"] == [{"key": "password", "path": "password"}]
        assert "envFrom" not in found["containers"][0]
    default = pod(on_kubernetes(), "StatefulSet")["volumes"]
    assert [one["secret"]["secretName"] for one in default if "secret" in one] == [REDIS]


def test_only_the_servers_and_the_runs_speak_with_redis_and_only_our_pods_look_up() -> None:
    found = policies(on_kubernetes(allowed_namespaces=["flights-batch"]))
    (ingress,) = found[REDIS]["ingress"]
    callers = [one["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for one in ingress["from"]]
    assert callers == [SERVER, RUN]
    (lookups,) = found[SERVER]["ingress"]
    namespaces = [one["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for one in lookups["from"]]
    assert namespaces == ["flights-dev", "flights-batch"]
    assert all(one["podSelector"]["matchLabels"] for one in lookups["from"])
    assert found[RUN]["ingress"] == []
    assert found[REDIS]["egress"] == []


def test_s3_is_reached_by_the_runs_alone_and_only_where_sources_are_there() -> None:
    everywhere = {"ports": [{"port": 443, "protocol": "TCP"}]}
    assert everywhere not in policies(on_kubernetes())[RUN]["egress"]
    found = policies(on_kubernetes(**IN_S3))
    assert everywhere in found[RUN]["egress"]
    assert everywhere not in found[SERVER]["egress"]


def test_claims_of_sources_are_mounted_once_and_only_read() -> None:
    found = pod(on_kubernetes(), "CronJob")
    claims = [one["persistentVolumeClaim"] for one in found["volumes"] if "persistentVolumeClaim" in one]
    assert claims == [{"claimName": f"{RUN}-progress"}, {"claimName": "flight-features", "readOnly": True}]
    (container,) = found["containers"]
    mounts = {mount["mountPath"]: mount.get("readOnly", False) for mount in container["volumeMounts"]}
    assert mounts["/sources/flight-features"] is True
    assert mounts["/progress"] is False
    words = container["command"]
    assert words[words.index("--claims") + 1] == "/sources"


def test_runs_do_not_overlap_go_on_where_they_were_and_wait_for_nobody() -> None:
    spec = on_kubernetes(schedule="*/15 * * * *", run_timeout_seconds=900).one("CronJob").inputs["spec"]
    assert (spec["concurrencyPolicy"], spec["suspend"], spec["schedule"]) == ("Forbid", False, "*/15 * * * *")
    assert spec["jobTemplate"]["spec"]["activeDeadlineSeconds"] == 900
    assert spec["jobTemplate"]["spec"]["backoffLimit"] == 3
    assert on_kubernetes().one("CronJob").inputs["spec"]["suspend"] is True
    progress = on_kubernetes().one("PersistentVolumeClaim", f"{RUN}-progress").inputs
    assert progress["metadata"]["annotations"] == {"pulumi.com/skipAwait": "true"}


def test_another_definition_starts_servers_and_runs_anew() -> None:
    def config_map(declaration: Declaration, kind: str) -> str:
        (volume,) = [one for one in pod(declaration, kind)["volumes"] if one["name"] == "definition"]
        return str(volume["configMap"]["name"])

    shorter = FeatureStoreDefinition(views=(replace(WEATHER, time_to_live_seconds=60),))
    for kind in ("Deployment", "CronJob"):
        assert config_map(on_kubernetes(), kind) != config_map(on_kubernetes(definition=shorter.document()), kind)
    written = json.loads(on_kubernetes(**IN_S3).one("ConfigMap").inputs["data"]["definition.json"])
    assert [view["source"] for view in written["views"]] == ["s3://flights/punctuality", "s3://flights/weather"]


def test_servers_are_as_many_as_the_autoscaler_says() -> None:
    declaration = on_kubernetes(replicas_min=2, replicas_max=6, target_cpu_percent=50)
    spec = declaration.one("HorizontalPodAutoscaler").inputs["spec"]
    assert (spec["minReplicas"], spec["maxReplicas"], spec["scaleTargetRef"]["name"]) == (2, 6, SERVER)
    assert "replicas" not in declaration.one("Deployment").inputs["spec"]
    assert pod(declaration, "Deployment")["containers"][0]["image"] == IMAGE
    assert pod(declaration, "StatefulSet")["containers"][0]["image"] == REDIS_IMAGE


def test_a_definition_that_came_as_numbers_without_a_kind_is_the_same() -> None:
    def as_floats(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: as_floats(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [as_floats(inner) for inner in value]
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value

    declaration = on_kubernetes(definition=as_floats(FEATURES.document()))
    assert declaration.result == on_kubernetes().result


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"sources": {"wether_v1": "s3://flights/weather"}}, "sources.wether_v1: got an unknown key"),
        ({"sources": {"weather_v1": "/data/weather"}}, "sources.weather_v1: got '/data/weather'"),
        ({"replicas_min": 3, "replicas_max": 2}, "kubernetes.replicas_min: got 3, expected at most replicas_max (2)"),
        ({"s3_region": "eu-west-1"}, "no setting of S3"),
        ({"lateness_hours": -1}, "lateness_hours: got -1"),
        ({"definition": {"format": 1, "views": []}}, "definition: got no view, expected at least one"),
        ({"definition": {}}, "definition: got format: None, expected 1"),
        ({"schedule": "every hour"}, "schedule: got 'every hour'"),
    ],
)
def test_wrong_arguments_are_told_at_their_place(changes: dict[str, Any], expected: str) -> None:
    with pytest.raises(ArgumentsError) as caught:
        on_kubernetes(**changes)
    assert expected in str(caught.value)


def test_a_source_that_no_pod_can_reach_is_refused_until_the_store_names_another() -> None:
    local = FeatureStoreDefinition(views=(replace(WEATHER, source="tables/weather"),)).document()
    with pytest.raises(ArgumentsError, match=r"sources: got 'tables/weather'.*of view weather_v1.*add weather_v1"):
        on_kubernetes(definition=local)
    on_kubernetes(definition=local, sources={"weather_v1": "pvc://flights/weather"})


def test_a_change_that_loses_rows_is_held_against_what_is_deployed() -> None:
    declaration = on_kubernetes(acknowledged_changes=["weather_v1", "punctuality_v1", "weather_v1"])
    schema = declaration.one("FeatureSchema").inputs
    assert (schema["store"], schema["target"]) == (NAME, "kubernetes")
    assert schema["acknowledged_changes"] == ["punctuality_v1", "weather_v1"]
    assert schema["definition"] == FEATURES.document()
    # Nothing of another definition is made before it is let through.
    assert any(one.endswith(f"FeatureSchema::{NAME}-schema") for one in declaration.one("ConfigMap").depends_on)


def test_another_type_of_a_feature_is_refused_in_the_preview_unless_it_is_acknowledged() -> None:
    """The whole way from two definitions to Pulumi's check: a feature's type changes under the same version."""
    from pulumi_mlops.dynamic.feature_schema import FeatureSchemaProvider  # noqa: PLC0415

    changed = replace(WEATHER.features[0], value_type=ValueType.TEXT)
    other = FeatureStoreDefinition(views=(replace(WEATHER, features=(changed, *WEATHER.features[1:])), PUNCTUALITY))
    before = on_kubernetes().one("FeatureSchema").inputs
    after = on_kubernetes(definition=other.document()).one("FeatureSchema").inputs
    (failure,) = FeatureSchemaProvider().check(before, after).failures
    assert "weather_v1.features.temperature_fahrenheit" in failure.reason
    assert "feast apply" in failure.reason
    meant = {**after, "acknowledged_changes": ["weather_v1"]}
    assert FeatureSchemaProvider().check(before, meant).failures == []
