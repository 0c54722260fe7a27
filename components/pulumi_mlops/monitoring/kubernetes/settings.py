"""A monitoring's arguments on Kubernetes, checked and complete."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from pulumi_mlops._shared import names, values
from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops._shared.aws import values as aws_values
from pulumi_mlops._shared.kubernetes import labels
from pulumi_mlops._shared.rules import Range, Setting
from pulumi_mlops.batch_job import locations
from pulumi_mlops.monitoring import settings as neutral
from pulumi_mlops.monitoring.args import KubernetesMonitoringArgs, PrometheusInstallation

LONGEST_NAME = 50
PROMETHEUS_VOLUME_GIB = Setting(values.volume_gib.least, values.volume_gib.most, default=2)
PROMETHEUS_RETENTION_DAYS = Setting(1, 3650, default=30)
REPEAT_HOURS = Setting(1, 24 * 30, default=12)
POD_PORT = Range(1, 65535)
DEFAULT_POD_PORT = 8080
DEFAULT_CPU = "1"
DEFAULT_MEMORY = "1Gi"
_OF_S3 = ("s3_endpoint_url", "s3_region", "s3_credentials_secret_name")
_OF_BUNDLED = ("prometheus_volume_gib", "prometheus_retention_days", "storage_class_name", "receivers")
_RECEIVERS = ("webhook", "slack", "pagerduty")


@dataclass(frozen=True, kw_only=True)
class Receivers:
    """Whom Alertmanager tells: names of Secrets."""

    webhook_secret_name: pulumi.Input[str] | None
    slack_secret_name: pulumi.Input[str] | None
    pagerduty_secret_name: pulumi.Input[str] | None
    repeat_hours: int

    def secrets(self) -> dict[str, pulumi.Input[str]]:
        """Return the Secret of each receiver that there is."""
        found = {kind: getattr(self, f"{kind}_secret_name") for kind in _RECEIVERS}
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


def resolve(name: str, args: KubernetesMonitoringArgs) -> MonitoringSettings:
    """Check the arguments and fill in the defaults.

    Raises:
        ArgumentsError: With every problem of the plain values. Outputs are checked where they are used.
    """
    arguments = Arguments("KubernetesMonitoring", name, args, KubernetesMonitoringArgs)
    arguments.check("name", name, values.name_of_at_most(LONGEST_NAME))
    read = arguments.read
    everywhere = neutral.read_neutral(arguments, name, image=values.image, location=values.table_location)
    settings = MonitoringSettings(
        **vars(everywhere),
        namespace=read("kubernetes.namespace", values.namespace),
        registry_url=read("registry_url", values.reachable_url),
        pod_selector=_pod_selector(arguments, everywhere.model_name),
        pod_port=int(read("kubernetes.pod_port", POD_PORT, DEFAULT_POD_PORT)),
        bundled=_bundled(arguments),
        rule_labels=arguments.mapping("kubernetes.rule_labels", values.label_key, values.label_value),
        cpu=read("kubernetes.cpu", values.cpu, DEFAULT_CPU),
        memory=read("kubernetes.memory", values.memory, DEFAULT_MEMORY),
        s3_endpoint_url=read("kubernetes.s3_endpoint_url", values.reachable_url),
        s3_region=read("kubernetes.s3_region", aws_values.region),
        s3_credentials_secret_name=read("kubernetes.s3_credentials_secret_name", values.object_name),
        service_account_annotations=arguments.mapping("kubernetes.service_account_annotations", values.annotation_key),
        image_pull_secret_names=arguments.items("kubernetes.image_pull_secret_names", values.object_name),
        cluster_assigned_user=bool(read("kubernetes.cluster_assigned_user", default=False)),
    )
    if not settings.uses_s3 and arguments.sound("payloads", "labels"):
        _refuse(arguments, _OF_S3, "no setting of S3: payloads and labels are on volumes")
    arguments.finish()
    return settings


def _pod_selector(arguments: Arguments, model_name: str) -> dict[str, str]:
    given = arguments.mapping("kubernetes.pod_selector", values.label_key, values.label_value)
    return given or labels.selector(model_name, names.ENDPOINT)


def _bundled(arguments: Arguments) -> Bundled | None:
    read = arguments.read
    if read("kubernetes.prometheus", None, PrometheusInstallation.BUNDLED) == PrometheusInstallation.OPERATOR:
        _refuse(arguments, _OF_BUNDLED, "no setting of a bundled Prometheus: the cluster's own is used")
        return None
    _refuse(arguments, ("rule_labels",), "no labels for an operator: the bundled Prometheus reads its own rules")
    for key in ("prometheus_image", "alertmanager_image"):
        if read(key) is None and arguments.sound(key):
            fix = "name the image, or set kubernetes.prometheus to operator"
            arguments.add(key, None, "a pinned image: the monitoring has a Prometheus of its own", fix)
    return Bundled(
        prometheus_image=read("prometheus_image", values.image, ""),
        alertmanager_image=read("alertmanager_image", values.image, ""),
        volume_gib=arguments.number("kubernetes.prometheus_volume_gib", PROMETHEUS_VOLUME_GIB),
        retention_days=arguments.number("kubernetes.prometheus_retention_days", PROMETHEUS_RETENTION_DAYS),
        storage_class_name=read("kubernetes.storage_class_name", values.object_name),
        receivers=Receivers(
            **{
                f"{kind}_secret_name": read(f"kubernetes.receivers.{kind}_secret_name", values.object_name)
                for kind in _RECEIVERS
            },
            repeat_hours=arguments.number("kubernetes.receivers.repeat_hours", REPEAT_HOURS),
        ),
    )


def _refuse(arguments: Arguments, keys: Sequence[str], expected: str) -> None:
    for key in keys:
        if given := arguments.read(f"kubernetes.{key}"):
            arguments.add(f"kubernetes.{key}", given, expected, "remove it")
