"""Each alert fires, and each clears, in the real Prometheus: an alert that cannot fire is a bug."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from pulumi_mlops.monitoring.kubernetes import alerting, rules
from pulumi_mlops.monitoring.kubernetes.rules import Watched
from sandbox.errors import SandboxError
from sandbox.packages.private import environment, tool
from tests.unit.monitoring.declarations import EVERYTHING, NAMESPACE, RETRAINING, on_kubernetes, resolved

WATCHED = Watched(resolved(**EVERYTHING), NAMESPACE)
SERVERS = f'{{job="flight-delay-servers",namespace="{NAMESPACE}",instance="a"}}'
MONITOR = f'{{job="flight-delay-monitor",namespace="{NAMESPACE}",instance="m"}}'
# A point a minute for an hour: half an hour of trouble, then half an hour without.
TROUBLE, CLEAR = "30m", "60m"


@dataclass(frozen=True)
class Story:
    """What the exporters say for an hour: the first half fires the alert, the second clears it."""

    series: Mapping[str, str]
    labels: Mapping[str, str]


def server(metric: str, more: str = "") -> str:
    return WATCHED.server(metric, f',instance="a"{more}')


def monitor(metric: str, more: str = "") -> str:
    return WATCHED.monitor(metric, f',instance="m",version="7"{more}')


def halves(bad: str, good: str) -> str:
    return f"{bad}x30 {good}x40"


def gauge(metric: str, more: str, bad: float, good: float) -> dict[str, str]:
    return {monitor(metric, more): halves(f"{bad}+0", f"{good}+0")}


def requests(bad_status: str) -> dict[str, str]:
    """A hundred requests a minute, of which half fail in the first half hour."""
    bad = server("mlops_request_seconds_count", f',status="{bad_status}"')
    good = server("mlops_request_seconds_count", ',status="200"')
    return {bad: "0+50x30 1500+0x40", good: "0+50x70"}


def latency() -> dict[str, str]:
    """Every request between 0.5 and 1 s in the first half hour, below 5 ms in the second."""
    buckets = {"0.005": "0+0x30 0+100x40", "0.5": "0+0x30 0+100x40", "1.0": "0+100x70", "+Inf": "0+100x70"}
    return {server("mlops_request_seconds_bucket", f',le="{edge}"'): values for edge, values in buckets.items()}


def on_feature(metric: str, bad: float, good: float, more: str = "") -> Story:
    return Story(gauge(metric, f',feature="distance"{more}', bad, good), {"feature": "distance"})


STORIES: dict[str, Story] = {
    "ModelServerDown": Story({f"up{SERVERS}": "0+0x30 1+0x40"}, {}),
    "ServerErrors": Story(requests("503"), {}),
    "ClientErrors": Story(requests("400"), {}),
    "LatencyP50": Story(latency(), {}),
    "LatencyP99": Story(latency(), {}),
    "ReplicasBusy": Story({server("request_predict_seconds_sum"): "0+58x30 1740+10x40"}, {}),
    "TrafficLow": Story({server("mlops_request_seconds_count", ',status="200"'): "0+0x30 0+100x40"}, {}),
    "FeatureDriftPSI": on_feature("mlops_drift_score", 0.3, 0.05, ',measure="psi"'),
    "FeatureDriftKS": on_feature("mlops_drift_score", 0.35, 0.05, ',measure="ks"'),
    "FeatureDriftJS": on_feature("mlops_drift_score", 0.45, 0.05, ',measure="js"'),
    "PredictionDrift": Story(
        gauge("mlops_prediction_drift_score", ',output="delay",measure="psi"', 0.2, 0.01), {"output": "delay"}
    ),
    "MissingValues": on_feature("mlops_missing_ratio", 0.3, 0.1),
    "ValuesOutOfRange": on_feature("mlops_out_of_range_ratio", 0.06, 0.01),
    "WrongTypes": on_feature("mlops_wrong_type_ratio", 0.02, 0.0),
    "UnseenCategories": on_feature("mlops_unseen_category_ratio", 0.1, 0.0),
    "ModelQuality": Story(gauge("mlops_quality", ',metric="mae",kind="measured"', 16.0, 11.0), {"metric": "mae"}),
    "GroupQuality": Story(
        {
            **gauge("mlops_quality", ',metric="mae",kind="measured"', 11.0, 11.0),
            **gauge("mlops_group_quality", ',metric="mae",group="carrier",value="HA"', 18.0, 12.0),
        },
        {"metric": "mae", "group": "carrier", "value": "HA"},
    ),
    "PredictionCost": Story(gauge("mlops_cost_per_1000_predictions", "", 0.05, 0.01), {}),
    # A time stamp that stands still, and then one that goes with the clock.
    "MonitorStale": Story(
        {
            f"up{MONITOR}": "1+0x70",
            monitor("mlops_monitor_last_success_timestamp_seconds"): "-11000+0x30 1860+60x40",
        },
        {},
    ),
    "BaselineOfAnotherVersion": Story(
        gauge("mlops_monitor_state", ',state="baseline-of-another-version"', 1, 0),
        {"state": "baseline-of-another-version"},
    ),
}


@pytest.fixture(scope="module")
def promtool() -> str:
    try:
        return str(tool("promtool"))
    except SandboxError as error:
        pytest.skip(f"promtool cannot be had: {error}")


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, *arguments], capture_output=True, text=True, timeout=120, check=False, env=environment()
    )


def test_each_alert_has_its_story() -> None:
    assert sorted(alert.name for alert in rules.alerts(WATCHED.settings, NAMESPACE)) == sorted(STORIES)


def test_without_thresholds_of_their_own_few_alerts_exist() -> None:
    names = {alert.name for alert in rules.alerts(resolved(), NAMESPACE)}
    assert names == {
        "ModelServerDown",
        "ServerErrors",
        "ReplicasBusy",
        "FeatureDriftPSI",
        "PredictionDrift",
        "ValuesOutOfRange",
        "WrongTypes",
        "UnseenCategories",
        "MonitorStale",
        "BaselineOfAnotherVersion",
    }


@pytest.mark.parametrize("name", STORIES)
def test_fires_and_clears(name: str, promtool: str, tmp_path: Path) -> None:
    story = STORIES[name]
    alert = next(one for one in rules.alerts(WATCHED.settings, NAMESPACE) if one.name == name)
    document = rules.rule_groups(WATCHED.settings, NAMESPACE)
    (group,) = document["groups"]
    group["rules"] = [rule for rule in group["rules"] if rule["alert"] == name]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump(document))
    test = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": series, "values": values} for series, values in story.series.items()],
                "alert_rule_test": [
                    {"eval_time": TROUBLE, "alertname": name, "exp_alerts": [{"exp_labels": labels_of(story, alert)}]},
                    {"eval_time": CLEAR, "alertname": name, "exp_alerts": []},
                ],
            }
        ],
    }
    # The texts hold numbers that the test does not care for.
    for rule in group["rules"]:
        rule["annotations"] = {}
    (tmp_path / "rules.yml").write_text(yaml.safe_dump(document))
    (tmp_path / "test.yml").write_text(yaml.safe_dump(test))
    outcome = run(promtool, "test", "rules", str(tmp_path / "test.yml"))
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def labels_of(story: Story, alert: rules.Alert) -> dict[str, str]:
    """Labels that the alert fires with: the rule's own, and what its expression keeps of the series."""
    kept: dict[str, str] = {}
    if alert.name in KEEPS_SERVER:
        kept = {"job": "flight-delay-servers", "instance": "a"}
    elif alert.name not in KEEPS_NOTHING:
        kept = {"job": "flight-delay-monitor", "instance": "m", "model": "flight-delay", "version": "7"}
        measures = {"FeatureDriftPSI": "psi", "PredictionDrift": "psi", "FeatureDriftKS": "ks", "FeatureDriftJS": "js"}
        if alert.name in measures:
            kept["measure"] = measures[alert.name]
        if alert.name == "ModelQuality":
            kept["kind"] = "measured"
    return {
        **kept,
        **story.labels,
        "workload": "flight-delay",
        "namespace": NAMESPACE,
        "severity": alert.severity,
    }


KEEPS_SERVER = {"ModelServerDown"}
KEEPS_NOTHING = {"ServerErrors", "ClientErrors", "LatencyP50", "LatencyP99", "ReplicasBusy", "TrafficLow"}


def test_a_pod_that_is_not_there_is_down(promtool: str, tmp_path: Path) -> None:
    document = rules.rule_groups(resolved(), NAMESPACE)
    for rule in document["groups"][0]["rules"]:
        rule["annotations"] = {}
    (tmp_path / "rules.yml").write_text(yaml.safe_dump(document))
    labels = {"workload": "flight-delay", "namespace": NAMESPACE}
    gone: list[dict[str, Any]] = [
        {
            "eval_time": "30m",
            "alertname": name,
            "exp_alerts": [{"exp_labels": {**labels, "severity": severity, **more}}],
        }
        for name, severity, more in (
            ("ModelServerDown", "critical", {"job": "flight-delay-servers"}),
            ("MonitorStale", "warning", {}),
        )
    ]
    quiet = [
        {"eval_time": "30m", "alertname": name, "exp_alerts": []}
        for name in STORIES
        if name not in ("ModelServerDown", "MonitorStale")
    ]
    test = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "1m",
        "tests": [{"interval": "1m", "input_series": [], "alert_rule_test": [*gone, *quiet]}],
    }
    (tmp_path / "test.yml").write_text(yaml.safe_dump(test))
    outcome = run(promtool, "test", "rules", str(tmp_path / "test.yml"))
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


@pytest.mark.parametrize("changes", [{}, EVERYTHING])
def test_prometheus_and_alertmanager_take_their_files(changes: dict[str, Any], promtool: str, tmp_path: Path) -> None:
    # A webhook's `url_file` came with Alertmanager 0.26, and the distribution may have an older one.
    receivers = {"slack_secret_name": "slack", "pagerduty_secret_name": "pager"}
    declaration = on_kubernetes(**changes, **RETRAINING, receivers=receivers)
    (files,) = [one for one in declaration.resources if one.type.endswith(":ConfigMap") and "alerting" in one.name]
    for name, text in files.inputs["data"].items():
        (tmp_path / name).write_text(text.replace(alerting.CONFIGURATION_FOLDER, str(tmp_path)))
    checked = run(promtool, "check", "config", str(tmp_path / "prometheus.yml"))
    assert checked.returncode == 0, checked.stderr
    assert "FAILED" not in checked.stdout + checked.stderr
    told = run(str(tool("amtool")), "check-config", str(tmp_path / "alertmanager.yml"))
    assert told.returncode == 0, told.stdout + told.stderr


def test_promtool_refuses_a_rule_that_is_none(promtool: str, tmp_path: Path) -> None:
    document = rules.rule_groups(resolved(), NAMESPACE)
    document["groups"][0]["rules"][0]["expr"] = "sum(rate("
    (tmp_path / "rules.yml").write_text(yaml.safe_dump(document))
    assert run(promtool, "check", "rules", str(tmp_path / "rules.yml")).returncode != 0
