"""How the number of an endpoint's machines follows the load: target tracking by Application Auto Scaling."""

from pulumi_mlops._shared.documents import Document
from pulumi_mlops.endpoint.sagemaker.alarms import NAMESPACE
from pulumi_mlops.endpoint.sagemaker.render import VARIANT, tags
from pulumi_mlops.endpoint.sagemaker.settings import HostingSettings

DIMENSION = "sagemaker:variant:DesiredInstanceCount"
SERVICE = "sagemaker"


def is_scaled(settings: HostingSettings) -> bool:
    """Tell whether the number of machines follows the load."""
    return settings.serverless is None and settings.replicas_max > settings.replicas_min


def target(settings: HostingSettings) -> Document:
    """Return what is scaled, and between which numbers."""
    return {
        "service_namespace": SERVICE,
        "scalable_dimension": DIMENSION,
        "resource_id": f"endpoint/{settings.endpoint_name}/variant/{VARIANT}",
        "min_capacity": settings.replicas_min,
        "max_capacity": settings.replicas_max,
        "tags": tags(settings),
    }


def policy(settings: HostingSettings) -> Document:
    """Return by which figure, but for what it is that is scaled."""
    return {
        "name": f"{settings.endpoint_name}-load",
        "policy_type": "TargetTrackingScaling",
        "target_tracking_scaling_policy_configuration": {
            **_figure(settings),
            "scale_in_cooldown": settings.scaling.scale_in_cooldown_seconds,
            "scale_out_cooldown": settings.scaling.scale_out_cooldown_seconds,
        },
    }


def _figure(settings: HostingSettings) -> Document:
    if settings.asynchronous is None:
        return {
            "target_value": settings.scaling.invocations_per_instance_target,
            "predefined_metric_specification": {"predefined_metric_type": "SageMakerVariantInvocationsPerInstance"},
        }
    # https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-autoscale.html
    return {
        "target_value": settings.asynchronous.backlog_per_instance_target,
        "customized_metric_specification": {
            "metric_name": "ApproximateBacklogSizePerInstance",
            "namespace": NAMESPACE,
            "statistic": "Average",
            "dimensions": [{"name": "EndpointName", "value": settings.endpoint_name}],
        },
    }
