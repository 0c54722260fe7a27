"""The feature definition in pods: a ConfigMap, and how Feast's programs are told of it and of Redis."""

import json

from pulumi_mlops._shared import names
from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.kubernetes import labels, pods
from pulumi_mlops.feature_store.kubernetes import online_store
from pulumi_mlops.feature_store.kubernetes.settings import FeatureStoreSettings

FOLDER = "/definition"
FILE = "definition.json"
ENVIRONMENT = {
    "HOME": pods.TEMPORARY_FOLDER,
    # Feast would report its use. https://docs.feast.dev/reference/usage
    "FEAST_USAGE": "False",
    "FEAST_TELEMETRY": "False",
}


def name_of(settings: FeatureStoreSettings) -> str:
    """Name of the ConfigMap. Another definition is another one, so that pods start anew with it."""
    digest = settings.definition.digest().removeprefix("sha256:")
    return f"{names.feature_server_of(settings.name)}-{digest[:10]}"


def config_map(settings: FeatureStoreSettings) -> Document:
    """Return the ConfigMap with the definition's document."""
    found_by = labels.pod_labels(names.feature_server_of(settings.name), names.FEATURE_STORE)
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": labels.metadata(name_of(settings), settings.namespace, found_by, settings.tags),
        "immutable": True,
        "data": {FILE: json.dumps(settings.definition.document(), indent=1, sort_keys=True)},
    }


def volume(settings: FeatureStoreSettings) -> Document:
    """Return the volume that holds the definition."""
    return {"name": "definition", "configMap": {"name": name_of(settings)}}


def mounts() -> list[Document]:
    """Return the mounts of what every program of Feast's needs: the definition, and Redis' password."""
    return [
        pods.mount("definition", FOLDER, read_only=True),
        pods.mount("password", online_store.SECRET_FOLDER, read_only=True),
    ]


def options(settings: FeatureStoreSettings) -> list[str]:
    """Return the options of `mlops_runtime.features` that every program of Feast's has."""
    return [
        *("--store", settings.name, "--definition", f"{FOLDER}/{FILE}"),
        *("--redis", f"{online_store.name_of(settings)}:{online_store.PORT}"),
        *("--redis-password-file", online_store.PASSWORD_FILE),
    ]
