"""A dashboard of Grafana, as code: what the alerts are about, with their thresholds drawn in."""

import json
from typing import Any

from pulumi_mlops._shared import names
from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.inputs import combine
from pulumi_mlops._shared.kubernetes import labels
from pulumi_mlops.monitoring.kubernetes import monitor
from pulumi_mlops.monitoring.kubernetes.rules import RATE_WINDOW, Watched
from pulumi_mlops.monitoring.kubernetes.settings import MonitoringSettings

# The label by which Grafana's sidecar finds dashboards, in Grafana's own chart.
# https://github.com/grafana/helm-charts/tree/main/charts/grafana#sidecar-for-dashboards
FOUND_BY = {"grafana_dashboard": "1"}
_COLUMNS = 2
_WIDTH, _HEIGHT = 12, 8


def config_map(settings: MonitoringSettings) -> Document:
    """Return the dashboard in a ConfigMap that Grafana's sidecar loads."""
    own = monitor.pod_labels(settings) | FOUND_BY
    name = names.dashboard_of(settings.name)
    data = combine(lambda namespace: {f"{name}.json": _text(settings, namespace)}, settings.namespace)
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": labels.metadata(name, settings.namespace, own, settings.tags),
        "data": data,
    }


def _text(settings: MonitoringSettings, namespace: str) -> str:
    return json.dumps(dashboard(settings, namespace), indent=1)


def dashboard(settings: MonitoringSettings, namespace: str) -> dict[str, Any]:
    """Return the dashboard in Grafana's JSON model (schema 39, which Grafana 10.4 and later read).

    https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
    """
    return {
        "uid": f"mlops-{namespace}-{settings.name}"[:40],
        "title": f"{settings.model_name} ({namespace})",
        "tags": ["pulumi-mlops"],
        "schemaVersion": 39,
        "refresh": "1m",
        "time": {"from": "now-7d", "to": "now"},
        "templating": {"list": [{"name": "source", "type": "datasource", "query": "prometheus"}]},
        "panels": [
            {**panel, "id": index + 1, "gridPos": _place(index)}
            for index, panel in enumerate(_panels(Watched(settings, namespace)))
        ],
    }


def _panels(watched: Watched) -> list[dict[str, Any]]:
    limits = watched.settings.thresholds
    buckets = f"sum by (le) (rate({watched.server('mlops_request_seconds_bucket')}[{RATE_WINDOW}]))"
    busy = f"rate({watched.server('request_predict_seconds_sum')}[{RATE_WINDOW}])"
    quality = watched.settings.quality
    most = quality.max if quality is not None else None
    return [
        _panel("Requests a second", "reqps", None, {"all": watched.requests()}),
        _panel(
            "Errors",
            "percent",
            limits.server_error_percent_max,
            {
                "5xx": f"100 * {watched.requests('5..')} / {watched.requests()}",
                "4xx": f"100 * {watched.requests('4..')} / {watched.requests()}",
            },
        ),
        _panel(
            "Latency",
            "ms",
            limits.latency_p99_milliseconds_max,
            {f"p{percent}": f"1000 * histogram_quantile(0.{percent}, {buckets})" for percent in (50, 99)},
        ),
        _panel("Replicas busy", "percent", limits.busy_percent_max, {"{{instance}}": f"100 * {busy}"}),
        _panel(
            "Feature drift (PSI)",
            "none",
            limits.psi_max,
            {"{{feature}}": watched.monitor("mlops_drift_score", ',measure="psi"')},
        ),
        _panel(
            "Prediction drift (PSI)",
            "none",
            limits.prediction_psi_max,
            {"{{output}}": watched.monitor("mlops_prediction_drift_score", ',measure="psi"')},
        ),
        _panel("Missing values", "percent", limits.missing_percent_max, {"{{feature}}": _percent(watched, "missing")}),
        _panel(
            "Values out of range",
            "percent",
            limits.out_of_range_percent_max,
            {"{{feature}}": _percent(watched, "out_of_range")},
        ),
        _panel("Quality", "none", most, {"{{metric}} ({{kind}})": watched.monitor("mlops_quality")}),
        _panel("Labels", "none", None, {"{{state}}": watched.monitor("mlops_labels")}),
    ]


def _percent(watched: Watched, what: str) -> str:
    return f"100 * {watched.monitor(f'mlops_{what}_ratio')}"


def _panel(title: str, unit: str, threshold: float | None, expressions: dict[str, str]) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if threshold is not None:
        steps.append({"color": "red", "value": threshold})
    source = {"type": "prometheus", "uid": "${source}"}
    return {
        "type": "timeseries",
        "title": title,
        "datasource": source,
        "fieldConfig": {
            "defaults": {
                "unit": unit,
                "thresholds": {"mode": "absolute", "steps": steps},
                "custom": {"thresholdsStyle": {"mode": "off" if threshold is None else "line"}},
            },
            "overrides": [],
        },
        "targets": [
            {"refId": chr(ord("A") + index), "datasource": source, "expr": expression, "legendFormat": legend}
            for index, (legend, expression) in enumerate(expressions.items())
        ],
    }


def _place(index: int) -> dict[str, int]:
    row, column = divmod(index, _COLUMNS)
    return {"x": column * _WIDTH, "y": row * _HEIGHT, "w": _WIDTH, "h": _HEIGHT}
