"""The Kubernetes objects of a model server."""

import json

import pulumi

from pulumi_mlops._shared import names
from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.inputs import combine
from pulumi_mlops._shared.kubernetes import fetch, labels, network, objects, pods, quantities
from pulumi_mlops._shared.kubernetes.scheduling import render as scheduling
from pulumi_mlops._shared.pinned_model import PinnedModel
from pulumi_mlops.endpoint.kubernetes.settings import EndpointSettings
from pulumi_mlops.endpoint.lookup import LookupSettings

COMPONENT = names.ENDPOINT
PORT = 8080
SERVER = "server"
# One event loop, and a model on one thread: see mlops_runtime.serving.scorer.
SERVER_MILLICORES = 1000
# Of the servers there are, how many new ones start at a time; Kubernetes rounds up.
SURGE_PERCENT = 25
# How long a pod that leaves goes on taking requests, so that all nodes have heard of it.
HAND_OVER_SECONDS = 5
# How long the server still takes connections once told to stop: the hand-over lies before that.
SERVER_DRAIN_SECONDS = 1
# What a server may take to end after its last answer, before it is killed.
ENDING_SECONDS = 5


def selector(settings: EndpointSettings) -> dict[str, str]:
    """Labels that select the servers' pods."""
    return labels.selector(settings.name, COMPONENT)


def pod_labels(settings: EndpointSettings) -> dict[str, str]:
    """Labels of the servers' pods."""
    return labels.pod_labels(settings.name, COMPONENT, workload=settings.model_name)


def metadata(settings: EndpointSettings) -> Document:
    """Metadata of the endpoint's objects."""
    return labels.metadata(settings.name, settings.namespace, pod_labels(settings), settings.tags)


def service_account(settings: EndpointSettings) -> Document:
    """Return the servers' identity."""
    return objects.service_account(metadata(settings), settings.service_account_annotations)


def service(settings: EndpointSettings) -> Document:
    """Return the endpoint's address."""
    port = {"name": "http", "port": names.ENDPOINT_PORT, "targetPort": "http", "protocol": "TCP", "appProtocol": "http"}
    return objects.service(metadata(settings), selector(settings), [port])


def disruption_budget(settings: EndpointSettings) -> Document:
    """Return the rule that nodes are drained one server at a time."""
    return objects.disruption_budget(metadata(settings), selector(settings))


def autoscaler(settings: EndpointSettings) -> Document:
    """Return what owns the number of servers, also where it is fixed.

    The Deployment names no number of its own: applied twice, by two owners, it would jump at each update.
    """
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata(settings),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": settings.name},
            "minReplicas": settings.replicas_min,
            "maxReplicas": settings.replicas_max,
            "metrics": [
                {
                    # The server's own CPU: a sidecar without a request of CPU would make the pod's unknown.
                    "type": "ContainerResource",
                    "containerResource": {
                        "name": "cpu",
                        "container": SERVER,
                        "target": {"type": "Utilization", "averageUtilization": _target_percent(settings)},
                    },
                }
            ],
        },
    }


def _target_percent(settings: EndpointSettings) -> int:
    """Return the target in percent of the CPU that is reserved.

    The server runs on one core, whatever is reserved: its target is a part of what it can use.
    """
    reserved = quantities.millicores(settings.cpu)
    return max(1, settings.target_cpu_percent * min(reserved, SERVER_MILLICORES) // reserved)


def network_policy(settings: EndpointSettings) -> Document:
    """Return who may call the servers; they themselves fetch their model and nothing else."""
    callers: list[Document] = [{"namespaceSelector": {}}]
    if settings.allowed_namespaces is not None:
        allowed = [settings.namespace, *settings.allowed_namespaces]
        callers = [{"namespaceSelector": network.in_namespace(namespace)} for namespace in allowed]
    # A selector of namespaces matches pods alone: what calls from outside the cluster is named by its address.
    callers += network.from_address_ranges(settings.allowed_ingress_cidrs)
    return network.policy(
        metadata(settings),
        selector(settings),
        ingress=[{"from": callers, "ports": [network.tcp(PORT)]}],
        egress=[
            network.to_dns(),
            network.to_url(settings.registry_url),
            *([network.to_url(settings.features.url)] if settings.features is not None else []),
            *([network.to_pod_identity_agent()] if settings.service_account_annotations else []),
        ],
    )


def pod_template(settings: EndpointSettings, model: PinnedModel) -> Document:
    """Return the pod that serves one version: it is fetched and proved first."""
    pod = pods.pod(
        settings.name,
        [_server(settings, model)],
        init_containers=[fetch_container(settings, model)],
        volumes=[model_volume(settings), *scheduling.shared_memory_volumes(settings.shared_memory_gib)],
        pull_secrets=settings.image_pull_secret_names,
        cluster_assigned_user=settings.cluster_assigned_user,
        more={
            **scheduling.scheduled(settings.scheduling),
            "terminationGracePeriodSeconds": (
                HAND_OVER_SECONDS + SERVER_DRAIN_SECONDS + settings.drain_seconds + ENDING_SECONDS
            ),
            "topologySpreadConstraints": [
                _spread(settings, key) for key in ("kubernetes.io/hostname", "topology.kubernetes.io/zone")
            ],
        },
    )
    return {"metadata": labels.pod_metadata(pod_labels(settings), settings.pod_annotations), "spec": pod}


def model_volume(settings: EndpointSettings) -> Document:
    """Return the volume that a pod fetches the model to."""
    return fetch.model_volume(settings.model_volume_gib)


def deployment(settings: EndpointSettings, model: PinnedModel) -> Document:
    """Return the servers. An old one goes only when a new one is ready."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(settings),
        "spec": {
            "minReadySeconds": 2,
            "progressDeadlineSeconds": settings.rollout_timeout_seconds,
            "revisionHistoryLimit": 3,
            "selector": {"matchLabels": selector(settings)},
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxUnavailable": 0, "maxSurge": f"{SURGE_PERCENT}%"},
            },
            "template": pod_template(settings, model),
        },
    }


def rollout_waves(settings: EndpointSettings) -> int:
    """Return in how many waves the servers are replaced at most, each of which may take the rollout's time."""
    return min(settings.replicas_max, 100 // SURGE_PERCENT)


def fetch_container(settings: EndpointSettings, model: PinnedModel) -> Document:
    """Return the container that fetches the model and refuses it if it is not the one pinned."""
    return fetch.fetch_container(
        settings.image,
        settings.registry_url,
        settings.model_name,
        model,
        memory=settings.memory,
        timeout_seconds=settings.rollout_timeout_seconds,
        room=_room(settings),
    )


def _room(settings: EndpointSettings) -> tuple[str, ...]:
    """Return what a model has to fit: it is refused before a server dies of it.

    Where there are accelerators, the model is in their memory, and nothing is known where theirs is not.
    """
    room = ["--volume-mib", str(settings.model_volume_gib * 1024)]
    if settings.accelerators_memory_mib is not None:
        room += ["--accelerator-memory-mib", str(settings.accelerators_memory_mib)]
    elif settings.accelerator is None:
        room += ["--memory-mib", str(quantities.mebibytes(settings.memory))]
    return (*room, "--cache-mib", str(settings.model_cache_gib * 1024))


def _server(settings: EndpointSettings, model: PinnedModel) -> Document:
    def get(path: str) -> Document:
        return {"httpGet": {"path": path, "port": "http"}}

    formats = ",".join(settings.allow_code_formats)
    return pods.container(
        SERVER,
        settings.image,
        [
            *("python", "-m", "mlops_runtime.serving.server", "--model-directory", fetch.MODEL_FOLDER),
            *("--name", settings.model_name, "--version", model.version, "--digest", model.digest),
            *("--port", str(PORT), "--drain-seconds", str(SERVER_DRAIN_SECONDS)),
            *("--grace-seconds", str(settings.drain_seconds)),
            *("--request-timeout-seconds", str(settings.request_timeout_seconds)),
            *(("--allow-code-formats", formats) if formats else ()),
        ],
        resources=scheduling.accelerated(
            quantities.server_resources(settings.cpu, settings.memory), settings.accelerator
        ),
        mounts=[
            pods.mount("model", fetch.MODEL_FOLDER, read_only=True),
            *scheduling.shared_memory_mounts(settings.shared_memory_gib),
        ],
        variables=pods.environment(pods.MODEL_LIBRARY_ENVIRONMENT, _features(settings.features)),
        more={
            "ports": [{"name": "http", "containerPort": PORT, "protocol": "TCP"}],
            "startupProbe": {
                **get("/v2/health/live"),
                "periodSeconds": 1,
                "timeoutSeconds": 2,
                "failureThreshold": settings.rollout_timeout_seconds,
            },
            # True only when the model is loaded and has scored its golden rows.
            "readinessProbe": {
                **get(f"/v2/models/{settings.model_name}/ready"),
                "periodSeconds": 2,
                "timeoutSeconds": 2,
                "failureThreshold": 3,
            },
            "livenessProbe": {
                **get("/v2/health/live"),
                "periodSeconds": 10,
                "timeoutSeconds": 5,
                "failureThreshold": 3,
            },
            "lifecycle": {"preStop": {"sleep": {"seconds": HAND_OVER_SECONDS}}},
        },
    )


def _features(features: LookupSettings | None) -> dict[str, pulumi.Input[str]]:
    """Return what tells the server where features are looked up (`mlops_runtime.serving.lookup_settings`)."""
    if features is None:
        return {}
    document = {
        "definition": features.definition,
        "timeout_milliseconds": features.timeout_milliseconds,
        "when_unavailable": features.when_unavailable,
    }
    return {names.FEATURES_VARIABLE: combine(lambda url: json.dumps({**document, "url": url}), features.url)}


def _spread(settings: EndpointSettings, topology_key: str) -> Document:
    return {
        "maxSkew": 1,
        "topologyKey": topology_key,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": selector(settings)},
        "matchLabelKeys": ["pod-template-hash"],
    }


def url(settings: EndpointSettings) -> pulumi.Input[str]:
    """Return the endpoint's address within the cluster."""
    return combine(lambda namespace: f"http://{names.service_host(settings.name, namespace)}", settings.namespace)
