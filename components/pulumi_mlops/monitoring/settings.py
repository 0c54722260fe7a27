"""What a monitoring's arguments come to on every target: each setting's range and default, once."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from pulumi_mlops._shared import values
from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops._shared.pinned_model import PinnedModel, read_model
from pulumi_mlops._shared.problems import Check
from pulumi_mlops._shared.rules import Pattern, Range, Setting

WINDOW_HOURS = Setting(1, 24 * 90, default=24)
INTERVAL_MINUTES = Setting(1, 24 * 60, default=60)
ROWS_MIN = Setting(30, 10_000_000, default=500)
"""With 500 rows and ten bins, PSI of a sample of the baseline's own distribution stays below about 0.04 in 99 of 100
windows ((bins - 1) / rows times a chi-squared quantile); with 30 rows it may reach 0.7."""
LABEL_LATENESS_HOURS = Setting(1, 24 * 365, default=72)
PSI_MAX = Setting(0, 100, ends_included=False, default=0.2)
"""Below 0.1: no shift; 0.1 to 0.2 (some say 0.25): moderate; above: significant (Siddiqi, Credit Risk Scorecards,
2006)."""
STATISTIC_MAX = Range(0, 1, ends_included=False)
MISSING_PERCENT_MAX = Range(0, 100)
OUT_OF_RANGE_PERCENT_MAX = Setting(0, 100, default=5.0)
WRONG_TYPE_PERCENT_MAX = Setting(0, 100, default=1.0)
UNSEEN_CATEGORY_PERCENT_MAX = Setting(0, 100, default=5.0)
QUALITY = Range(-math.inf)
DIFFERENCE_MAX = Range(0)
LATENCY_MILLISECONDS_MAX = Range(0.1, 3_600_000)
SERVER_ERROR_PERCENT_MAX = Setting(0, 100, default=1.0)
CLIENT_ERROR_PERCENT_MAX = Range(0, 100)
BUSY_PERCENT_MAX = Setting(1, 100, default=90.0)
"""A server that scores on one thread has no room left near 100: requests queue."""
REQUESTS_PER_MINUTE_MIN = Range(0, ends_included=False)
COST = Range(0, ends_included=False)
CURRENCY = Pattern(r"[A-Z]{3}", "the code of a currency (ISO 4217: three capitals)", "write it like EUR")
DEFAULT_CURRENCY = "USD"
SAMPLING_PERCENT = Range(0, 100)
COOLDOWN_HOURS = Setting(0, 24 * 365, default=24)
RUNS_MAX = Setting(1, 1000, default=4)
BUDGET_DAYS = Setting(1, 365, default=30)
NEW_LABELS_MIN = Setting(0, 10_000_000, default=1000)
FRUITLESS_RUNS_MAX = Setting(1, 100, default=3)
ALERT = Pattern(
    r"[A-Z][A-Za-z0-9]{0,63}", "the name of an alert", "use a name of docs/watch-a-model.md, like ModelQuality"
)
RETRAINING_ALERTS = ("FeatureDriftPSI", "ModelQuality")
"""What starts a run unless it is said otherwise: the inputs have moved, or the model has become worse."""
METRIC = Pattern(r"[A-Za-z_][A-Za-z0-9_]{0,63}", "the name of a metric", "use a name that the report shows, like mae")
FEATURE = Pattern(
    r"[^\x00-\x1f\x7f]{1,256}",
    "the name of a feature (1 to 256 characters in one line)",
    "write it as the model has it",
)

WATCHING = "watching"
WAITING_FOR_MODEL = "waiting-for-model"


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """What is too much; None where nobody is told."""

    psi_max: float
    prediction_psi_max: float
    kolmogorov_smirnov_max: float | None
    jensen_shannon_max: float | None
    missing_percent_max: float | None
    out_of_range_percent_max: float
    wrong_type_percent_max: float
    unseen_category_percent_max: float
    latency_p50_milliseconds_max: float | None
    latency_p99_milliseconds_max: float | None
    server_error_percent_max: float
    client_error_percent_max: float | None
    busy_percent_max: float
    requests_per_minute_min: float | None
    cost_per_1000_predictions_max: float | None


@dataclass(frozen=True, kw_only=True)
class QualityThreshold:
    """The metric that the labels are held against."""

    metric: str
    max: float | None
    min: float | None
    group_feature: str | None
    group_difference_max: float | None


@dataclass(frozen=True, kw_only=True)
class Retraining:
    """What holds back a run that an alert asks for."""

    alerts: Sequence[str]
    """Empty: the defaults that there are."""
    cooldown_hours: int
    runs_max: int
    budget_days: int
    new_labels_min: int
    fruitless_runs_max: int


@dataclass(frozen=True, kw_only=True)
class NeutralMonitoringSettings:
    """Settings of a monitoring on every target."""

    name: str
    image: pulumi.Input[str]
    model_name: str
    workload: str
    model: PinnedModel | None
    """None: there is no version to watch yet."""
    payloads: str
    labels: str | None
    window_hours: int
    interval_minutes: int
    rows_min: int
    label_lateness_hours: int
    thresholds: Thresholds
    quality: QualityThreshold | None
    replica_hour_cost: float | None
    replicas: float
    currency: str
    retraining: Retraining | None
    tags: Mapping[str, pulumi.Input[str]]


def read_neutral(arguments: Arguments, name: str, *, image: Check, location: Check) -> NeutralMonitoringSettings:
    """Take what a monitoring has on every target.

    Args:
        arguments: The component's arguments.
        name: The component's name.
        image: What its image must satisfy on the target.
        location: What a folder must satisfy on the target.
    """
    read = arguments.read
    payloads, labels = read("payloads", location), read("labels", location)
    if payloads is None and arguments.sound("payloads"):
        fix = "add endpoint.payloads, or say the folder of somebody else's log"
        arguments.add("payloads", None, "the folder of a payload log", fix)
    quality = _quality(arguments)
    if quality is not None and labels is None and arguments.sound("labels"):
        arguments.add("quality", "no labels", "labels that the model's quality is measured with", "add labels")
    model_name = read("model_name", values.workload_name, name)
    return NeutralMonitoringSettings(
        name=name,
        image=read("image", image),
        model_name=model_name,
        workload=read("workload", values.workload_name, model_name),
        model=read_model(arguments, "model"),
        payloads=payloads or "",
        labels=labels,
        window_hours=arguments.number("window_hours", WINDOW_HOURS),
        interval_minutes=arguments.number("interval_minutes", INTERVAL_MINUTES),
        rows_min=arguments.number("rows_min", ROWS_MIN),
        label_lateness_hours=arguments.number("label_lateness_hours", LABEL_LATENESS_HOURS),
        thresholds=_thresholds(arguments),
        quality=quality,
        replica_hour_cost=_optional(arguments, "cost.replica_hour", COST),
        replicas=float(read("cost.replicas", COST, 1.0)),
        currency=read("cost.currency", CURRENCY, DEFAULT_CURRENCY),
        retraining=_retraining(arguments, has_labels=labels is not None),
        tags=read("tags", None, {}),
    )


def _thresholds(arguments: Arguments) -> Thresholds:
    psi = _decided(arguments, "drift.psi_max", PSI_MAX)
    return Thresholds(
        psi_max=psi,
        prediction_psi_max=float(arguments.read("drift.prediction_psi_max", PSI_MAX, psi)),
        kolmogorov_smirnov_max=_optional(arguments, "drift.kolmogorov_smirnov_max", STATISTIC_MAX),
        jensen_shannon_max=_optional(arguments, "drift.jensen_shannon_max", STATISTIC_MAX),
        missing_percent_max=_optional(arguments, "data_quality.missing_percent_max", MISSING_PERCENT_MAX),
        out_of_range_percent_max=_decided(arguments, "data_quality.out_of_range_percent_max", OUT_OF_RANGE_PERCENT_MAX),
        wrong_type_percent_max=_decided(arguments, "data_quality.wrong_type_percent_max", WRONG_TYPE_PERCENT_MAX),
        unseen_category_percent_max=_decided(
            arguments, "data_quality.unseen_category_percent_max", UNSEEN_CATEGORY_PERCENT_MAX
        ),
        latency_p50_milliseconds_max=_optional(
            arguments, "service.latency_p50_milliseconds_max", LATENCY_MILLISECONDS_MAX
        ),
        latency_p99_milliseconds_max=_optional(
            arguments, "service.latency_p99_milliseconds_max", LATENCY_MILLISECONDS_MAX
        ),
        server_error_percent_max=_decided(arguments, "service.server_error_percent_max", SERVER_ERROR_PERCENT_MAX),
        client_error_percent_max=_optional(arguments, "service.client_error_percent_max", CLIENT_ERROR_PERCENT_MAX),
        busy_percent_max=_decided(arguments, "service.busy_percent_max", BUSY_PERCENT_MAX),
        requests_per_minute_min=_optional(arguments, "service.requests_per_minute_min", REQUESTS_PER_MINUTE_MIN),
        cost_per_1000_predictions_max=_optional(arguments, "cost.per_1000_predictions_max", COST),
    )


def _quality(arguments: Arguments) -> QualityThreshold | None:
    if arguments.read("quality") is None:
        return None
    most = _optional(arguments, "quality.max", QUALITY)
    least = _optional(arguments, "quality.min", QUALITY)
    if (most is None) == (least is None) and arguments.sound("quality.max", "quality.min"):
        got = "neither" if most is None else "both"
        arguments.add("quality", got, "exactly one of max and min", "give max for an error, min for a score")
    feature = arguments.read("quality.group_feature", FEATURE)
    difference = _optional(arguments, "quality.group_difference_max", DIFFERENCE_MAX)
    if difference is not None and feature is None and arguments.sound("quality.group_feature"):
        arguments.add("quality.group_difference_max", difference, "group_feature beside it", "name the feature")
    return QualityThreshold(
        metric=arguments.read("quality.metric", METRIC, ""),
        max=most,
        min=least,
        group_feature=feature,
        group_difference_max=difference,
    )


def _retraining(arguments: Arguments, *, has_labels: bool) -> Retraining | None:
    if arguments.read("retraining") is None:
        return None
    fewest = int(arguments.read("retraining.new_labels_min", NEW_LABELS_MIN, NEW_LABELS_MIN.default * has_labels))
    if fewest and not has_labels and arguments.sound("labels", "retraining.new_labels_min"):
        arguments.add("retraining.new_labels_min", fewest, "0: there are no labels", "add labels, or remove it")
    return Retraining(
        alerts=list(dict.fromkeys(arguments.items("retraining.alerts", ALERT))),
        cooldown_hours=arguments.number("retraining.cooldown_hours", COOLDOWN_HOURS),
        runs_max=arguments.number("retraining.runs_max", RUNS_MAX),
        budget_days=arguments.number("retraining.budget_days", BUDGET_DAYS),
        new_labels_min=fewest,
        fruitless_runs_max=arguments.number("retraining.fruitless_runs_max", FRUITLESS_RUNS_MAX),
    )


def _optional(arguments: Arguments, path: str, check: Check) -> float | None:
    value = arguments.read(path, check)
    return None if value is None else float(value)


def _decided(arguments: Arguments, path: str, setting: Setting) -> float:
    return float(arguments.read(path, setting, setting.default))
