"""A monitoring's arguments on Kubernetes, checked and complete."""

from collections.abc import Sequence

from pulumi_mlops._shared import names, values
from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops._shared.aws import values as aws_values
from pulumi_mlops._shared.kubernetes import labels
from pulumi_mlops.monitoring import settings as neutral
from pulumi_mlops.monitoring.args import KubernetesMonitoringArgs, PrometheusInstallation
from pulumi_mlops.monitoring.kubernetes import rules
from pulumi_mlops.monitoring.kubernetes.settings import (
    DEFAULT_CPU,
    DEFAULT_MEMORY,
    DEFAULT_POD_PORT,
    LONGEST_NAME,
    POD_PORT,
    PROMETHEUS_RETENTION_DAYS,
    PROMETHEUS_VOLUME_GIB,
    RECEIVERS,
    REPEAT_HOURS,
    Bundled,
    MonitoringSettings,
    Receivers,
)

_OF_S3 = ("s3_endpoint_url", "s3_region", "s3_credentials_secret_name")
_OF_BUNDLED = ("prometheus_volume_gib", "prometheus_retention_days", "storage_class_name", "receivers")


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
        pod_selector=_pod_selector(arguments, name),
        pod_port=int(read("kubernetes.pod_port", POD_PORT, DEFAULT_POD_PORT)),
        bundled=_bundled(arguments),
        payload_sampling_percent=float(read("payload_sampling_percent", neutral.SAMPLING_PERCENT, 100.0)),
        pipeline_name=read("pipeline_name", values.name_of_at_most(52)),
        retraining_token_secret_name=read("kubernetes.retraining_token_secret_name", values.object_name),
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
    _check_retraining(arguments, settings)
    if settings.retraining is not None and arguments.sound("retraining.alerts"):
        for index, alert in enumerate(settings.retraining.alerts):
            if alert not in (known := rules.names_of(settings)):
                expected = f"an alert that can fire with these thresholds: one of {', '.join(known)}"
                arguments.add(f"retraining.alerts[{index}]", alert, expected, "set its threshold, or name another")
    arguments.finish()
    return settings


def _check_retraining(arguments: Arguments, settings: MonitoringSettings) -> None:
    needed = {
        "pipeline_name": (settings.pipeline_name, "the training pipeline that an alert runs"),
        "kubernetes.retraining_token_secret_name": (
            settings.retraining_token_secret_name,
            "a Secret with the token that Alertmanager shows",
        ),
    }
    for path, (given, expected) in needed.items():
        if settings.retraining is not None and given is None and arguments.sound(path):
            arguments.add(path, None, expected, "add it, or remove retraining")
    token = settings.retraining_token_secret_name
    if settings.retraining is None and token is not None:
        path = "kubernetes.retraining_token_secret_name"
        arguments.add(path, token, "nothing: there is no retraining", "remove it, or add retraining")


def _pod_selector(arguments: Arguments, endpoint: str) -> dict[str, str]:
    given = arguments.mapping("kubernetes.pod_selector", values.label_key, values.label_value)
    return given or labels.selector(endpoint, names.ENDPOINT)


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
                for kind in RECEIVERS
            },
            repeat_hours=arguments.number("kubernetes.receivers.repeat_hours", REPEAT_HOURS),
        ),
    )


def _refuse(arguments: Arguments, keys: Sequence[str], expected: str) -> None:
    for key in keys:
        if given := arguments.read(f"kubernetes.{key}"):
            arguments.add(f"kubernetes.{key}", given, expected, "remove it")
