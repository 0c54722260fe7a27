"""A monitoring in a stack file: the tree of `MonitoringArgs`, with lines and strictness."""

from typing import Annotated

from pydantic import Field

from pulumi_mlops._shared.aws.values import Region
from pulumi_mlops._shared.config_model import Model
from pulumi_mlops._shared.values import (
    AnnotationKey,
    CpuQuantity,
    LabelKey,
    LabelValue,
    MemoryQuantity,
    ObjectName,
    ReachableUrl,
    TableLocation,
    VolumeGib,
)
from pulumi_mlops.monitoring import settings
from pulumi_mlops.monitoring.args import PrometheusInstallation
from pulumi_mlops.monitoring.kubernetes import settings as kubernetes


class DriftThresholdsConfig(Model):
    """Drift of the inputs and outputs: the distance between the window and the version's baseline."""

    psi_max: Annotated[float, settings.PSI_MAX] = settings.PSI_MAX.default
    """Population stability index (PSI) above which an alert fires. Defaults to 0.2, which credit scoring practice calls
    a significant shift."""

    kolmogorov_smirnov_max: Annotated[float, settings.STATISTIC_MAX] | None = None
    """Kolmogorov-Smirnov statistic, 0 to 1, above which an alert fires. Defaults to no alert."""

    jensen_shannon_max: Annotated[float, settings.STATISTIC_MAX] | None = None
    """Jensen-Shannon distance (base 2), 0 to 1, above which an alert fires. Defaults to no alert."""

    prediction_psi_max: Annotated[float, settings.PSI_MAX] | None = None
    """PSI of an output above which an alert fires. Defaults to psi_max."""


class DataQualityThresholdsConfig(Model):
    """Quality of the inputs: the most, in percent of the window's rows, that may be wrong with a feature."""

    missing_percent_max: Annotated[float, settings.MISSING_PERCENT_MAX] | None = None
    """Missing values. Defaults to no alert: some features miss values in the baseline too."""

    out_of_range_percent_max: Annotated[float, settings.OUT_OF_RANGE_PERCENT_MAX] = (
        settings.OUT_OF_RANGE_PERCENT_MAX.default
    )
    """Values outside the baseline's minimum and maximum. Defaults to 5."""

    wrong_type_percent_max: Annotated[float, settings.WRONG_TYPE_PERCENT_MAX] = settings.WRONG_TYPE_PERCENT_MAX.default
    """Values of another type than the model's contract has. Defaults to 1."""

    unseen_category_percent_max: Annotated[float, settings.UNSEEN_CATEGORY_PERCENT_MAX] = (
        settings.UNSEEN_CATEGORY_PERCENT_MAX.default
    )
    """Categories that the baseline does not have. Defaults to 5."""


class QualityThresholdConfig(Model):
    """Quality of the model, measured once labels have arrived."""

    metric: Annotated[str, settings.METRIC]
    """Name of the metric, like mae or accuracy."""

    max: Annotated[float, settings.QUALITY] | None = None
    """Value above which an alert fires, for an error. Give max or min."""

    min: Annotated[float, settings.QUALITY] | None = None
    """Value below which an alert fires, for a score. Give max or min."""

    group_feature: Annotated[str, settings.FEATURE] | None = None
    """Feature by whose values the metric is measured as well. Defaults to none."""

    group_difference_max: Annotated[float, settings.DIFFERENCE_MAX] | None = None
    """Difference between a group's metric and that of all rows above which an alert fires. Requires group_feature.
    Defaults to no alert."""


class ServiceThresholdsConfig(Model):
    """Traffic, errors, latency and saturation of the model server, over the last five minutes."""

    latency_p50_milliseconds_max: Annotated[float, settings.LATENCY_MILLISECONDS_MAX] | None = None
    """Median latency of requests above which an alert fires. Defaults to no alert."""

    latency_p99_milliseconds_max: Annotated[float, settings.LATENCY_MILLISECONDS_MAX] | None = None
    """p99 latency of requests above which an alert fires. Defaults to no alert."""

    server_error_percent_max: Annotated[float, settings.SERVER_ERROR_PERCENT_MAX] = (
        settings.SERVER_ERROR_PERCENT_MAX.default
    )
    """Share of requests answered with a 5xx status above which an alert fires, in percent. Defaults to 1."""

    client_error_percent_max: Annotated[float, settings.CLIENT_ERROR_PERCENT_MAX] | None = None
    """Share of requests answered with a 4xx status above which an alert fires, in percent. Defaults to no alert."""

    busy_percent_max: Annotated[float, settings.BUSY_PERCENT_MAX] = settings.BUSY_PERCENT_MAX.default
    """Saturation: how much of the time a replica is scoring, in percent, above which an alert fires. Defaults to 90."""

    requests_per_minute_min: Annotated[float, settings.REQUESTS_PER_MINUTE_MIN] | None = None
    """Traffic below which an alert fires. Defaults to no alert."""


class CostConfig(Model):
    """Cost of the predictions."""

    replica_hour: Annotated[float, settings.COST]
    """Cost of one replica for an hour."""

    replicas: Annotated[float, settings.COST] | None = None
    """How many replicas there are on the mean. Defaults to the endpoint's replicas_min."""

    currency: Annotated[str, settings.CURRENCY] = settings.DEFAULT_CURRENCY
    """Currency of the cost, shown in the report. Defaults to USD."""

    per_1000_predictions_max: Annotated[float, settings.COST] | None = None
    """Cost of 1,000 predictions above which an alert fires, in the same currency. Defaults to no alert."""


class RetrainingConfig(Model):
    """An alert starts a run of the training pipeline, where these guards allow it; nothing is deployed by it."""

    alerts: Annotated[tuple[Annotated[str, settings.ALERT], ...], Field(strict=False)] = ()
    """Alerts that may start a run, like ModelQuality. Defaults to those of FeatureDriftPSI and ModelQuality that there
    are."""

    cooldown_hours: Annotated[int, settings.COOLDOWN_HOURS] = settings.COOLDOWN_HOURS.default
    """How long after the start of one run an alert may start the next. Defaults to 24."""

    runs_max: Annotated[int, settings.RUNS_MAX] = settings.RUNS_MAX.default
    """How many runs alerts may start within budget_days. Defaults to 4."""

    budget_days: Annotated[int, settings.BUDGET_DAYS] = settings.BUDGET_DAYS.default
    """Window of runs_max, in days. Defaults to 30."""

    new_labels_min: Annotated[int, settings.NEW_LABELS_MIN] | None = None
    """Fewest labelled predictions in the monitor's window that a run is worth. 0 asks for none. Defaults to 1000 with
    labels, else to 0."""

    fruitless_runs_max: Annotated[int, settings.FRUITLESS_RUNS_MAX] = settings.FRUITLESS_RUNS_MAX.default
    """After so many runs in a row that left nothing to promote, alerts start no more until a person resets it. Defaults
    to 3."""


class AlertReceiversConfig(Model):
    """Whom the bundled Alertmanager tells. Each Secret is in the namespace and is mounted, never read by Pulumi."""

    webhook_secret_name: ObjectName | None = None
    """Secret whose key url is a webhook's address. Defaults to none."""

    slack_secret_name: ObjectName | None = None
    """Secret whose key url is a Slack incoming webhook. Defaults to none."""

    pagerduty_secret_name: ObjectName | None = None
    """Secret whose key routing_key is PagerDuty's Events API v2 integration key. Defaults to none."""

    repeat_hours: Annotated[int, kubernetes.REPEAT_HOURS] = kubernetes.REPEAT_HOURS.default
    """How often an alert that goes on firing is told again. Defaults to 12."""


class KubernetesMonitoringConfig(Model):
    """Settings of a monitoring on the target kubernetes only."""

    prometheus: Annotated[PrometheusInstallation, Field(strict=False)] = PrometheusInstallation.BUNDLED
    """Which Prometheus evaluates the alerting rules: bundled (one of the monitoring's own, with an Alertmanager) or
    operator (the cluster's, run by the Prometheus Operator). Defaults to bundled."""

    prometheus_volume_gib: VolumeGib = kubernetes.PROMETHEUS_VOLUME_GIB.default
    """Size in GiB of the bundled Prometheus' volume. Defaults to 2."""

    prometheus_retention_days: Annotated[int, kubernetes.PROMETHEUS_RETENTION_DAYS] = (
        kubernetes.PROMETHEUS_RETENTION_DAYS.default
    )
    """How long the bundled Prometheus keeps its samples. Defaults to 30."""

    storage_class_name: ObjectName | None = None
    """StorageClass of the volume. Defaults to the cluster's default."""

    rule_labels: dict[LabelKey, LabelValue] = Field(default={})
    """Labels by which the operator's Prometheus selects PrometheusRule and ServiceMonitor objects, like release.
    Defaults to none."""

    receivers: AlertReceiversConfig | None = None
    """Whom the bundled Alertmanager tells. Defaults to nobody: alerts are on its page."""

    retraining_token_secret_name: ObjectName | None = None
    """Secret whose key token Alertmanager shows to the receiver of retraining. Required with retraining."""

    cpu: CpuQuantity = kubernetes.DEFAULT_CPU
    """CPU limit of the monitor in cores, like "2" or "500m". The request is a quarter of it. Defaults to "1"."""

    memory: MemoryQuantity = kubernetes.DEFAULT_MEMORY
    """Memory request and limit of the monitor, like 2Gi. Defaults to 1Gi."""

    s3_endpoint_url: ReachableUrl | None = None
    """URL of an S3 service other than AWS's, like MinIO's. Defaults to AWS's."""

    s3_region: Region | None = None
    """Region of the buckets, like eu-west-1. Defaults to what the cluster's cloud identity says."""

    s3_credentials_secret_name: ObjectName | None = None
    """Secret in the namespace with the keys AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Defaults to none: the
    ServiceAccount's cloud identity."""

    service_account_annotations: dict[AnnotationKey, str] = Field(default={})
    """Annotations of the monitor's ServiceAccount that give it a cloud identity, like eks.amazonaws.com/role-arn.
    Defaults to none."""


class MonitoringConfig(Model):
    """What of the pinned version is measured, and held against which thresholds."""

    payloads: TableLocation | None = None
    """Folder of the payload log: s3://bucket/prefix or, on kubernetes, pvc://claim/path. Defaults to the endpoint's,
    with its S3 service and credentials."""

    labels: TableLocation | None = None
    """Folder of the labels, written in the same way. Defaults to none: the model's quality is not measured."""

    window_hours: Annotated[int, settings.WINDOW_HOURS] = settings.WINDOW_HOURS.default
    """Window: how many hours back the predictions are held against the baseline. Defaults to 24."""

    interval_minutes: Annotated[int, settings.INTERVAL_MINUTES] = settings.INTERVAL_MINUTES.default
    """How often the window is evaluated. Defaults to 60."""

    rows_min: Annotated[int, settings.ROWS_MIN] = settings.ROWS_MIN.default
    """Fewest predictions in a window that drift, data quality and model quality are measured on. Defaults to 500."""

    label_lateness_hours: Annotated[int, settings.LABEL_LATENESS_HOURS] = settings.LABEL_LATENESS_HOURS.default
    """How long after its prediction a label may arrive. Defaults to 72."""

    drift: DriftThresholdsConfig = DriftThresholdsConfig()
    """Drift. Defaults to an alert on PSI."""

    data_quality: DataQualityThresholdsConfig = DataQualityThresholdsConfig()
    """Quality of the inputs. Each threshold has its own default."""

    quality: QualityThresholdConfig | None = None
    """Quality of the model. Requires labels. Defaults to no alert."""

    service: ServiceThresholdsConfig = ServiceThresholdsConfig()
    """Traffic, errors, latency and saturation. Each threshold has its own default."""

    cost: CostConfig | None = None
    """Cost per 1,000 predictions. Defaults to none: it is not measured."""

    retraining: RetrainingConfig | None = None
    """Retraining: an alert starts a run of the training pipeline. Defaults to none: a person starts it."""

    kubernetes: KubernetesMonitoringConfig | None = None
    """Settings of the monitoring on kubernetes. An error on any other target. Each has its own default."""
