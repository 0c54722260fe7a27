"""The payload log of an endpoint on Kubernetes: what it adds to the documents, and what is refused of it."""

import json
from typing import Any

import pytest

from mlops_runtime.monitoring import retain
from mlops_runtime.monitoring.payloads.settings import PayloadSettings, settings_from
from pulumi_mlops import ArgumentsError
from tests import kubernetes_documents
from tests.recording import Declaration
from tests.unit.endpoint.kubernetes_declaration import PLACE, container, endpoint

ON_VOLUME = {"payloads": {"location": "pvc://watched/flight-delay/payloads"}}
IN_BUCKET = {
    "payloads": {
        "location": "s3://watched/payloads",
        "s3_endpoint_url": "http://minio.storage.svc:9000",
        "s3_region": "eu-west-1",
        "s3_credentials_secret_name": "watched-keys",
    }
}
STORED: dict[str, Any] = {
    "sampling_percent": 10,
    "redacted_features": ["origin", "carrier"],
    "text_characters_max": 80,
    "record_bytes_max": 4096,
    "retention_days": 30,
}


def stored(where: dict[str, Any], payloads: dict[str, Any] | None = None, **changes: Any) -> Declaration:
    return endpoint(payloads=STORED if payloads is None else payloads, kubernetes={**PLACE, **where}, **changes)


def variables(document: dict[str, Any]) -> dict[str, Any]:
    return {one["name"]: one.get("value") for one in document["env"]}


def egress_ports(declaration: Declaration, name: str) -> list[int]:
    policy = declaration.one("NetworkPolicy", name)
    return [port["port"] for rule in policy.inputs["spec"]["egress"] for port in rule["ports"] if "port" in port]


def test_the_server_is_told_what_it_stores_and_where() -> None:
    told = variables(container(stored(ON_VOLUME), "Deployment", "server"))
    assert settings_from(told) == PayloadSettings(
        location="/payloads/flight-delay/payloads",
        sampling_percent=10,
        redacted_features=("carrier", "origin"),
        text_characters_max=80,
        record_bytes_max=4096,
    )


def test_the_defaults_of_both_sides_are_the_same() -> None:
    told = variables(container(stored(ON_VOLUME, {}), "Deployment", "server"))
    assert settings_from(told) == PayloadSettings(location="/payloads/flight-delay/payloads")


def test_a_volume_is_mounted_by_servers_and_by_what_deletes() -> None:
    declared = stored(ON_VOLUME)
    for kind, name in (("Deployment", "server"), ("CronJob", "delete")):
        spec = declared.one(kind).inputs["spec"]
        pod = (spec["jobTemplate"]["spec"] if kind == "CronJob" else spec)["template"]["spec"]
        (volume,) = [one for one in pod["volumes"] if one["name"] == "payloads"]
        assert volume == {"name": "payloads", "persistentVolumeClaim": {"claimName": "watched"}}
        (found,) = [one for one in pod["containers"] if one["name"] == name]
        assert {"name": "payloads", "mountPath": "/payloads"} in found["volumeMounts"]


def test_a_bucket_is_reached_with_its_own_address_region_and_keys() -> None:
    declared = stored(IN_BUCKET)
    server = container(declared, "Deployment", "server")
    told = variables(server)
    assert json.loads(told["MLOPS_PAYLOADS"])["location"] == "s3://watched/payloads"
    assert (told["AWS_ENDPOINT_URL_S3"], told["AWS_REGION"]) == ("http://minio.storage.svc:9000", "eu-west-1")
    assert server["envFrom"] == [{"secretRef": {"name": "watched-keys"}}]
    assert not any(
        one["name"] == "payloads" for one in declared.one("Deployment").inputs["spec"]["template"]["spec"]["volumes"]
    )
    for name in ("flight-delay", "flight-delay-retention"):
        policy = declared.one("NetworkPolicy", name)
        storage = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "storage"}}}
        assert {"to": [storage]} in policy.inputs["spec"]["egress"]


def test_awss_own_buckets_are_reached_by_https_alone() -> None:
    declared = stored({"payloads": {"location": "s3://watched/payloads"}})
    assert egress_ports(declared, "flight-delay-retention") == [53, 53, 5353, 5353, 443]


def test_what_deletes_runs_each_night_as_the_runtime_reads_it() -> None:
    declared = stored(ON_VOLUME)
    spec = declared.one("CronJob").inputs["spec"]
    assert (spec["schedule"], spec["concurrencyPolicy"], spec["suspend"]) == ("17 3 * * *", "Forbid", False)
    (delete,) = spec["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    command = delete["command"]
    assert command[:3] == ["python", "-m", "mlops_runtime.monitoring.retain"]
    options = retain.parser().parse_args(command[3:])
    assert (options.payloads, options.days) == ("/payloads/flight-delay/payloads", 30)


def test_what_was_stored_is_deleted_also_while_no_model_is_served() -> None:
    kinds = {kind.rpartition(":")[2] for kind, _, _ in stored(ON_VOLUME, model=None).children()}
    assert kinds == {"CronJob", "ServiceAccount", "NetworkPolicy", "KubernetesEndpoint"}


def test_nothing_is_deleted_unless_it_is_said() -> None:
    assert "CronJob" not in {kind.rpartition(":")[2] for kind, _, _ in stored(ON_VOLUME, {}).children()}


@pytest.mark.parametrize("where", [ON_VOLUME, IN_BUCKET])
def test_every_document_is_valid(where: dict[str, Any]) -> None:
    for document in kubernetes_documents.objects(stored(where).resources):
        kubernetes_documents.check_schema(document)
        assert [
            weakness
            for pod in kubernetes_documents.pod_specs(document)
            for weakness in kubernetes_documents.weaknesses(pod)
        ] == []


def test_another_order_of_the_redacted_features_is_no_other_endpoint() -> None:
    first, second = (stored(ON_VOLUME, {"redacted_features": names}) for names in (["b", "a"], ["a", "b", "a"]))
    assert first.one("Deployment").inputs == second.one("Deployment").inputs


@pytest.mark.parametrize(
    ("payloads", "where", "expected"),
    [
        ({}, {}, "kubernetes.payloads: got nothing, expected where the payloads go"),
        (None, ON_VOLUME, "expected nothing without payloads: nothing is stored"),
        ({}, {"payloads": {"location": "gs://b/c"}}, "kubernetes.payloads.location: got 'gs://b/c'"),
        (
            {},
            {"payloads": {"location": "pvc://c/p", "s3_region": "eu-west-1"}},
            "kubernetes.payloads.s3_region: got 'eu-west-1', expected no setting of S3: the location is a volume",
        ),
        ({"sampling_percent": 0}, ON_VOLUME, "payloads.sampling_percent: got 0, expected 1 to 100"),
        ({"redacted_features": [""]}, ON_VOLUME, "payloads.redacted_features[0]: got ''"),
        ({"retention_days": 0}, ON_VOLUME, "payloads.retention_days: got 0, expected 1 to 36500"),
    ],
)
def test_refuses(payloads: dict[str, Any] | None, where: dict[str, Any], expected: str) -> None:
    with pytest.raises(ArgumentsError) as refusal:
        endpoint(payloads=payloads, kubernetes={**PLACE, **where})
    (problem,) = refusal.value.problems
    assert expected in str(problem)


def test_spans_go_where_the_policy_lets_them() -> None:
    url = "http://collector.telemetry.svc:4318"
    declared = endpoint(kubernetes={**PLACE, "otlp_endpoint_url": url})
    assert variables(container(declared, "Deployment", "server"))["OTEL_EXPORTER_OTLP_ENDPOINT"] == url
    telemetry = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "telemetry"}}}
    policy = declared.one("NetworkPolicy", "flight-delay").inputs["spec"]
    assert {"to": [telemetry]} in policy["egress"]
