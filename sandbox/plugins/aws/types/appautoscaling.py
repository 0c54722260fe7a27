"""Application Auto Scaling."""

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

_ABSENT = (
    Absence("ObjectNotFoundException"),
    Absence("ValidationException", "No scalable target found"),
    Absence("ValidationException", "No scaling policy found"),
)
_OF_TARGET: dict[str, str | list[str]] = {
    "ServiceNamespace": "serviceNamespace",
    "ResourceId": "resourceId",
    "ScalableDimension": "scalableDimension",
}

TARGET = ResourceType(
    pulumi_type="aws:appautoscaling/target:Target",
    service="application-autoscaling",
    id_of=("resourceId",),
    import_id=("serviceNamespace", "resourceId", "scalableDimension"),
    keys=_OF_TARGET,
    properties=(
        Property("maxCapacity", required=True),
        Property("minCapacity", required=True),
        Property("resourceId", required=True, replaces=True),
        Property("roleArn", computed=True, is_arn=True),
        Property("scalableDimension", required=True, replaces=True),
        Property("serviceNamespace", required=True, replaces=True),
        Property(
            "suspendedState",
            computed=True,
            children=(
                Property("dynamicScalingInSuspended", default=False),
                Property("dynamicScalingOutSuspended", default=False),
                Property("scheduledScalingSuspended", default=False),
            ),
        ),
    ),
    create="RegisterScalableTarget",
    read=Read(
        "DescribeScalableTargets",
        root="ScalableTargets",
        keys={
            "ServiceNamespace": "serviceNamespace",
            "ResourceIds": ["resourceId"],
            "ScalableDimension": "scalableDimension",
        },
    ),
    updates=(Update("RegisterScalableTarget"),),
    delete=Delete("DeregisterScalableTarget"),
    absent=_ABSENT,
    outputs={"arn": "ScalableTargetARN"},
    tagging=Tagging(
        target="ResourceARN",
        of="arn",
        read="ListTagsForResource",
        write="TagResource",
        remove="UntagResource",
        as_map=True,
    ),
    waits_until_gone=True,
)

_DIMENSIONS = Property(
    "dimensions", unordered=True, children=(Property("name", required=True), Property("value", required=True))
)
_METRIC = (_DIMENSIONS, Property("metricName", required=True), Property("namespace", required=True))

_METRIC_STAT = (
    Property("metric", required=True, children=_METRIC),
    Property("stat", required=True),
    Property("unit"),
)

_CUSTOMIZED = (
    _DIMENSIONS,
    Property("metricName"),
    Property("namespace"),
    Property(
        "metrics",
        unordered=True,
        children=(
            Property("expression"),
            Property("id", required=True),
            Property("label"),
            Property("metricStat", children=_METRIC_STAT),
            Property("returnData", default=True),
        ),
    ),
    Property("statistic"),
    Property("unit"),
)

POLICY = ResourceType(
    pulumi_type="aws:appautoscaling/policy:Policy",
    service="application-autoscaling",
    id_of=("name",),
    import_id=("serviceNamespace", "resourceId", "scalableDimension", "name"),
    keys={"PolicyName": "name", **_OF_TARGET},
    properties=(
        Property("name", "PolicyName", replaces=True),
        Property("policyType", default="StepScaling"),
        Property("resourceId", required=True, replaces=True),
        Property("scalableDimension", required=True, replaces=True),
        Property("serviceNamespace", required=True, replaces=True),
        Property(
            "stepScalingPolicyConfiguration",
            children=(
                Property("adjustmentType"),
                Property("cooldown"),
                Property("metricAggregationType"),
                Property("minAdjustmentMagnitude"),
                Property(
                    "stepAdjustments",
                    unordered=True,
                    children=(
                        Property("metricIntervalLowerBound", form=Form.NUMBER_TEXT),
                        Property("metricIntervalUpperBound", form=Form.NUMBER_TEXT),
                        Property("scalingAdjustment", required=True),
                    ),
                ),
            ),
        ),
        Property(
            "targetTrackingScalingPolicyConfiguration",
            children=(
                Property("customizedMetricSpecification", children=_CUSTOMIZED),
                Property("disableScaleIn", default=False),
                Property(
                    "predefinedMetricSpecification",
                    children=(Property("predefinedMetricType", required=True), Property("resourceLabel")),
                ),
                Property("scaleInCooldown"),
                Property("scaleOutCooldown"),
                Property("targetValue", required=True),
            ),
        ),
    ),
    create="PutScalingPolicy",
    read=Read(
        "DescribeScalingPolicies",
        root="ScalingPolicies",
        keys={"PolicyNames": ["name"], **_OF_TARGET},
    ),
    updates=(Update("PutScalingPolicy"),),
    delete=Delete("DeleteScalingPolicy"),
    absent=_ABSENT,
    outputs={"arn": "PolicyARN", "alarmArns": "Alarms.*.AlarmARN"},
    naming=Naming(),
    refused={"predictiveScalingPolicyConfiguration": "SageMaker's variants cannot be scaled by prediction"},
)

TYPES = (TARGET, POLICY)
