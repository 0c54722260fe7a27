"""How Prometheus finds what it scrapes: by name in its own configuration, or by objects that the operator reads."""

import pulumi

from pulumi_mlops._shared import names
from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.inputs import combine
from pulumi_mlops._shared.kubernetes import labels, objects
from pulumi_mlops.monitoring.kubernetes import monitor
from pulumi_mlops.monitoring.kubernetes.settings import MonitoringSettings

SCRAPE_INTERVAL = "15s"
COMPONENT = "server-metrics"


def server_service_name(settings: MonitoringSettings) -> str:
    """Return the name of the Service by which Prometheus finds every pod of the model server."""
    return names.servers_of(settings.name)


def server_service(settings: MonitoringSettings) -> Document:
    """Return a headless Service: DNS has the address of each pod, which the endpoint's own hides behind one."""
    port = {
        "name": monitor.METRICS,
        "port": settings.pod_port,
        "targetPort": settings.pod_port,
        "protocol": "TCP",
    }
    own = labels.pod_labels(settings.name, COMPONENT, workload=settings.workload)
    metadata = labels.metadata(server_service_name(settings), settings.namespace, own, settings.tags)
    return objects.service(metadata, dict(settings.pod_selector), [port], headless=True)


def scrape_configs(settings: MonitoringSettings) -> pulumi.Input[list[Document]]:
    """Return the scrape configurations of the bundled Prometheus.

    Pods are found by DNS, so that Prometheus needs no right in the cluster.
    https://prometheus.io/docs/prometheus/latest/configuration/configuration/#dns_sd_config
    """
    found = ((server_service_name(settings), settings.pod_port), (monitor.name(settings), monitor.PORT))
    return combine(
        lambda namespace: [
            {
                "job_name": service,
                "dns_sd_configs": [
                    {
                        "names": [names.service_host(service, namespace)],
                        "type": "A",
                        "port": port,
                        "refresh_interval": "15s",
                    }
                ],
                "relabel_configs": [{"target_label": "namespace", "replacement": namespace}],
            }
            for service, port in found
        ],
        settings.namespace,
    )


def service_monitors(settings: MonitoringSettings) -> list[Document]:
    """Return what the Prometheus Operator scrapes by: a ServiceMonitor for the model server, and for the monitor.

    https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.ServiceMonitor
    """
    served = labels.selector(settings.name, COMPONENT)
    return [
        _service_monitor(settings, server_service_name(settings), served),
        _service_monitor(settings, monitor.name(settings), monitor.selector(settings)),
    ]


def _service_monitor(settings: MonitoringSettings, name: str, selected: dict[str, str]) -> Document:
    own = labels.pod_labels(settings.name, COMPONENT, workload=settings.workload)
    metadata = labels.metadata(name, settings.namespace, own, settings.tags)
    metadata["labels"] |= dict(settings.rule_labels)
    endpoint: Document = {"port": monitor.METRICS, "interval": SCRAPE_INTERVAL}
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": metadata,
        "spec": {"selector": {"matchLabels": selected}, "endpoints": [endpoint]},
    }
