"""What a payload log adds to an endpoint's documents, and the CronJob that deletes what is older than it may be."""

import json

import pulumi

from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.kubernetes import labels, network, objects, pods, scheduled_runs
from pulumi_mlops._shared.kubernetes.scheduling.render import scheduled
from pulumi_mlops._shared.locations import AWS_S3_URL, claim_path
from pulumi_mlops.endpoint.kubernetes.payload_place import PayloadPlace
from pulumi_mlops.endpoint.kubernetes.settings import EndpointSettings
from pulumi_mlops.endpoint.payloads import PayloadSettings

VOLUME = "payloads"
FOLDER = "/payloads"
VARIABLE = "MLOPS_PAYLOADS"
"""`mlops_runtime.monitoring.payloads.settings` reads it."""
RETENTION = "payload-retention"
RETENTION_SCHEDULE = "17 3 * * *"
RETENTION_SECONDS = 3600
RETENTION_RESOURCES: Document = {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}}


def path_in_pod(place: PayloadPlace) -> str:
    """Return where a pod finds the payloads: their path on the mounted volume, or the S3 URI as it is."""
    found = claim_path(place.location)
    return place.location if found is None else f"{FOLDER}/{found.path}".rstrip("/")


def volumes(place: PayloadPlace | None) -> list[Document]:
    """Return the volume of the payloads, where they are on one."""
    found = None if place is None else claim_path(place.location)
    return [] if found is None else [{"name": VOLUME, "persistentVolumeClaim": {"claimName": found.claim}}]


def mounts(place: PayloadPlace | None) -> list[Document]:
    """Return the mount of that volume."""
    return [pods.mount(VOLUME, FOLDER)] if volumes(place) else []


def variables(settings: EndpointSettings) -> dict[str, pulumi.Input[str] | Document]:
    """Return the server's variables: what it stores, and where."""
    payloads, place = settings.payloads, settings.payload_place
    if payloads is None or place is None:
        return {}
    return {VARIABLE: json.dumps(_told(payloads, place), sort_keys=True), **_s3_variables(place)}


def credentials(place: PayloadPlace | None) -> Document:
    """Return a container's keys that give it the bucket's credentials, where a Secret has them."""
    secret = None if place is None else place.s3_credentials_secret_name
    return {} if secret is None else {"envFrom": [{"secretRef": {"name": secret}}]}


def egress(place: PayloadPlace | None) -> list[pulumi.Input[list[Document]]]:
    """Return the rules that let a pod reach the bucket."""
    return [network.to_url(place.s3_endpoint_url or AWS_S3_URL)] if place is not None and place.uses_s3 else []


def retention_name(settings: EndpointSettings) -> str:
    """Name of the CronJob that deletes old payloads, of its identity and of its rules."""
    return f"{settings.name}-retention"


def retention_service_account(settings: EndpointSettings) -> Document:
    """Return the identity of what deletes old payloads."""
    return objects.service_account(_metadata(settings), settings.service_account_annotations)


def retention_network_policy(settings: EndpointSettings) -> Document:
    """Return what it may connect to: the bucket, where there is one."""
    return network.policy(
        _metadata(settings),
        labels.selector(settings.name, RETENTION),
        egress=[
            network.to_dns(),
            *egress(settings.payload_place),
            *([network.to_pod_identity_agent()] if settings.service_account_annotations else []),
        ],
    )


def retention_cron_job(settings: EndpointSettings, place: PayloadPlace, days: int, beside: dict[str, str]) -> Document:
    """Return what deletes payloads each night.

    Args:
        settings: The endpoint's settings.
        place: Where the payloads are.
        days: How old they may become.
        beside: Labels of the servers' pods: a volume that one node mounts at a time is where they are.
    """
    near = {"labelSelector": {"matchLabels": beside}, "topologyKey": "kubernetes.io/hostname"}
    delete = pods.container(
        "delete",
        settings.image,
        [
            *("python", "-m", "mlops_runtime.monitoring.retain"),
            *("--payloads", path_in_pod(place), "--days", str(days)),
        ],
        resources=RETENTION_RESOURCES,
        mounts=mounts(place),
        variables=pods.environment(_s3_variables(place)),
        more=credentials(place) or None,
    )
    pod = pods.pod(
        retention_name(settings),
        [delete],
        volumes=volumes(place),
        pull_secrets=settings.image_pull_secret_names,
        cluster_assigned_user=settings.cluster_assigned_user,
        more={
            "restartPolicy": "Never",
            **scheduled(settings.scheduling),
            "affinity": {
                "podAffinity": {
                    "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": near}]
                }
            },
        },
    )
    run = {
        "backoffLimit": 2,
        "activeDeadlineSeconds": RETENTION_SECONDS,
        "ttlSecondsAfterFinished": scheduled_runs.KEEP_FINISHED_RUNS_SECONDS,
        "template": {"metadata": labels.pod_metadata(_pod_labels(settings), settings.pod_annotations), "spec": pod},
    }
    return scheduled_runs.cron_job(_metadata(settings), _pod_labels(settings), RETENTION_SCHEDULE, run)


def _told(payloads: PayloadSettings, place: PayloadPlace) -> Document:
    return {
        "location": path_in_pod(place),
        "sampling_percent": payloads.sampling_percent,
        "redacted_features": list(payloads.redacted_features),
        "text_characters_max": payloads.text_characters_max,
        "record_bytes_max": payloads.record_bytes_max,
        "queue_mib": place.queue_mib,
    }


def _s3_variables(place: PayloadPlace) -> dict[str, pulumi.Input[str] | Document]:
    given = {"AWS_ENDPOINT_URL_S3": place.s3_endpoint_url, "AWS_REGION": place.s3_region}
    return {name: value for name, value in given.items() if value is not None}


def _pod_labels(settings: EndpointSettings) -> dict[str, str]:
    return labels.pod_labels(settings.name, RETENTION, workload=settings.model_name)


def _metadata(settings: EndpointSettings) -> Document:
    return labels.metadata(retention_name(settings), settings.namespace, _pod_labels(settings), settings.tags)
