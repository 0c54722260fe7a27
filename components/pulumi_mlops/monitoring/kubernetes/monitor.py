"""The Kubernetes objects of the monitor: the pod that holds a window of predictions against the baseline."""

import pulumi

from pulumi_mlops._shared import names
from pulumi_mlops._shared.documents import Document, content_hash
from pulumi_mlops._shared.kubernetes import fetch, labels, network, objects, pods, quantities
from pulumi_mlops._shared.kubernetes.volumes import DATA_FOLDER, path_in_pod
from pulumi_mlops._shared.locations import AWS_S3_URL, claim_path
from pulumi_mlops._shared.pinned_model import PinnedModel
from pulumi_mlops.monitoring.kubernetes import thresholds
from pulumi_mlops.monitoring.kubernetes.settings import MonitoringSettings

COMPONENT = names.MONITOR
PORT = 9100
METRICS = "metrics"
FETCH_SECONDS = 600
MODEL_VOLUME_GIB = 4
REPORTS_FOLDER = "/reports"
THRESHOLDS_FOLDER = "/etc/monitor"
THRESHOLDS = "thresholds.json"
# The first evaluation imports pandas and scipy, and reads a whole window.
START_SECONDS = 600


def name(settings: MonitoringSettings) -> str:
    """Return the monitor's name."""
    return names.monitor_of(settings.name)


def selector(settings: MonitoringSettings) -> dict[str, str]:
    """Labels that select the monitor's pod."""
    return labels.selector(settings.name, COMPONENT)


def pod_labels(settings: MonitoringSettings) -> dict[str, str]:
    """Labels of the monitor's pod."""
    return labels.pod_labels(settings.name, COMPONENT, workload=settings.workload)


def metadata(settings: MonitoringSettings) -> Document:
    """Metadata of the monitor's objects."""
    return labels.metadata(name(settings), settings.namespace, pod_labels(settings), settings.tags)


def service_account(settings: MonitoringSettings) -> Document:
    """Return the monitor's identity."""
    return objects.service_account(metadata(settings), settings.service_account_annotations)


def service(settings: MonitoringSettings) -> Document:
    """Return the address by which Prometheus finds the monitor's pod."""
    port = {"name": METRICS, "port": PORT, "targetPort": METRICS, "protocol": "TCP"}
    return objects.service(metadata(settings), selector(settings), [port], headless=True)


def network_policy(settings: MonitoringSettings) -> Document:
    """Return who may read the metrics (the cluster's pods), and what the monitor may connect to: registry and S3."""
    return network.policy(
        metadata(settings),
        selector(settings),
        ingress=[{"from": [{"namespaceSelector": {}}], "ports": [network.tcp(PORT)]}],
        egress=[
            network.to_dns(),
            network.to_url(settings.registry_url),
            *([network.to_url(settings.s3_endpoint_url or AWS_S3_URL)] if settings.uses_s3 else []),
            *([network.to_pod_identity_agent()] if settings.service_account_annotations else []),
        ],
    )


def config_map(settings: MonitoringSettings) -> Document:
    """Return the thresholds that the monitor's report holds what it finds against."""
    data = {THRESHOLDS: thresholds.as_json(settings)}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(settings), "data": data}


def deployment(settings: MonitoringSettings, model: PinnedModel) -> Document:
    """Return the monitor: one pod, since two would report the same twice."""
    pod = pods.pod(
        name(settings),
        [_monitor(settings, model)],
        init_containers=[
            fetch.fetch_container(
                settings.image,
                settings.registry_url,
                settings.model_name,
                model,
                memory=settings.memory,
                timeout_seconds=FETCH_SECONDS,
                room=("--volume-mib", str(MODEL_VOLUME_GIB * 1024)),
            )
        ],
        volumes=[
            fetch.model_volume(MODEL_VOLUME_GIB),
            pods.empty_volume("reports", "64Mi"),
            {"name": "thresholds", "configMap": {"name": name(settings)}},
            *_volumes(settings),
        ],
        pull_secrets=settings.image_pull_secret_names,
        cluster_assigned_user=settings.cluster_assigned_user,
    )
    annotations = {f"{labels.PREFIX}/configuration": content_hash(thresholds.as_json(settings))}
    template = {"metadata": labels.pod_metadata(pod_labels(settings), annotations), "spec": pod}
    return objects.single_pod_deployment(
        metadata(settings), selector(settings), template, progress_deadline_seconds=FETCH_SECONDS + START_SECONDS
    )


def _monitor(settings: MonitoringSettings, model: PinnedModel) -> Document:
    secret = settings.s3_credentials_secret_name
    more: Document = {
        "ports": [{"name": METRICS, "containerPort": PORT, "protocol": "TCP"}],
        "startupProbe": {**_alive(), "periodSeconds": 2, "failureThreshold": START_SECONDS // 2},
        "livenessProbe": {**_alive(), "periodSeconds": 20, "failureThreshold": 3},
    }
    if secret is not None:
        more["envFrom"] = [{"secretRef": {"name": secret}}]
    return pods.container(
        "monitor",
        settings.image,
        [*_command(settings, model), *_what_it_costs(settings)],
        resources=quantities.batch_resources({"cpu": settings.cpu, "memory": settings.memory}),
        mounts=[
            pods.mount(fetch.MODEL_VOLUME, fetch.MODEL_FOLDER, read_only=True),
            pods.mount("reports", REPORTS_FOLDER),
            pods.mount("thresholds", THRESHOLDS_FOLDER, read_only=True),
            *(pods.mount(volume, f"{DATA_FOLDER}/{claim}", read_only=True) for volume, claim in _claims(settings)),
        ],
        variables=pods.environment(pods.MODEL_LIBRARY_ENVIRONMENT, _environment(settings)),
        more=more,
    )


def _command(settings: MonitoringSettings, model: PinnedModel) -> list[pulumi.Input[str]]:
    quality = settings.quality
    # A report is made in a process of its own: it may take most of the memory, and not all.
    report_mib = quantities.mebibytes(settings.memory) * 3 // 4
    return [
        *("python", "-m", "mlops_runtime.monitoring", "serve", "--model", fetch.MODEL_FOLDER),
        *("--name", settings.model_name, "--version", model.version, "--digest", model.digest),
        *("--payloads", path_in_pod(settings.payloads)),
        *(("--labels", path_in_pod(settings.labels)) if settings.labels is not None else ()),
        *("--lateness-hours", str(settings.label_lateness_hours)),
        *("--window-hours", str(settings.window_hours), "--interval-seconds", str(settings.interval_minutes * 60)),
        *("--sampling-percent", f"{settings.payload_sampling_percent:g}"),
        *("--thresholds", f"{THRESHOLDS_FOLDER}/{THRESHOLDS}", "--memory-mib", str(report_mib)),
        *(("--group", quality.group_feature) if quality is not None and quality.group_feature is not None else ()),
        *("--output", REPORTS_FOLDER, "--port", str(PORT)),
    ]


def _what_it_costs(settings: MonitoringSettings) -> list[str]:
    if settings.replica_hour_cost is None:
        return []
    return [
        *("--cost-per-replica-hour", f"{settings.replica_hour_cost:g}"),
        *("--replicas", f"{settings.replicas:g}", "--currency", settings.currency),
    ]


def _alive() -> Document:
    return {"httpGet": {"path": "/healthz", "port": METRICS}, "timeoutSeconds": 5}


def _environment(settings: MonitoringSettings) -> dict[str, pulumi.Input[str] | Document]:
    variables: dict[str, pulumi.Input[str] | Document] = {
        # Libraries that count the node's cores would start more threads than the container has CPU for.
        "OMP_NUM_THREADS": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1"}},
    }
    if settings.s3_endpoint_url is not None:
        variables["AWS_ENDPOINT_URL_S3"] = settings.s3_endpoint_url
    if settings.s3_region is not None:
        variables["AWS_REGION"] = settings.s3_region
    return variables


def _claims(settings: MonitoringSettings) -> list[tuple[str, str]]:
    """Return each volume of the pod: its name there, and its claim. A claim is mounted once."""
    given = (("payloads", settings.payloads), ("labels", settings.labels or ""))
    found: dict[str, str] = {}
    for volume, location in given:
        place = claim_path(location)
        if place is not None and place.claim not in found.values():
            found[volume] = place.claim
    return list(found.items())


def _volumes(settings: MonitoringSettings) -> list[Document]:
    return [
        {"name": volume, "persistentVolumeClaim": {"claimName": claim, "readOnly": True}}
        for volume, claim in _claims(settings)
    ]
