"""CloudWatch's alarms."""

from sandbox.plugins.aws.rules import conflicting, exactly_one_of_when
from sandbox.plugins.aws.table import (
    Absence,
    Delete,
    Form,
    Naming,
    Property,
    Read,
    ResourceType,
    Tagging,
    Update,
)

_NEW = "the official pulumi-aws plugin serves it"

METRIC_ALARM = ResourceType(
    pulumi_type="aws:cloudwatch/metricAlarm:MetricAlarm",
    service="cloudwatch",
    id_of=("name",),
    keys={"AlarmName": "name"},
    properties=(
        Property("actionsEnabled", default=True),
        Property("alarmActions", unordered=True, is_arn=True),
        Property("alarmDescription"),
        Property("comparisonOperator"),
        Property("datapointsToAlarm"),
        Property("dimensions", form=Form.PAIRS),
        Property("evaluateLowSampleCountPercentiles", "EvaluateLowSampleCountPercentile", computed=True),
        Property("evaluationPeriods"),
        Property("extendedStatistic"),
        Property("insufficientDataActions", unordered=True, is_arn=True),
        Property("metricName"),
        Property(
            "metricQueries",
            "Metrics",
            unordered=True,
            children=(
                Property("accountId"),
                Property("expression"),
                Property("id", required=True),
                Property("label"),
                Property(
                    "metric",
                    "MetricStat",
                    children=(
                        Property("dimensions", "Metric.Dimensions", form=Form.PAIRS),
                        Property("metricName", "Metric.MetricName", required=True),
                        Property("namespace", "Metric.Namespace"),
                        Property("period", required=True),
                        Property("stat", required=True),
                        Property("unit"),
                    ),
                ),
                Property("period"),
                Property("returnData", default=False),
            ),
        ),
        Property("name", "AlarmName", replaces=True),
        Property("namespace", has_pattern=True),
        Property("okActions", unordered=True, is_arn=True),
        Property("period"),
        Property("statistic"),
        Property("threshold"),
        Property("thresholdMetricId"),
        Property("treatMissingData", default="missing", choices=("breaching", "notBreaching", "ignore", "missing")),
        Property("unit"),
    ),
    create="PutMetricAlarm",
    read=Read(
        "DescribeAlarms",
        root="MetricAlarms",
        keys={"AlarmNames": ["name"]},
        constants={"AlarmTypes": ["MetricAlarm"]},
    ),
    updates=(Update("PutMetricAlarm"),),
    delete=Delete("DeleteAlarms", keys={"AlarmNames": ["name"]}),
    absent=(Absence("ResourceNotFound"), Absence("ResourceNotFoundException")),
    outputs={"arn": "AlarmArn"},
    tagging=Tagging(
        target="ResourceARN", of="arn", read="ListTagsForResource", write="TagResource", remove="UntagResource"
    ),
    naming=Naming(),
    rules=(
        exactly_one_of_when("metricName", "statistic", "extendedStatistic"),
        conflicting(
            "metricQueries", "metricName", "namespace", "period", "statistic", "extendedStatistic", "dimensions"
        ),
        conflicting("threshold", "thresholdMetricId"),
    ),
    refused=dict.fromkeys(
        ("evaluationCriteria", "evaluationInterval", "evaluationWindow", "warmUpConfiguration"), _NEW
    ),
)

TYPES = (METRIC_ALARM,)
