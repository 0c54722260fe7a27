"""What the documents of a monitoring on Kubernetes are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from pulumi_mlops._shared import locations, values
from pulumi_mlops._shared.rules import Range, Setting
from pulumi_mlops.monitoring import settings as neutral

LONGEST_NAME = 50
PROMETHEUS_VOLUME_GIB = Setting(values.volume_gib.least, values.volume_gib.most, default=2)
PROMETHEUS_RETENTION_DAYS = Setting(1, 3650, default=30)
REPEAT_HOURS = Setting(1, 24 * 30, default=12)
POD_PORT = Range(1, 65535)
DEFAULT_POD_PORT = 8080
DEFAULT_CPU = "1"
DEFAULT_MEMORY = "1Gi"
RECEIVERS = ("webhook", "slack", "pagerduty")


@dataclass(frozen=True, kw_only=True)
class Receivers:
    """Whom Alertmanager tells: names of Secrets."""

    webhook_secret_name: pulumi.Input[str] | None
    slack_secret_name: pulumi.Input[str] | None
    pagerduty_secret_name: pulumi.Input[str] | None
    repeat_hours: int

    def secrets(self) -> dict[str, pulumi.Input[str]]:
        """Return the Secret of each receiver that there is."""
        found = {kind: getattr(self, f"{kind}_secret_name") for kind in RECEIVERS}
        return {kind: secret for kind, secret in found.items() if secret is not None}


@dataclass(frozen=True, kw_only=True)
class Bundled:
    """A Prometheus and an Alertmanager of the monitoring's own."""

    prometheus_image: pulumi.Input[str]
    alertmanager_image: pulumi.Input[str]
    volume_gib: int
    retention_days: int
    storage_class_name: pulumi.Input[str] | None
    receivers: Receivers


@dataclass(frozen=True, kw_only=True)
class MonitoringSettings(neutral.NeutralMonitoringSettings):
    """Everything that the monitoring's documents are made of."""

    namespace: pulumi.Input[str]
    registry_url: pulumi.Input[str]
    pod_selector: Mapping[str, str]
    pod_port: int
    bundled: Bundled | None
    """None: the cluster's own Prometheus, run by the operator."""
    payload_sampling_percent: float
    pipeline_name: str | None
    retraining_token_secret_name: pulumi.Input[str] | None
    rule_labels: Mapping[str, pulumi.Input[str]]
    cpu: str
    memory: str
    s3_endpoint_url: str | None
    s3_region: str | None
    s3_credentials_secret_name: pulumi.Input[str] | None
    service_account_annotations: Mapping[str, pulumi.Input[str]]
    image_pull_secret_names: Sequence[pulumi.Input[str]]
    cluster_assigned_user: bool

    @property
    def uses_s3(self) -> bool:
        """Whether the payloads or the labels are in a bucket."""
        return any(location.startswith(locations.S3) for location in (self.payloads, self.labels or ""))
