"""The alerting rules of a monitoring, as Prometheus reads them. Pure: expressions over the metrics of two exporters.

The model server's metrics are `mlops_runtime.serving.request_metrics`' and KServe's; the monitor's are those of
`mlops_runtime.monitoring`. A value that means nothing (too few rows, a constant feature) is not exported, and a rule
over a metric that is not there does not fire.
https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pulumi_mlops._shared.documents import Document
from pulumi_mlops.monitoring.kubernetes import monitor, targets
from pulumi_mlops.monitoring.kubernetes.settings import MonitoringSettings
from pulumi_mlops.monitoring.settings import RETRAINING_ALERTS, QualityThreshold

RATE_WINDOW = "5m"
# Evaluated once an interval, a value stands still in between: one evaluation is what there is to go by.
AT_ONCE = "0s"
SERVICE_FOR = "5m"
DOWN_FOR = "2m"
MISSED_INTERVALS = 3


@dataclass(frozen=True)
class Alert:
    """One alerting rule.

    Attributes:
        name: Its `alert`.
        expression: PromQL. The series that it returns are what fires.
        hold: How long it must be true before the alert fires, as Prometheus writes durations.
        severity: `critical`: the model does not do its work now; `warning`: someone should look today.
        summary: One line, with Prometheus' templates.
        action: What to do first.
    """

    name: str
    expression: str
    hold: str
    severity: str
    summary: str
    action: str


@dataclass(frozen=True)
class Watched:
    """A monitoring and its namespace, which tell its series from those of all others in one Prometheus.

    The label `job` is the name of the Service that Prometheus found a pod by, as ServiceMonitors have it.
    """

    settings: MonitoringSettings
    namespace: str

    def up(self, job: str) -> str:
        """Return the series that says whether each pod of a job answers."""
        return f'up{{job="{job}",namespace="{self.namespace}"}}'

    def server(self, metric: str, more: str = "") -> str:
        """Return a metric of the model server's pods."""
        place = f'job="{targets.server_service_name(self.settings)}",namespace="{self.namespace}"'
        return f'{metric}{{{place},model_name="{self.settings.model_name}"{more}}}'

    def monitor(self, metric: str, more: str = "") -> str:
        """Return a metric of the monitor."""
        place = f'job="{monitor.name(self.settings)}",namespace="{self.namespace}"'
        return f'{metric}{{{place},model="{self.settings.model_name}"{more}}}'

    def requests(self, status: str = "") -> str:
        """Return the requests a second of all pods."""
        series = self.server("mlops_request_seconds_count", f',status=~"{status}"' if status else "")
        return f"sum(rate({series}[{RATE_WINDOW}]))"


def alerts(settings: MonitoringSettings, namespace: str) -> list[Alert]:
    """Return every alert that a monitoring in a namespace has."""
    watched = Watched(settings, namespace)
    return [*_service(watched), *_drift(watched), *_data_quality(watched), *_quality(watched), *_monitor(watched)]


def names_of(settings: MonitoringSettings) -> list[str]:
    """Return the names of the alerts that can fire."""
    return [alert.name for alert in alerts(settings, "a-namespace")]


def retraining_alerts(settings: MonitoringSettings) -> list[str]:
    """Return the alerts that may start a run: those that are asked for, else the defaults that can fire."""
    if settings.retraining is None:
        return []
    known = names_of(settings)
    return list(settings.retraining.alerts) or [name for name in RETRAINING_ALERTS if name in known]


def rule_groups(settings: MonitoringSettings, namespace: str) -> Document:
    """Return the rules as a rule file of Prometheus, which is also the spec of a PrometheusRule."""
    common_labels = {"workload": settings.model_name, "namespace": namespace}
    rules = [
        {
            "alert": alert.name,
            "expr": alert.expression,
            "for": alert.hold,
            "labels": {**common_labels, "severity": alert.severity},
            "annotations": {"summary": alert.summary, "action": alert.action},
        }
        for alert in alerts(settings, namespace)
    ]
    return {"groups": [{"name": settings.name, "rules": rules}]}


def _service(watched: Watched) -> Iterator[Alert]:
    limits = watched.settings.thresholds
    up = watched.up(targets.server_service_name(watched.settings))
    yield Alert(
        "ModelServerDown",
        f"{up} == 0 or absent({up})",
        DOWN_FOR,
        "critical",
        "A pod of the model server does not answer Prometheus, or there is none.",
        "See why its pods do not start: mlops status.",
    )
    shares = (
        ("ServerErrors", "5..", limits.server_error_percent_max, "critical", "Read the server's log: mlops logs."),
        ("ClientErrors", "4..", limits.client_error_percent_max, "warning", "Look for a caller that has changed."),
    )
    for name, status, most, severity, action in shares:
        if most is not None:
            yield Alert(
                name,
                f"100 * {watched.requests(status)} / {watched.requests()} > {most:g}",
                SERVICE_FOR,
                severity,
                f'{{{{ $value | printf "%.2f" }}}} % of requests are answered {status[0]}xx (threshold {most:g} %).',
                action,
            )
    quantiles = (("50", limits.latency_p50_milliseconds_max), ("99", limits.latency_p99_milliseconds_max))
    for percent, most in quantiles:
        if most is not None:
            buckets = f"sum by (le) (rate({watched.server('mlops_request_seconds_bucket')}[{RATE_WINDOW}]))"
            yield Alert(
                f"LatencyP{percent}",
                f"1000 * histogram_quantile(0.{percent}, {buckets}) > {most:g}",
                SERVICE_FOR,
                "warning",
                f'p{percent} latency is {{{{ $value | printf "%.1f" }}}} ms (threshold {most:g} ms).',
                "Compare traffic and busy time; raise replicas_max if the replicas are busy.",
            )
    busy = f"rate({watched.server('request_predict_seconds_sum')}[{RATE_WINDOW}])"
    yield Alert(
        "ReplicasBusy",
        f"100 * avg({busy}) > {limits.busy_percent_max:g}",
        SERVICE_FOR,
        "warning",
        f'Replicas score {{{{ $value | printf "%.0f" }}}} % of the time (threshold {limits.busy_percent_max:g} %).',
        "Raise replicas_max.",
    )
    if limits.requests_per_minute_min is not None:
        least = limits.requests_per_minute_min
        yield Alert(
            "TrafficLow",
            f"60 * ({watched.requests()} or vector(0)) < {least:g}",
            SERVICE_FOR,
            "warning",
            f'{{{{ $value | printf "%.1f" }}}} requests a minute arrive (expected at least {least:g}).',
            "Look for a caller that has stopped, and at the way to the endpoint.",
        )


def _drift(watched: Watched) -> Iterator[Alert]:
    limits = watched.settings.thresholds
    measures = (
        ("psi", "PSI", limits.psi_max),
        ("ks", "Kolmogorov-Smirnov statistic", limits.kolmogorov_smirnov_max),
        ("js", "Jensen-Shannon distance", limits.jensen_shannon_max),
    )
    for measure, words, most in measures:
        if most is not None:
            yield _above(
                f"FeatureDrift{measure.upper()}",
                watched.monitor("mlops_drift_score", f',measure="{measure}"'),
                most,
                f"{words} of feature {{{{ $labels.feature }}}}",
                "See the report: is the change real, or is a source broken? Retrain if it is real and stays.",
            )
    yield _above(
        "PredictionDrift",
        watched.monitor("mlops_prediction_drift_score", ',measure="psi"'),
        limits.prediction_psi_max,
        "PSI of output {{ $labels.output }}",
        "See which features drift with it. With none, compare the served version with the one before.",
    )


def _data_quality(watched: Watched) -> Iterator[Alert]:
    limits = watched.settings.thresholds
    ratios = (
        ("MissingValues", "mlops_missing_ratio", limits.missing_percent_max, "missing values"),
        ("ValuesOutOfRange", "mlops_out_of_range_ratio", limits.out_of_range_percent_max, "values out of range"),
        ("WrongTypes", "mlops_wrong_type_ratio", limits.wrong_type_percent_max, "values of another type"),
        ("UnseenCategories", "mlops_unseen_category_ratio", limits.unseen_category_percent_max, "unseen categories"),
    )
    for name, metric, most, words in ratios:
        if most is not None:
            yield _above(
                name,
                f"100 * {watched.monitor(metric)}",
                most,
                f"Percent of {words} in feature {{{{ $labels.feature }}}}",
                "Look at the source of the feature first: the model has not changed.",
            )


def _quality(watched: Watched) -> Iterator[Alert]:
    if watched.settings.quality is not None:
        yield from _measured(watched, watched.settings.quality)
    most = watched.settings.thresholds.cost_per_1000_predictions_max
    if most is not None:
        yield _above(
            "PredictionCost",
            watched.monitor("mlops_cost_per_1000_predictions"),
            most,
            "Cost of 1,000 predictions",
            "Lower replicas_min, or take a smaller machine.",
        )


def _measured(watched: Watched, quality: QualityThreshold) -> Iterator[Alert]:
    measured = watched.monitor("mlops_quality", f',kind="measured",metric="{quality.metric}"')
    comparison, limit = (">", quality.max) if quality.max is not None else ("<", quality.min)
    yield Alert(
        "ModelQuality",
        f"{measured} {comparison} {limit:g}",
        AT_ONCE,
        "critical",
        f'{quality.metric} is {{{{ $value | printf "%.4g" }}}} over the window (threshold {limit:g}).',
        "See the report for the groups and features that are worst; retrain, or promote the version before.",
    )
    if quality.group_difference_max is not None:
        matchers = f',metric="{quality.metric}",group="{_quoted(quality.group_feature or "")}"'
        group = watched.monitor("mlops_group_quality", matchers)
        yield _above(
            "GroupQuality",
            f"abs({group} - on (model, version, metric) group_left () {measured})",
            quality.group_difference_max,
            f"Difference in {quality.metric} of {{{{ $labels.group }}}} = {{{{ $labels.value }}}} to all rows",
            "See the report for the group's rows, and how many the version was trained on.",
        )


def _monitor(watched: Watched) -> Iterator[Alert]:
    silence = MISSED_INTERVALS * watched.settings.interval_minutes * 60
    last = watched.monitor("mlops_monitor_last_success_timestamp_seconds")
    up = watched.up(monitor.name(watched.settings))
    yield Alert(
        "MonitorStale",
        f"time() - {last} > {silence} or absent({up} == 1)",
        SERVICE_FOR,
        "warning",
        f"The window has not been evaluated for {MISSED_INTERVALS} intervals: drift and quality are not watched.",
        "Read the monitor's log: mlops logs.",
    )
    state = watched.monitor("mlops_monitor_state", ',state="baseline-of-another-version"')
    yield Alert(
        "BaselineOfAnotherVersion",
        f"{state} == 1",
        f"{watched.settings.interval_minutes}m",
        "warning",
        "The predictions of the window are another version's than the baseline's.",
        "Look which version the endpoint serves (mlops status) and which one is pinned.",
    )


def _above(name: str, value: str, most: float, words: str, action: str) -> Alert:
    summary = f'{words} is {{{{ $value | printf "%.4g" }}}} (threshold {most:g}).'
    return Alert(name, f"{value} > {most:g}", AT_ONCE, "warning", summary, action)


def _quoted(text: str) -> str:
    """Write a text within PromQL's double quotes."""
    return text.replace("\\", "\\\\").replace('"', '\\"')
