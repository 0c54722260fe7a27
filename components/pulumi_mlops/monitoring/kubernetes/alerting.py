"""The Kubernetes objects of the bundled Prometheus and Alertmanager: one pod, its configuration, its volume."""

import io
from collections.abc import Collection
from typing import Any

import pulumi
from ruamel.yaml import YAML

from pulumi_mlops._shared import names
from pulumi_mlops._shared.documents import Document, content_hash
from pulumi_mlops._shared.inputs import combine
from pulumi_mlops._shared.kubernetes import labels, network, objects, pods
from pulumi_mlops.monitoring.kubernetes import monitor, retraining, rules, targets
from pulumi_mlops.monitoring.kubernetes.settings import Bundled, MonitoringSettings, Receivers

COMPONENT = names.ALERTING
PROMETHEUS_PORT = 9090
ALERTMANAGER_PORT = 9093
CONFIGURATION_FOLDER = "/etc/monitoring"
SECRETS_FOLDER = "/etc/receivers"
DATA_FOLDER = "/prometheus"
_KEYS = {"webhook": "url", "slack": "url", "pagerduty": "routing_key"}
_GROUP_BY = ["alertname", "workload"]


def name(settings: MonitoringSettings) -> str:
    """Return the name of the pod's objects."""
    return names.alerting_of(settings.name)


def selector(settings: MonitoringSettings) -> dict[str, str]:
    """Labels that select the pod."""
    return labels.selector(settings.name, COMPONENT)


def pod_labels(settings: MonitoringSettings) -> dict[str, str]:
    """Labels of the pod."""
    return labels.pod_labels(settings.name, COMPONENT, workload=settings.workload)


def metadata(settings: MonitoringSettings) -> Document:
    """Metadata of the objects."""
    return labels.metadata(name(settings), settings.namespace, pod_labels(settings), settings.tags)


def service_account(settings: MonitoringSettings) -> Document:
    """Return the pod's identity, which has no right in the cluster."""
    return objects.service_account(metadata(settings))


def service(settings: MonitoringSettings) -> Document:
    """Return the address of Prometheus and of Alertmanager within the cluster."""
    ports = (("prometheus", PROMETHEUS_PORT), ("alertmanager", ALERTMANAGER_PORT))
    return objects.service(
        metadata(settings),
        selector(settings),
        [{"name": port, "port": number, "targetPort": port, "protocol": "TCP"} for port, number in ports],
    )


def network_policy(settings: MonitoringSettings, bundled: Bundled) -> Document:
    """Return who may ask (pods of this namespace), and whom the pod asks: what it scrapes, and the receivers."""
    scraped = (
        (dict(settings.pod_selector), settings.pod_port),
        (monitor.selector(settings), monitor.PORT),
    )
    return network.policy(
        metadata(settings),
        selector(settings),
        ingress=[
            {
                "from": [{"podSelector": {}}],
                "ports": [network.tcp(PROMETHEUS_PORT), network.tcp(ALERTMANAGER_PORT)],
            }
        ],
        egress=[
            network.to_dns(),
            *(
                {"to": [{"podSelector": {"matchLabels": selected}}], "ports": [network.tcp(port)]}
                for selected, port in scraped
            ),
            *(
                [
                    {
                        "to": [{"podSelector": {"matchLabels": retraining.selector(settings)}}],
                        "ports": [network.tcp(retraining.PORT)],
                    }
                ]
                if settings.retraining is not None
                else []
            ),
            # Where a receiver is stands in a Secret: neither its address nor its port is known here.
            *([{}] if bundled.receivers.secrets() else []),
        ],
    )


def volume_claim(settings: MonitoringSettings, bundled: Bundled) -> Document:
    """Return the volume of Prometheus' samples."""
    return objects.volume_claim(metadata(settings), bundled.volume_gib, bundled.storage_class_name)


def configuration(settings: MonitoringSettings, bundled: Bundled) -> Document:
    """Return the files of both programs, in a ConfigMap. Receivers' addresses are not among them: they are mounted."""
    data = combine(
        lambda namespace, scrape_configs: {
            "prometheus.yml": _text(_prometheus(scrape_configs)),
            "rules.yml": _text(rules.rule_groups(settings, namespace)),
            "alertmanager.yml": _text(alertmanager(settings, bundled.receivers)),
        },
        settings.namespace,
        targets.scrape_configs(settings),
    )
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(settings), "data": data}


def deployment(settings: MonitoringSettings, bundled: Bundled, files: Document) -> Document:
    """Return the pod. Another configuration starts it anew; its samples stay.

    Args:
        settings: The monitoring.
        bundled: What is bundled.
        files: The ConfigMap.
    """
    secrets = _secrets(settings, bundled)
    pod = pods.pod(
        name(settings),
        [_prometheus_container(bundled), _alertmanager_container(bundled, secrets)],
        volumes=[
            {"name": "configuration", "configMap": {"name": name(settings)}},
            {"name": "data", "persistentVolumeClaim": {"claimName": name(settings)}},
            *({"name": kind, "secret": {"secretName": secret}} for kind, secret in secrets.items()),
        ],
        pull_secrets=settings.image_pull_secret_names,
        cluster_assigned_user=settings.cluster_assigned_user,
    )
    configured: Any = combine(content_hash, files["data"])
    annotations = {f"{labels.PREFIX}/configuration": configured}
    template = {"metadata": labels.pod_metadata(pod_labels(settings), annotations), "spec": pod}
    return objects.single_pod_deployment(metadata(settings), selector(settings), template)


def alertmanager_url(settings: MonitoringSettings) -> pulumi.Input[str]:
    """Return the address of Alertmanager within the cluster."""
    return combine(
        lambda namespace: f"http://{names.service_host(name(settings), namespace)}:{ALERTMANAGER_PORT}",
        settings.namespace,
    )


def alertmanager(settings: MonitoringSettings, receivers: Receivers) -> Document:
    """Return Alertmanager's configuration.

    https://prometheus.io/docs/alerting/latest/configuration/
    """
    secrets = receivers.secrets()
    people: Document = {"name": "people"}
    if "webhook" in secrets:
        people["webhook_configs"] = [{"url_file": _secret_file("webhook"), "send_resolved": True}]
    if "slack" in secrets:
        people["slack_configs"] = [{"api_url_file": _secret_file("slack"), "send_resolved": True}]
    if "pagerduty" in secrets:
        people["pagerduty_configs"] = [{"routing_key_file": _secret_file("pagerduty"), "send_resolved": True}]
    route: Document = {
        "receiver": "people",
        "group_by": _GROUP_BY,
        "group_wait": "10s",
        "group_interval": "1m",
        "repeat_interval": f"{receivers.repeat_hours}h",
    }
    if settings.retraining is None:
        return {"route": route, "receivers": [people]}
    starts = "|".join(rules.retraining_alerts(settings))
    # A route below that fits keeps an alert from the one above: people are told by a second.
    route["routes"] = [
        {"receiver": "retraining", "matchers": [f'alertname=~"{starts}"'], "repeat_interval": "1h", "continue": True},
        {"receiver": "people"},
    ]
    return {"route": route, "receivers": [people, _retraining_receiver(settings)]}


def _retraining_receiver(settings: MonitoringSettings) -> Document:
    credentials = f"{SECRETS_FOLDER}/retraining/{retraining.TOKEN_KEY}"
    return {
        "name": "retraining",
        "webhook_configs": [
            {
                "url": f"http://{retraining.name(settings)}:{retraining.PORT}/alerts",
                "send_resolved": False,
                "http_config": {"authorization": {"credentials_file": credentials}},
            }
        ],
    }


def _secret_file(kind: str) -> str:
    return f"{SECRETS_FOLDER}/{kind}/{_KEYS[kind]}"


def _prometheus(scrape_configs: list[Document]) -> Document:
    return {
        "global": {"scrape_interval": targets.SCRAPE_INTERVAL, "evaluation_interval": targets.SCRAPE_INTERVAL},
        "rule_files": [f"{CONFIGURATION_FOLDER}/rules.yml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"localhost:{ALERTMANAGER_PORT}"]}]}]},
        "scrape_configs": scrape_configs,
    }


def _prometheus_container(bundled: Bundled) -> Document:
    return pods.container(
        "prometheus",
        bundled.prometheus_image,
        [
            *("prometheus", f"--config.file={CONFIGURATION_FOLDER}/prometheus.yml"),
            f"--storage.tsdb.path={DATA_FOLDER}",
            f"--storage.tsdb.retention.time={bundled.retention_days}d",
            f"--web.listen-address=:{PROMETHEUS_PORT}",
        ],
        resources={"requests": {"cpu": "50m", "memory": "256Mi"}, "limits": {"memory": "256Mi"}},
        mounts=[pods.mount("configuration", CONFIGURATION_FOLDER, read_only=True), pods.mount("data", DATA_FOLDER)],
        more=_probed("prometheus", PROMETHEUS_PORT),
    )


def _secrets(settings: MonitoringSettings, bundled: Bundled) -> dict[str, pulumi.Input[str]]:
    """Return the Secrets that Alertmanager mounts, by the folder that each is in."""
    token = settings.retraining_token_secret_name
    return {**bundled.receivers.secrets(), **({} if token is None else {"retraining": token})}


def _alertmanager_container(bundled: Bundled, secrets: Collection[str]) -> Document:
    return pods.container(
        "alertmanager",
        bundled.alertmanager_image,
        [
            *("alertmanager", f"--config.file={CONFIGURATION_FOLDER}/alertmanager.yml"),
            # Silences and what was told are kept in the pod; after a restart an alert is told once more.
            f"--storage.path={pods.TEMPORARY_FOLDER}/alertmanager",
            f"--web.listen-address=:{ALERTMANAGER_PORT}",
            # One alone: no gossip with others.
            "--cluster.listen-address=",
        ],
        resources={"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "64Mi"}},
        mounts=[
            pods.mount("configuration", CONFIGURATION_FOLDER, read_only=True),
            *(pods.mount(kind, f"{SECRETS_FOLDER}/{kind}", read_only=True) for kind in secrets),
        ],
        more=_probed("alertmanager", ALERTMANAGER_PORT),
    )


def _probed(name: str, port: int) -> Document:
    def get(path: str) -> Document:
        return {"httpGet": {"path": path, "port": name}, "timeoutSeconds": 5}

    return {
        "ports": [{"name": name, "containerPort": port, "protocol": "TCP"}],
        "readinessProbe": {**get("/-/ready"), "periodSeconds": 5},
        "livenessProbe": {**get("/-/healthy"), "periodSeconds": 20},
    }


def _text(document: Document) -> str:
    written = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style, yaml.width, yaml.sort_base_mapping_type_on_output = False, 1000, False  # type: ignore[assignment]
    yaml.dump(document, written)
    return written.getvalue()
