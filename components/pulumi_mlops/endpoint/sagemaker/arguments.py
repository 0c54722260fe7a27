"""The arguments of pulumi_aws' classes, for a checker: a key that is none of theirs is an error where it is written."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

import pulumi


class MetricAlarm(TypedDict, total=False):
    """What `cloudwatch.MetricAlarm` takes, or a part of it."""

    name: str
    namespace: str
    dimensions: Mapping[str, str]
    metric_name: str
    statistic: str
    extended_statistic: str
    evaluate_low_sample_count_percentiles: str
    comparison_operator: str
    threshold: float
    period: int
    evaluation_periods: int
    treat_missing_data: str
    alarm_description: str
    alarm_actions: Sequence[pulumi.Input[str]]
    ok_actions: Sequence[pulumi.Input[str]]
    tags: Mapping[str, pulumi.Input[str]]
