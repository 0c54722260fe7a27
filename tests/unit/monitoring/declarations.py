"""Monitorings as tests declare them."""

from typing import Any

from pulumi_mlops import KubernetesMonitoring, KubernetesMonitoringArgs
from pulumi_mlops.monitoring.kubernetes.resolve import resolve
from pulumi_mlops.monitoring.kubernetes.settings import MonitoringSettings
from tests.recording import Declaration, declare

NAME = "flight-delay"
NAMESPACE = "flights-prod"
DIGEST = "sha256:" + "a" * 64
MODEL = {"version": "7", "digest": DIGEST}
IMAGE = "localhost/pulumi-mlops/pipeline:0123456789abcdef"
IMAGES = {
    "prometheus_image": "localhost/pulumi-mlops/prometheus:0123456789abcdef",
    "alertmanager_image": "localhost/pulumi-mlops/prometheus:0123456789abcdef",
}
EVERYTHING = {
    "interval_minutes": 15,
    "labels": "pvc://predictions/labels",
    "drift": {"psi_max": 0.25, "kolmogorov_smirnov_max": 0.3, "jensen_shannon_max": 0.4, "prediction_psi_max": 0.1},
    "data_quality": {"missing_percent_max": 20.0},
    "quality": {"metric": "mae", "max": 13.0, "group_feature": "carrier", "group_difference_max": 5.0},
    "service": {
        "latency_p50_milliseconds_max": 20.0,
        "latency_p99_milliseconds_max": 100.0,
        "client_error_percent_max": 10.0,
        "requests_per_minute_min": 1.0,
    },
    "cost": {"replica_hour": 0.1, "per_1000_predictions_max": 0.02},
}
"""Settings with which every alert there is exists."""


RETRAINING: dict[str, Any] = {
    "retraining": {},
    "retraining_token_secret_name": "retraining-token",
    "pipeline_name": "flight-delay-pipeline",
}
"""A monitoring that starts runs of the pipeline."""


def arguments(**changes: Any) -> Any:
    """Return the arguments of a monitoring; settings that Kubernetes alone has may stand beside the others."""
    own = KubernetesMonitoringArgs.__annotations__
    there = {key: value for key, value in changes.items() if key not in own}
    args: Any = {
        "image": IMAGE,
        **(IMAGES if there.get("prometheus") != "operator" else {}),
        "registry_url": "http://mlflow.flights-dev.svc:5000",
        "model": MODEL,
        "payloads": "pvc://predictions/payloads",
        "kubernetes": {"namespace": NAMESPACE, **there},
        **{key: value for key, value in changes.items() if key in own},
    }
    return {key: value for key, value in args.items() if value is not None}


def on_kubernetes(**changes: Any) -> Declaration:
    """Declare a monitoring."""

    def program() -> object:
        monitoring = KubernetesMonitoring(NAME, arguments(**changes))
        return {
            "monitor_name": monitoring.monitor_name,
            "alerts_url": monitoring.alerts_url,
            "status": monitoring.status,
        }

    return declare(program)


def resolved(**changes: Any) -> MonitoringSettings:
    """Return the settings of a monitoring."""
    return resolve(NAME, arguments(**changes))
