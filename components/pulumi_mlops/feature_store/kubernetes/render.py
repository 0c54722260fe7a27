"""The Kubernetes objects of Feast's feature server, which looks features up by key."""

import pulumi

from pulumi_mlops._shared import names
from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.inputs import combine
from pulumi_mlops._shared.kubernetes import labels, network, objects, pods, quantities
from pulumi_mlops.feature_store.kubernetes import definition, online_store
from pulumi_mlops.feature_store.kubernetes.settings import FeatureStoreSettings

COMPONENT = names.FEATURE_STORE
SERVER = "server"
PORT = 6566
METRICS_PORT = 8000
"""Where Feast's own switch serves its metrics."""
# Feast's imports alone take 10 seconds and more.
START_TIMEOUT_SECONDS = 300


def name_of(settings: FeatureStoreSettings) -> str:
    """Name of the server and of its Service."""
    return names.feature_server_of(settings.name)


def selector(settings: FeatureStoreSettings) -> dict[str, str]:
    """Labels that select the servers' pods."""
    return labels.selector(name_of(settings), COMPONENT)


def pod_labels(settings: FeatureStoreSettings) -> dict[str, str]:
    """Labels of the servers' pods."""
    return labels.pod_labels(name_of(settings), COMPONENT)


def metadata(settings: FeatureStoreSettings) -> Document:
    """Metadata of the servers' objects."""
    return labels.metadata(name_of(settings), settings.namespace, pod_labels(settings), settings.tags)


def service_account(settings: FeatureStoreSettings) -> Document:
    """Return the servers' identity, which has no right anywhere."""
    return objects.service_account(metadata(settings))


def service(settings: FeatureStoreSettings) -> Document:
    """Return the store's address."""
    port = {"name": "http", "port": names.ENDPOINT_PORT, "targetPort": "http", "protocol": "TCP", "appProtocol": "http"}
    return objects.service(metadata(settings), selector(settings), [port])


def disruption_budget(settings: FeatureStoreSettings) -> Document:
    """Return the rule that nodes are drained one server at a time."""
    return objects.disruption_budget(metadata(settings), selector(settings))


def autoscaler(settings: FeatureStoreSettings) -> Document:
    """Return what owns the number of servers, also where it is fixed: the Deployment names none of its own."""
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata(settings),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name_of(settings)},
            "minReplicas": settings.replicas_min,
            "maxReplicas": settings.replicas_max,
            "metrics": [
                {
                    "type": "ContainerResource",
                    "containerResource": {
                        "name": "cpu",
                        "container": SERVER,
                        "target": {"type": "Utilization", "averageUtilization": settings.target_cpu_percent},
                    },
                }
            ],
        },
    }


def network_policy(settings: FeatureStoreSettings) -> Document:
    """Return who may look features up: pods of this package in the namespace, and in those that are allowed."""
    callers = network.from_our_pods([settings.namespace, *settings.allowed_namespaces])
    redis = {"podSelector": {"matchLabels": online_store.selector(settings)}}
    return network.policy(
        metadata(settings),
        selector(settings),
        ingress=[{"from": callers, "ports": [network.tcp(PORT), network.tcp(METRICS_PORT)]}],
        egress=[network.to_dns(), {"to": [redis], "ports": [network.tcp(online_store.PORT)]}],
    )


def deployment(settings: FeatureStoreSettings) -> Document:
    """Return the servers. An old one goes only when a new one is ready."""
    pod = pods.pod(
        name_of(settings),
        [_server(settings)],
        volumes=[definition.volume(settings), online_store.password_volume(settings)],
        pull_secrets=settings.image_pull_secret_names,
        cluster_assigned_user=settings.cluster_assigned_user,
        more={"terminationGracePeriodSeconds": 30},
    )
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(settings),
        "spec": {
            "progressDeadlineSeconds": START_TIMEOUT_SECONDS * 2,
            "revisionHistoryLimit": 3,
            "selector": {"matchLabels": selector(settings)},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            "template": {"metadata": labels.pod_metadata(pod_labels(settings), settings.pod_annotations), "spec": pod},
        },
    }


def _server(settings: FeatureStoreSettings) -> Document:
    health = {"httpGet": {"path": "/health", "port": "http"}, "timeoutSeconds": 5}
    return pods.container(
        SERVER,
        settings.image,
        [
            *("python", "-m", "mlops_runtime.features", "serve", *definition.options(settings)),
            *("--port", str(PORT), "--metrics-port", str(METRICS_PORT)),
        ],
        resources=quantities.server_resources(settings.cpu, settings.memory),
        mounts=definition.mounts(),
        variables=pods.environment(definition.ENVIRONMENT),
        more={
            "ports": [
                {"name": "http", "containerPort": PORT, "protocol": "TCP"},
                {"name": "metrics", "containerPort": METRICS_PORT, "protocol": "TCP"},
            ],
            "startupProbe": {**health, "periodSeconds": 2, "failureThreshold": START_TIMEOUT_SECONDS // 2},
            # A Redis that is away is no reason to take the servers away as well: they say what is wrong.
            "readinessProbe": {**health, "periodSeconds": 5, "failureThreshold": 3},
            "livenessProbe": {**health, "periodSeconds": 20, "failureThreshold": 3},
            "lifecycle": {"preStop": {"sleep": {"seconds": 5}}},
        },
    )


def url(settings: FeatureStoreSettings) -> pulumi.Input[str]:
    """Return the store's address within the cluster."""
    return combine(lambda namespace: f"http://{names.service_host(name_of(settings), namespace)}", settings.namespace)
