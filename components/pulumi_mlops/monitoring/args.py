"""The contract of a monitoring: what it is on every target, what a target adds, and where it runs."""

from enum import Enum
from typing import NotRequired, TypedDict

import pulumi

from pulumi_mlops._shared.model import ModelPinArgs
from pulumi_mlops._shared.place import KubernetesPlaceArgs


class PrometheusInstallation(str, Enum):
    """Which Prometheus scrapes the metrics and evaluates the alerting rules."""

    BUNDLED = "bundled"
    """A Prometheus and an Alertmanager of the monitoring's own."""
    OPERATOR = "operator"
    """The cluster's own, run by the Prometheus Operator: it takes PrometheusRule and ServiceMonitor objects."""


class DriftThresholdsArgs(TypedDict):
    """Drift of the inputs and outputs: the distance between the window and the version's baseline."""

    psi_max: NotRequired[float]
    """Population stability index (PSI) above which an alert fires. Defaults to 0.2, which credit scoring practice calls
    a significant shift."""
    kolmogorov_smirnov_max: NotRequired[float]
    """Kolmogorov-Smirnov statistic, 0 to 1, above which an alert fires. Defaults to no alert."""
    jensen_shannon_max: NotRequired[float]
    """Jensen-Shannon distance (base 2), 0 to 1, above which an alert fires. Defaults to no alert."""
    prediction_psi_max: NotRequired[float]
    """PSI of an output above which an alert fires. Defaults to `psi_max`."""


class DataQualityThresholdsArgs(TypedDict):
    """Quality of the inputs: the most, in percent of the window's rows, that may be wrong with a feature."""

    missing_percent_max: NotRequired[float]
    """Missing values. Defaults to no alert: some features miss values in the baseline too."""
    out_of_range_percent_max: NotRequired[float]
    """Values outside the baseline's minimum and maximum. Defaults to 5."""
    wrong_type_percent_max: NotRequired[float]
    """Values of another type than the model's contract has. Defaults to 1."""
    unseen_category_percent_max: NotRequired[float]
    """Categories that the baseline does not have. Defaults to 5."""


class QualityThresholdArgs(TypedDict):
    """Quality of the model, measured once labels have arrived."""

    metric: str
    """Name of the metric, such as mae or accuracy."""
    max: NotRequired[float]
    """Value above which an alert fires, for an error. Give `max` or `min`."""
    min: NotRequired[float]
    """Value below which an alert fires, for a score. Give `max` or `min`."""
    group_feature: NotRequired[str]
    """Feature by whose values the metric is measured as well. Defaults to none."""
    group_difference_max: NotRequired[float]
    """Difference between a group's metric and that of all rows above which an alert fires. Requires `group_feature`.
    Defaults to no alert."""


class ServiceThresholdsArgs(TypedDict):
    """Traffic, errors, latency and saturation of the model server, over the last five minutes."""

    latency_p50_milliseconds_max: NotRequired[float]
    """Median latency of requests above which an alert fires. Defaults to no alert."""
    latency_p99_milliseconds_max: NotRequired[float]
    """p99 latency of requests above which an alert fires. Defaults to no alert."""
    server_error_percent_max: NotRequired[float]
    """Share of requests answered with a 5xx status above which an alert fires, in percent. Defaults to 1."""
    client_error_percent_max: NotRequired[float]
    """Share of requests answered with a 4xx status above which an alert fires, in percent. Defaults to no alert."""
    busy_percent_max: NotRequired[float]
    """Saturation: how much of the time a replica is scoring, in percent, above which an alert fires. Defaults to 90."""
    requests_per_minute_min: NotRequired[float]
    """Traffic below which an alert fires. Defaults to no alert."""


class CostArgs(TypedDict):
    """Cost of the predictions."""

    replica_hour: float
    """Cost of one replica for an hour."""
    replicas: NotRequired[float]
    """How many replicas there are on the mean. Defaults to 1; a workload's monitoring takes the endpoint's
    `replicas_min`."""
    currency: NotRequired[str]
    """Currency of the cost, shown in the report. Defaults to USD."""
    per_1000_predictions_max: NotRequired[float]
    """Cost of 1,000 predictions above which an alert fires, in the same currency. Defaults to no alert."""


class RetrainingArgs(TypedDict):
    """An alert starts a run of the training pipeline, where these guards allow it; nothing is deployed by it."""

    alerts: NotRequired[list[str]]
    """Alerts that may start a run, such as ModelQuality. Defaults to those of FeatureDriftPSI and ModelQuality that
    there are."""
    cooldown_hours: NotRequired[int]
    """How long after the start of one run an alert may start the next. Defaults to 24."""
    runs_max: NotRequired[int]
    """How many runs alerts may start within `budget_days`. Defaults to 4."""
    budget_days: NotRequired[int]
    """Window of `runs_max`, in days. Defaults to 30."""
    new_labels_min: NotRequired[int]
    """Fewest labelled predictions in the monitor's window that a run is worth. 0 asks for none. Defaults to 1000 with
    `labels`, else to 0."""
    fruitless_runs_max: NotRequired[int]
    """After so many runs in a row that left nothing to promote, alerts start no more until a person resets it. Defaults
    to 3."""


class NeutralMonitoringArgs(TypedDict):
    """Settings of a monitoring on every target."""

    payloads: NotRequired[str]
    """Folder of the payload log: `s3://bucket/prefix` or, on Kubernetes, `pvc://claim/path`. A workload's monitoring
    takes its endpoint's; a monitoring by itself needs it."""
    labels: NotRequired[str]
    """Folder of the labels, written in the same way. Defaults to none: the model's quality is not measured."""
    window_hours: NotRequired[int]
    """Window: how many hours back the predictions are held against the baseline. Defaults to 24."""
    interval_minutes: NotRequired[int]
    """How often the window is evaluated. Defaults to 60."""
    rows_min: NotRequired[int]
    """Fewest predictions in a window that drift, data quality and model quality are measured on. Defaults to 500."""
    label_lateness_hours: NotRequired[int]
    """How long after its prediction a label may arrive. Defaults to 72."""
    drift: NotRequired[DriftThresholdsArgs]
    """Drift. Defaults to an alert on PSI."""
    data_quality: NotRequired[DataQualityThresholdsArgs]
    """Quality of the inputs. Each threshold has its own default."""
    quality: NotRequired[QualityThresholdArgs]
    """Quality of the model. Requires `labels`. Defaults to no alert."""
    service: NotRequired[ServiceThresholdsArgs]
    """Traffic, errors, latency and saturation. Each threshold has its own default."""
    cost: NotRequired[CostArgs]
    """Cost per 1,000 predictions. Defaults to none: it is not measured."""
    retraining: NotRequired[RetrainingArgs]
    """Retraining: an alert starts a run of the training pipeline. Defaults to none: a person starts it."""


class AlertReceiversArgs(TypedDict):
    """Whom the bundled Alertmanager tells. Each Secret is in the namespace and is mounted, never read by Pulumi."""

    webhook_secret_name: NotRequired[pulumi.Input[str]]
    """Secret whose key `url` is a webhook's address. Defaults to none."""
    slack_secret_name: NotRequired[pulumi.Input[str]]
    """Secret whose key `url` is a Slack incoming webhook. Defaults to none."""
    pagerduty_secret_name: NotRequired[pulumi.Input[str]]
    """Secret whose key `routing_key` is PagerDuty's Events API v2 integration key. Defaults to none."""
    repeat_hours: NotRequired[int]
    """How often an alert that goes on firing is told again. Defaults to 12."""


class KubernetesMonitoringOwnArgs(TypedDict):
    """Settings of a monitoring on Kubernetes only."""

    prometheus: NotRequired[PrometheusInstallation]
    """Which Prometheus evaluates the alerting rules. Defaults to bundled."""
    prometheus_volume_gib: NotRequired[int]
    """Size in GiB of the bundled Prometheus' volume. Defaults to 2."""
    prometheus_retention_days: NotRequired[int]
    """How long the bundled Prometheus keeps its samples. Defaults to 30."""
    storage_class_name: NotRequired[pulumi.Input[str]]
    """StorageClass of the volume. Defaults to the cluster's default."""
    rule_labels: NotRequired[dict[str, pulumi.Input[str]]]
    """Labels by which the operator's Prometheus selects PrometheusRule and ServiceMonitor objects, such as `release`.
    Defaults to none."""
    receivers: NotRequired[AlertReceiversArgs]
    """Whom the bundled Alertmanager tells. Defaults to nobody: alerts are on its page."""
    retraining_token_secret_name: NotRequired[pulumi.Input[str]]
    """Secret whose key `token` Alertmanager shows to the receiver of retraining. Required with `retraining`."""
    cpu: NotRequired[str]
    """CPU limit of the monitor, as a Kubernetes quantity. The request is a quarter of it. Defaults to 1."""
    memory: NotRequired[str]
    """Memory request and limit of the monitor, as a Kubernetes quantity. Defaults to 1Gi."""
    s3_endpoint_url: NotRequired[str]
    """URL of an S3 service other than AWS's, such as MinIO's. Defaults to AWS's."""
    s3_region: NotRequired[str]
    """Region of the buckets, such as eu-west-1. Defaults to what the cluster's cloud identity says."""
    s3_credentials_secret_name: NotRequired[pulumi.Input[str]]
    """Secret in the namespace with the keys `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`. Defaults to none: the
    ServiceAccount's cloud identity."""
    service_account_annotations: NotRequired[dict[str, pulumi.Input[str]]]
    """Annotations of the monitor's ServiceAccount, which can give it a cloud identity, such as
    `eks.amazonaws.com/role-arn`. Defaults to none."""


class MonitoringArgs(NeutralMonitoringArgs):
    """Arguments of a workload's monitoring. The workload says where it runs."""

    kubernetes: NotRequired[KubernetesMonitoringOwnArgs]
    """Settings of the monitoring on Kubernetes. An error on any other target."""


class KubernetesMonitoringSettingsArgs(KubernetesPlaceArgs, KubernetesMonitoringOwnArgs):
    """Where a monitoring runs on Kubernetes, and its settings there."""

    pod_selector: NotRequired[dict[str, str]]
    """Labels of the pods of the model server. Defaults to those of the endpoint of the component's name."""
    pod_port: NotRequired[int]
    """Port at which these pods serve `/metrics`. Defaults to 8080."""


class KubernetesMonitoringArgs(NeutralMonitoringArgs):
    """Arguments of a monitoring on Kubernetes. It can watch an endpoint that this package did not make."""

    image: pulumi.Input[str]
    """Image of the monitor, pinned by digest or content tag: a pipeline image, which holds pandas and scipy."""
    prometheus_image: NotRequired[pulumi.Input[str]]
    """Image of the bundled Prometheus, pinned. Required when `kubernetes.prometheus` is bundled."""
    alertmanager_image: NotRequired[pulumi.Input[str]]
    """Image of the bundled Alertmanager, pinned. Required when `kubernetes.prometheus` is bundled."""
    registry_url: pulumi.Input[str]
    """URL of the MLflow server from which the monitor downloads the model with its baseline."""
    model_name: NotRequired[str]
    """Name that the model is registered under. Defaults to the component's name."""
    payload_sampling_percent: NotRequired[float]
    """Percent of the requests that the payload log holds, by which the traffic is reckoned. Defaults to 100; a
    workload's monitoring takes its endpoint's."""
    pipeline_name: NotRequired[str]
    """Name of the training pipeline that `retraining` runs. Required with it."""
    workload: NotRequired[str]
    """Name of the workload, for labels. Defaults to `model_name`."""
    model: NotRequired[ModelPinArgs]
    """The version that is watched. Defaults to none: nothing is watched, and the status is `waiting-for-model`."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of every object, set as labels. Defaults to none."""
    kubernetes: KubernetesMonitoringSettingsArgs
    """Where the monitoring runs, and its settings on Kubernetes."""
