"""The CloudWatch alarms of an endpoint, by the figures that SageMaker reports.

https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html: each request counts 1 or 0 in a figure of
errors, so that its average is the part of the requests that failed; latencies are microseconds.
"""

from collections.abc import Iterator

from pulumi_mlops.endpoint.sagemaker.arguments import MetricAlarm
from pulumi_mlops.endpoint.sagemaker.render import VARIANT, tags
from pulumi_mlops.endpoint.sagemaker.rules import ALARM_PERIOD_SECONDS
from pulumi_mlops.endpoint.sagemaker.settings import HostingSettings

NAMESPACE = "AWS/SageMaker"


def alarms(settings: HostingSettings) -> dict[str, MetricAlarm]:
    """Return the alarms that are asked for, by what each is about.

    An asynchronous endpoint always has one about requests that fail: a caller has its answer before the model does.
    """
    return {about: {**_common(settings, about), **alarm} for about, alarm in _asked_for(settings)}


def _asked_for(settings: HostingSettings) -> Iterator[tuple[str, MetricAlarm]]:
    bounds = settings.alarms
    if bounds.server_error_percent is not None:
        yield "server-errors", _part("Invocation5XXErrors", bounds.server_error_percent, "5xx")
    if bounds.client_error_percent is not None:
        yield "client-errors", _part("Invocation4XXErrors", bounds.client_error_percent, "4xx")
    if bounds.latency_p99_milliseconds is not None:
        yield (
            "latency",
            {
                "metric_name": "ModelLatency",
                "extended_statistic": "p99",
                "threshold": bounds.latency_p99_milliseconds * 1000,
                # Of a few answers in a quiet minute the slowest one is the p99: the first of a new machine would turn
                # a rollout back (PutMetricAlarm, EvaluateLowSampleCountPercentile).
                "evaluate_low_sample_count_percentiles": "ignore",
                "alarm_description": f"p99 model latency is above {bounds.latency_p99_milliseconds} ms.",
            },
        )
    if settings.asynchronous is not None:
        yield "model-errors", _failures(bounds.model_errors_max or 0)
    elif bounds.model_errors_max is not None:
        yield (
            "model-errors",
            {
                "metric_name": "InvocationModelErrors",
                "statistic": "Sum",
                "threshold": bounds.model_errors_max,
                "alarm_description": f"More than {bounds.model_errors_max} model errors a minute.",
            },
        )


def _failures(most: int) -> MetricAlarm:
    """Return the alarm about what an asynchronous endpoint could not answer, which no status of a request tells.

    async-inference-monitor: InvocationFailures, "If an invocation fails for any reason", by endpoint and variant.
    """
    return {
        "metric_name": "InvocationFailures",
        "statistic": "Sum",
        "threshold": most,
        "alarm_description": f"More than {most} asynchronous invocation failures a minute.",
    }


def _part(metric: str, percent: float, what: str) -> MetricAlarm:
    return {
        "metric_name": metric,
        "statistic": "Average",
        "threshold": percent / 100,
        "alarm_description": f"{what} error rate is above {percent:g} %.",
    }


def _common(settings: HostingSettings, about: str) -> MetricAlarm:
    topics = list(settings.alarms.topic_arns)
    return {
        "name": f"{settings.endpoint_name}-{about}",
        "namespace": NAMESPACE,
        "dimensions": {"EndpointName": settings.endpoint_name, "VariantName": VARIANT},
        "comparison_operator": "GreaterThanThreshold",
        "period": ALARM_PERIOD_SECONDS,
        "evaluation_periods": 1,
        # Nobody asks, nothing fails.
        "treat_missing_data": "notBreaching",
        "alarm_actions": topics,
        "ok_actions": topics,
        "tags": tags(settings),
    }
