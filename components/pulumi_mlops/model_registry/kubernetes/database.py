"""The Kubernetes objects of the PostgreSQL server beside MLflow."""

import pulumi

from pulumi_mlops._shared import names
from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.kubernetes import labels, network, objects, pods, quantities
from pulumi_mlops.model_registry.kubernetes import connections
from pulumi_mlops.model_registry.kubernetes.settings import PostgresSettings, RegistrySettings

COMPONENT = names.database_of(names.MODEL_REGISTRY)
PORT = 5432
USER = DATABASE = "mlflow"
DATA_FOLDER = "/var/lib/postgresql/data"
SECRET_FOLDER = "/run/secrets/database"  # noqa: S105 - where the secret is mounted


def database_name(settings: RegistrySettings) -> str:
    """Name of all the database's objects."""
    return names.database_of(settings.name)


def selector(settings: RegistrySettings) -> dict[str, str]:
    """Labels that select the database's pod."""
    return labels.selector(database_name(settings), COMPONENT)


def claim_name(settings: RegistrySettings) -> str:
    """Name of the claim of the database's volume. SQLite's is another: neither takes over what the other kept."""
    return f"{database_name(settings)}-data"


def metadata(settings: RegistrySettings, name: str | None = None) -> Document:
    """Metadata of the database's objects, of which one has a name of its own."""
    found_by = labels.pod_labels(database_name(settings), COMPONENT)
    return labels.metadata(name or database_name(settings), settings.namespace, found_by, settings.tags)


def secret(settings: RegistrySettings, postgres: PostgresSettings) -> Document:
    """Return the password. It is immutable and has no name yet, so that another password is another object."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {key: value for key, value in metadata(settings).items() if key != "name"},
        "type": "Opaque",
        "immutable": True,
        "stringData": {"password": pulumi.Output.secret(postgres.password)},
    }


def service_account(settings: RegistrySettings) -> Document:
    """Return the database's identity."""
    return objects.service_account(metadata(settings))


def service(settings: RegistrySettings) -> Document:
    """Return the name under which the database's pod is found."""
    port = {"name": "postgresql", "port": PORT, "targetPort": "postgresql", "protocol": "TCP"}
    return objects.service(metadata(settings), selector(settings), [port], headless=True)


def volume_claim(settings: RegistrySettings) -> Document:
    """Return the claim of the volume.

    It is an object of its own: a StatefulSet's template for one is never applied again, and never deleted.
    """
    return objects.volume_claim(
        metadata(settings, claim_name(settings)), settings.database_volume_gib, settings.storage_class_name
    )


def stateful_set(
    settings: RegistrySettings, postgres: PostgresSettings, password_secret: pulumi.Input[str]
) -> Document:
    """Return the database's server.

    Args:
        settings: The registry's settings.
        postgres: The database's own.
        password_secret: Name of the Secret. It changes with the password, so that the server is started anew.
    """
    name = database_name(settings)
    pod = pods.pod(
        name,
        [_server(postgres, settings.replicas)],
        volumes=[
            {"name": "data", "persistentVolumeClaim": {"claimName": claim_name(settings)}},
            {"name": "password", "secret": {"secretName": password_secret, "defaultMode": 0o440}},
        ],
        pull_secrets=settings.image_pull_secret_names,
        cluster_assigned_user=settings.cluster_assigned_user,
        # A checkpoint is written before the server goes.
        more={"terminationGracePeriodSeconds": 60},
    )
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": metadata(settings),
        "spec": {
            "replicas": 1,
            "serviceName": name,
            "revisionHistoryLimit": 3,
            "selector": {"matchLabels": selector(settings)},
            "template": {
                "metadata": labels.pod_metadata(labels.pod_labels(name, COMPONENT), settings.pod_annotations),
                "spec": pod,
            },
        },
    }


def network_policy(settings: RegistrySettings) -> Document:
    """Return who may speak with the database: MLflow alone."""
    registry = {"podSelector": {"matchLabels": labels.selector(settings.name, names.MODEL_REGISTRY)}}
    ingress = {"from": [registry], "ports": [network.tcp(PORT)]}
    return network.policy(metadata(settings), selector(settings), ingress=[ingress])


def _server(postgres: PostgresSettings, replicas: int) -> Document:
    query = (
        f"PGPASSWORD=$(cat {SECRET_FOLDER}/password) exec psql -h 127.0.0.1 -U {USER} -d {DATABASE} -qAtc 'select 1'"
    )
    answers = {"exec": {"command": ["sh", "-c", query]}, "timeoutSeconds": 5}
    variables = pods.environment(
        {
            "POSTGRES_USER": USER,
            "POSTGRES_DB": DATABASE,
            "POSTGRES_PASSWORD_FILE": f"{SECRET_FOLDER}/password",
            "PGDATA": f"{DATA_FOLDER}/pgdata",
        }
    )
    return pods.container(
        "postgresql",
        postgres.image,
        ["entrypoint", "-c", f"max_connections={connections.most(replicas)}"],
        resources=quantities.server_resources(postgres.cpu, postgres.memory),
        mounts=[pods.mount("data", DATA_FOLDER), pods.mount("password", SECRET_FOLDER, read_only=True)],
        variables=variables,
        more={
            "ports": [{"name": "postgresql", "containerPort": PORT, "protocol": "TCP"}],
            "startupProbe": {**answers, "periodSeconds": 2, "failureThreshold": 150},
            "readinessProbe": {**answers, "periodSeconds": 5, "failureThreshold": 3},
            "livenessProbe": {"tcpSocket": {"port": "postgresql"}, "periodSeconds": 20, "failureThreshold": 3},
        },
    )
