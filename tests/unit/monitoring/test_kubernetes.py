import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlops_runtime.monitoring.__main__ import parser as monitoring_parser
from mlops_runtime.monitoring.thresholds import Thresholds
from mlops_runtime.retraining.__main__ import parser
from pulumi_mlops import ArgumentsError
from pulumi_mlops.monitoring.kubernetes import thresholds
from tests import kubernetes_documents
from tests.recording import Declaration
from tests.unit.monitoring.declarations import DIGEST, EVERYTHING, IMAGE, NAME, RETRAINING, on_kubernetes, resolved

COMPONENT = f"mlops:index:KubernetesMonitoring::{NAME}"
MONITOR, ALERTING = f"{NAME}-monitor", f"{NAME}-alerting"


def named(declaration: Declaration, kind: str, name: str) -> dict[str, Any]:
    (found,) = [one for one in declaration.resources if one.type.endswith(f":{kind}") and one.name == name]
    inputs: dict[str, Any] = found.inputs
    return inputs


def pod(declaration: Declaration, name: str) -> dict[str, Any]:
    found: dict[str, Any] = named(declaration, "Deployment", name)["spec"]["template"]["spec"]
    return found


def command(declaration: Declaration) -> list[str]:
    (container,) = pod(declaration, MONITOR)["containers"]
    found: list[str] = container["command"]
    return found


def after(words: list[str], option: str) -> str:
    return words[words.index(option) + 1]


def test_declares_exactly_these_children() -> None:
    declaration = on_kubernetes()
    assert declaration.children() == [
        ("kubernetes:apps/v1:Deployment", ALERTING, COMPONENT),
        ("kubernetes:apps/v1:Deployment", MONITOR, COMPONENT),
        ("kubernetes:core/v1:ConfigMap", ALERTING, COMPONENT),
        ("kubernetes:core/v1:ConfigMap", f"{NAME}-dashboard", COMPONENT),
        ("kubernetes:core/v1:ConfigMap", MONITOR, COMPONENT),
        ("kubernetes:core/v1:PersistentVolumeClaim", ALERTING, COMPONENT),
        ("kubernetes:core/v1:Service", ALERTING, COMPONENT),
        ("kubernetes:core/v1:Service", MONITOR, COMPONENT),
        ("kubernetes:core/v1:Service", f"{NAME}-servers", COMPONENT),
        ("kubernetes:core/v1:ServiceAccount", ALERTING, COMPONENT),
        ("kubernetes:core/v1:ServiceAccount", MONITOR, COMPONENT),
        ("kubernetes:networking.k8s.io/v1:NetworkPolicy", ALERTING, COMPONENT),
        ("kubernetes:networking.k8s.io/v1:NetworkPolicy", MONITOR, COMPONENT),
        ("mlops:index:KubernetesMonitoring", NAME, ""),
    ]
    assert declaration.result == {
        "monitor_name": MONITOR,
        "alerts_url": "http://flight-delay-alerting.flights-prod.svc:9093",
        "status": "watching",
    }


def test_the_clusters_own_prometheus_takes_objects_of_its_operator() -> None:
    declaration = on_kubernetes(prometheus="operator", rule_labels={"release": "kube-prometheus"})
    assert declaration.kinds() == {
        "ConfigMap",
        "Deployment",
        "KubernetesMonitoring",
        "NetworkPolicy",
        "PrometheusRule",
        "Service",
        "ServiceAccount",
        "ServiceMonitor",
    }
    assert declaration.result["alerts_url"] == ""
    rule = named(declaration, "PrometheusRule", NAME)
    assert rule["metadata"]["labels"]["release"] == "kube-prometheus"
    assert {one["alert"] for one in rule["spec"]["groups"][0]["rules"]} >= {"FeatureDriftPSI", "ModelServerDown"}
    services = {
        json.dumps(one.inputs["metadata"]["labels"], sort_keys=True): one.name
        for one in declaration.resources
        if one.type.endswith(":Service")
    }
    for name in (f"{NAME}-servers", MONITOR):
        selected = named(declaration, "ServiceMonitor", name)["spec"]["selector"]["matchLabels"]
        found = [service for text, service in services.items() if selected.items() <= json.loads(text).items()]
        assert found == [name]


def test_without_a_model_nothing_is_watched() -> None:
    declaration = on_kubernetes(model=None)
    assert declaration.kinds() == {"KubernetesMonitoring"}
    assert declaration.result == {"monitor_name": "", "alerts_url": "", "status": "waiting-for-model"}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        EVERYTHING,
        {"payloads": "s3://predictions/flights", "s3_credentials_secret_name": "login", "s3_region": "eu-west-1"},
        {"receivers": {"webhook_secret_name": "hook", "slack_secret_name": "slack"}},
        RETRAINING,
    ],
)
def test_every_object_has_the_form_that_kubernetes_asks_for(changes: dict[str, Any]) -> None:
    declaration = on_kubernetes(**changes, tags={"owner": "team-flights"}, image_pull_secret_names=["login"])
    for document in kubernetes_documents.objects(declaration.resources):
        kubernetes_documents.check_schema(document)
        for found in kubernetes_documents.pod_specs(document):
            # What starts runs is the one pod of ours that calls the cluster.
            known = ["has a token for the cluster"] if found["serviceAccountName"] == f"{NAME}-retraining" else []
            assert kubernetes_documents.weaknesses(found) == known


def test_the_baseline_is_the_pinned_versions() -> None:
    declaration = on_kubernetes()
    (fetch,) = pod(declaration, MONITOR)["initContainers"]
    for words in (fetch["command"], command(declaration)):
        assert (after(words, "--version"), after(words, "--digest")) == ("7", DIGEST)
    assert fetch["image"] == IMAGE


def test_a_volume_of_payloads_and_labels_is_mounted_once_and_only_read() -> None:
    declaration = on_kubernetes(labels="pvc://predictions/labels")
    claims = [one for one in pod(declaration, MONITOR)["volumes"] if "persistentVolumeClaim" in one]
    assert claims == [{"name": "payloads", "persistentVolumeClaim": {"claimName": "predictions", "readOnly": True}}]
    words = command(declaration)
    assert after(words, "--payloads") == "/data/predictions/payloads"
    assert after(words, "--labels") == "/data/predictions/labels"


def test_addresses_of_receivers_are_mounted_and_never_in_a_document() -> None:
    declaration = on_kubernetes(receivers={"webhook_secret_name": "hook", "pagerduty_secret_name": "pager"})
    text = named(declaration, "ConfigMap", ALERTING)["data"]["alertmanager.yml"]
    assert "/etc/receivers/webhook/url" in text
    assert "/etc/receivers/pagerduty/routing_key" in text
    secrets = [one["secret"]["secretName"] for one in pod(declaration, ALERTING)["volumes"] if "secret" in one]
    assert secrets == ["hook", "pager"]


def test_another_threshold_starts_prometheus_anew_and_no_server() -> None:
    def hash_of(declaration: Declaration) -> str:
        template = named(declaration, "Deployment", ALERTING)["spec"]["template"]
        found: str = template["metadata"]["annotations"]["pulumi-mlops.dev/configuration"]
        return found

    assert hash_of(on_kubernetes()) == hash_of(on_kubernetes())
    assert hash_of(on_kubernetes()) != hash_of(on_kubernetes(drift={"psi_max": 0.3}))


def test_an_endpoint_that_we_did_not_make_is_watched_by_its_labels() -> None:
    declaration = on_kubernetes(pod_selector={"app": "triton"}, pod_port=8002)
    service = named(declaration, "Service", f"{NAME}-servers")["spec"]
    assert (service["selector"], service["ports"][0]["port"]) == ({"app": "triton"}, 8002)
    (to_server, _) = [rule for rule in named(declaration, "NetworkPolicy", ALERTING)["spec"]["egress"] if "to" in rule]
    assert to_server["to"] == [{"podSelector": {"matchLabels": {"app": "triton"}}}]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"quality": {"metric": "mae", "max": 13.0}}, "quality: got 'no labels'"),
        ({"labels": "s3://b/l", "quality": {"metric": "mae"}}, "exactly one of max and min"),
        ({"prometheus": "operator", "prometheus_retention_days": 3}, "the cluster's own is used"),
        ({"rule_labels": {"release": "x"}}, "the bundled Prometheus reads its own rules"),
        ({"s3_region": "eu-west-1"}, "payloads and labels are on volumes"),
        ({"retraining": {}}, "pipeline_name: got nothing"),
        ({**RETRAINING, "retraining": {"alerts": ["LatencyP99"]}}, "retraining.alerts[0]: got 'LatencyP99'"),
        ({**RETRAINING, "retraining": {"new_labels_min": 10}}, "0: there are no labels"),
        ({"retraining_token_secret_name": "t"}, "there is no retraining"),
        ({"prometheus_image": None}, "prometheus_image: got nothing"),
        ({"drift": {"psi_max": 0.0}}, "more than 0"),
        (
            {"labels": "s3://b/l", "quality": {"metric": "mae", "max": 1.0, "group_difference_max": 2.0}},
            "group_feature",
        ),
    ],
)
def test_refuses(changes: dict[str, Any], expected: str) -> None:
    with pytest.raises(ArgumentsError) as raised:
        resolved(**changes)
    assert expected in str(raised.value)


def test_an_alert_reaches_the_receiver_with_a_token_and_people_as_well() -> None:
    declaration = on_kubernetes(**RETRAINING, receivers={"webhook_secret_name": "hook"})
    files = yaml.safe_load(named(declaration, "ConfigMap", ALERTING)["data"]["alertmanager.yml"])
    first, second = files["route"]["routes"]
    assert (first["receiver"], first["continue"], second) == ("retraining", True, {"receiver": "people"})
    assert first["matchers"] == ['alertname=~"FeatureDriftPSI"']
    (webhook,) = files["receivers"][1]["webhook_configs"]
    assert webhook["url"] == "http://flight-delay-retraining:8080/alerts"
    mounted = [one["mountPath"] for one in pod(declaration, ALERTING)["containers"][1]["volumeMounts"]]
    assert webhook["http_config"]["authorization"]["credentials_file"].rpartition("/")[0] in mounted


def test_the_receiver_may_start_a_run_and_nothing_else() -> None:
    declaration = on_kubernetes(**RETRAINING)
    assert named(declaration, "Role", f"{NAME}-retraining")["rules"] == [
        {
            "apiGroups": ["batch"],
            "resources": ["cronjobs"],
            "resourceNames": ["flight-delay-pipeline"],
            "verbs": ["get"],
        },
        {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["create", "list"]},
        {
            "apiGroups": [""],
            "resources": ["configmaps"],
            "resourceNames": ["flight-delay-retraining"],
            "verbs": ["get", "update"],
        },
    ]
    # What the receiver has written there is not the stack's, which would take it back.
    assert "data" not in named(declaration, "ConfigMap", f"{NAME}-retraining")


def test_each_command_is_one_that_its_module_takes() -> None:
    (receiver,) = pod(on_kubernetes(**EVERYTHING, **RETRAINING), f"{NAME}-retraining")["containers"]
    given = parser().parse_args(receiver["command"][3:])
    assert given.alert == ["FeatureDriftPSI", "ModelQuality"]
    (watching,) = pod(on_kubernetes(**EVERYTHING), MONITOR)["containers"]
    told = monitoring_parser().parse_args(watching["command"][3:])
    assert (told.window_hours, told.interval_seconds, told.group, told.replicas) == (24.0, 900.0, ["carrier"], 1.0)
    assert (given.cooldown_hours, given.runs_max, given.budget_days, given.new_labels_min) == (24, 4, 30, 1000)
    assert given.monitor_metrics_url == "http://flight-delay-monitor.flights-prod.svc:9100/metrics"


def test_the_report_judges_by_the_thresholds_that_the_alerts_have(tmp_path: Path) -> None:
    data = named(on_kubernetes(**EVERYTHING), "ConfigMap", MONITOR)["data"]
    (tmp_path / "thresholds.json").write_text(data["thresholds.json"])
    read = Thresholds.read(tmp_path / "thresholds.json")
    psi, missing = read.of("psi"), read.of("missing", "distance")
    assert (psi.warning, psi.breached, psi.rows_min) == (0.125, 0.25, 500)
    assert (missing.breached, read.of_metric["mae"].breached) == (0.2, 13.0)
    assert Thresholds.model_validate_json(thresholds.as_json(resolved())).of("ks").breached is None
