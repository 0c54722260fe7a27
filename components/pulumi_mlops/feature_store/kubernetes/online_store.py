"""The Kubernetes objects of a feature store's online store: Redis, with an append-only file on a volume."""

from pulumi_mlops._shared import names
from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.kubernetes import labels, network, objects, pods, quantities
from pulumi_mlops.feature_store.kubernetes.settings import FeatureStoreSettings

COMPONENT = "online-store"
PORT = 6379
DATA_FOLDER = "/data"
SECRET_FOLDER = "/run/secrets/online-store"  # noqa: S105 - where the secret is mounted
PASSWORD_FILE = f"{SECRET_FOLDER}/password"
# https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/: while the append-only file is rewritten, a
# fork of the server shares its memory, and what is written meanwhile is there twice.
DATA_SHARE_OF_MEMORY = 0.5


def name_of(settings: FeatureStoreSettings) -> str:
    """Name of all of Redis' objects."""
    return names.online_store_of(settings.name)


def selector(settings: FeatureStoreSettings) -> dict[str, str]:
    """Labels that select Redis' pod."""
    return labels.selector(name_of(settings), COMPONENT)


def metadata(settings: FeatureStoreSettings, name: str | None = None) -> Document:
    """Metadata of Redis' objects, of which one has a name of its own."""
    found_by = labels.pod_labels(name_of(settings), COMPONENT)
    return labels.metadata(name or name_of(settings), settings.namespace, found_by, settings.tags)


def service_account(settings: FeatureStoreSettings) -> Document:
    """Return Redis' identity."""
    return objects.service_account(metadata(settings))


def service(settings: FeatureStoreSettings) -> Document:
    """Return the name under which Redis' pod is found."""
    port = {"name": "redis", "port": PORT, "targetPort": "redis", "protocol": "TCP"}
    return objects.service(metadata(settings), selector(settings), [port], headless=True)


def volume_claim(settings: FeatureStoreSettings) -> Document:
    """Return the claim of the volume. A StatefulSet's template for one is never applied again, and never deleted."""
    return objects.volume_claim(
        metadata(settings, f"{name_of(settings)}-data"), settings.online_store_volume_gib, settings.storage_class_name
    )


def network_policy(settings: FeatureStoreSettings, callers: list[dict[str, str]]) -> Document:
    """Return who may speak with Redis.

    Args:
        settings: The store's settings.
        callers: Labels that select their pods.
    """
    ingress = {"from": [{"podSelector": {"matchLabels": one}} for one in callers], "ports": [network.tcp(PORT)]}
    return network.policy(metadata(settings), selector(settings), ingress=[ingress])


def password_volume(settings: FeatureStoreSettings) -> Document:
    """Return the volume with the password: of whatever else the Secret holds, a pod sees nothing."""
    items = [{"key": "password", "path": "password"}]
    secret = {"secretName": settings.online_store_password_secret_name, "defaultMode": 0o440, "items": items}
    return {"name": "password", "secret": secret}


def stateful_set(settings: FeatureStoreSettings) -> Document:
    """Return the server."""
    pod = pods.pod(
        name_of(settings),
        [_server(settings)],
        volumes=[
            {"name": "data", "persistentVolumeClaim": {"claimName": f"{name_of(settings)}-data"}},
            password_volume(settings),
        ],
        pull_secrets=settings.image_pull_secret_names,
        cluster_assigned_user=settings.cluster_assigned_user,
        # What is written is on the disk before the server goes.
        more={"terminationGracePeriodSeconds": 60},
    )
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": metadata(settings),
        "spec": {
            "replicas": 1,
            "serviceName": name_of(settings),
            "revisionHistoryLimit": 3,
            "selector": {"matchLabels": selector(settings)},
            "template": {
                "metadata": labels.pod_metadata(
                    labels.pod_labels(name_of(settings), COMPONENT), settings.pod_annotations
                ),
                "spec": pod,
            },
        },
    }


def data_mib(settings: FeatureStoreSettings) -> int:
    """Return how much data Redis holds before it refuses more; it never evicts a row by itself."""
    return int(quantities.mebibytes(settings.online_store_memory) * DATA_SHARE_OF_MEMORY)


def _server(settings: FeatureStoreSettings) -> Document:
    # The client takes the password from its environment, so that no process list shows it.
    ping = f"REDISCLI_AUTH=$(cat {PASSWORD_FILE}) redis-cli -h 127.0.0.1 ping | grep -qx PONG"
    answers = {"exec": {"command": ["sh", "-c", ping]}, "timeoutSeconds": 5}
    return pods.container(
        "redis",
        settings.online_store_image,
        [
            "entrypoint",
            *("--port", str(PORT), "--dir", DATA_FOLDER),
            # A second's writes are lost at most; materialisation brings them again.
            *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
            *("--maxmemory", f"{data_mib(settings)}mb", "--maxmemory-policy", "noeviction"),
        ],
        resources=quantities.server_resources(settings.online_store_cpu, settings.online_store_memory),
        mounts=[pods.mount("data", DATA_FOLDER), pods.mount("password", SECRET_FOLDER, read_only=True)],
        variables=pods.environment({"REDIS_PASSWORD_FILE": PASSWORD_FILE}),
        more={
            "ports": [{"name": "redis", "containerPort": PORT, "protocol": "TCP"}],
            # Until the append-only file is read, the server answers LOADING.
            "startupProbe": {**answers, "periodSeconds": 2, "failureThreshold": 300},
            "readinessProbe": {**answers, "periodSeconds": 5, "failureThreshold": 3},
            "livenessProbe": {"tcpSocket": {"port": "redis"}, "periodSeconds": 20, "failureThreshold": 3},
        },
    )
