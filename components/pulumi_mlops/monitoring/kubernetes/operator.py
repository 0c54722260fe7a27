"""The alerting rules as the Prometheus Operator takes them."""

from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.inputs import combine
from pulumi_mlops._shared.kubernetes import labels
from pulumi_mlops.monitoring.kubernetes import monitor, rules
from pulumi_mlops.monitoring.kubernetes.settings import MonitoringSettings


def prometheus_rule(settings: MonitoringSettings) -> Document:
    """Return the rules.

    https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PrometheusRule
    """
    metadata = labels.metadata(settings.name, settings.namespace, monitor.pod_labels(settings), settings.tags)
    metadata["labels"] |= dict(settings.rule_labels)
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": metadata,
        "spec": combine(lambda namespace: rules.rule_groups(settings, namespace), settings.namespace),
    }
