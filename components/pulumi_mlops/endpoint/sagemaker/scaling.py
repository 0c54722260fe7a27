"""How the number of an endpoint's machines follows the load: target tracking by Application Auto Scaling."""

from pulumi_mlops._shared.documents import Document
from pulumi_mlops.endpoint.sagemaker.alarms import NAMESPACE
from pulumi_mlops.endpoint.sagemaker.settings import HostingSettings


def is_scaled(settings: HostingSettings) -> bool:
    """Tell whether the number of machines follows the load."""
    return settings.serverless is None and settings.replicas_max > settings.replicas_min


def scaling(settings: HostingSettings) -> Document | None:
    """Return between which numbers and by which figure the machines are scaled; None where they are not.

    The policy is in the API's own names (API_TargetTrackingScalingPolicyConfiguration).
    """
    if not is_scaled(settings):
        return None
    return {
        "min_capacity": settings.replicas_min,
        "max_capacity": settings.replicas_max,
        "policy_name": f"{settings.endpoint_name}-load",
        "policy": {
            **_figure(settings),
            "ScaleInCooldown": settings.scaling.scale_in_cooldown_seconds,
            "ScaleOutCooldown": settings.scaling.scale_out_cooldown_seconds,
        },
    }


def _figure(settings: HostingSettings) -> Document:
    if settings.asynchronous is None:
        return {
            "TargetValue": settings.scaling.invocations_per_instance_target,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
        }
    # https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-autoscale.html
    return {
        "TargetValue": settings.asynchronous.backlog_per_instance_target,
        "CustomizedMetricSpecification": {
            "MetricName": "ApproximateBacklogSizePerInstance",
            "Namespace": NAMESPACE,
            "Statistic": "Average",
            "Dimensions": [{"Name": "EndpointName", "Value": settings.endpoint_name}],
        },
    }
