"""The Kubernetes objects of MLflow's server and of what it keeps its data in."""

from collections.abc import Sequence

import pulumi

from pulumi_mlops._shared import names
from pulumi_mlops._shared.documents import Document, without_none
from pulumi_mlops._shared.inputs import combine
from pulumi_mlops._shared.kubernetes import labels, network, objects, pods, quantities
from pulumi_mlops.model_registry.kubernetes import connections, database
from pulumi_mlops.model_registry.kubernetes.settings import RegistrySettings, S3Settings

COMPONENT = names.MODEL_REGISTRY
PORT = names.REGISTRY_PORT
# A first start makes the tables.
START_TIMEOUT_SECONDS = 300
DATABASE_FOLDER = "/var/lib/mlflow/database"
ARTIFACTS_FOLDER = "/var/lib/mlflow/artifacts"
# A search asks the database; `/health` answers as long as the process does, and whatever the Host header says.
API_PATH = "/api/2.0/mlflow/registered-models/search?max_results=1"
# A pod that is gone sends no word: without these a worker waits for its old address for minutes, in seconds and
# `tcp_user_timeout` in milliseconds (https://www.postgresql.org/docs/15/libpq-connect.html).
_DATABASE_CONNECTION = (
    "connect_timeout=5&keepalives_idle=10&keepalives_interval=5&keepalives_count=2&tcp_user_timeout=10000"
)


def selector(settings: RegistrySettings) -> dict[str, str]:
    """Labels that select the server's pods."""
    return labels.selector(settings.name, COMPONENT)


def metadata(settings: RegistrySettings, name: str) -> Document:
    """Metadata of one of the server's objects."""
    return labels.metadata(name, settings.namespace, labels.pod_labels(settings.name, COMPONENT), settings.tags)


def url(settings: RegistrySettings) -> pulumi.Input[str]:
    """Address of the server within the cluster."""
    return combine(lambda namespace: names.registry_url(namespace, settings.name), settings.namespace)


def service_account(settings: RegistrySettings) -> Document:
    """Return the server's identity."""
    return objects.service_account(metadata(settings, settings.name), settings.service_account_annotations)


def service(settings: RegistrySettings) -> Document:
    """Return the server's address."""
    port = {"name": "http", "port": PORT, "targetPort": "http", "protocol": "TCP", "appProtocol": "http"}
    return objects.service(metadata(settings, settings.name), selector(settings), [port])


def volume_claims(settings: RegistrySettings) -> dict[str, Document]:
    """Claims of the volumes that the server mounts, by their role."""
    sizes = {
        "database": settings.database_volume_gib if settings.postgres is None else None,
        "artifacts": settings.artifacts_volume_gib,
    }
    return {
        role: objects.volume_claim(metadata(settings, f"{settings.name}-{role}"), size, settings.storage_class_name)
        for role, size in sizes.items()
        if size is not None
    }


def deployment(settings: RegistrySettings, password_secret: pulumi.Input[str] | None = None) -> Document:
    """Return the server.

    Args:
        settings: The registry's settings.
        password_secret: Name of the Secret with the database's password. It changes with the password, so that the
            server is started anew.
    """
    claims = volume_claims(settings)
    folders = {"database": DATABASE_FOLDER, "artifacts": ARTIFACTS_FOLDER}
    mounts = [pods.mount(role, folders[role]) for role in claims]
    password = {} if password_secret is None else {"PGPASSWORD": _from_secret(password_secret, "password")}
    pod = pods.pod(
        settings.name,
        [_server(settings, mounts, password)],
        init_containers=[_schema(settings, mounts, password)],
        volumes=[
            {"name": role, "persistentVolumeClaim": {"claimName": claim["metadata"]["name"]}}
            for role, claim in claims.items()
        ],
        # An upload lies here on its way to the artifacts.
        temporary_size="4Gi",
        pull_secrets=settings.image_pull_secret_names,
        cluster_assigned_user=settings.cluster_assigned_user,
    )
    # A volume is mounted by one node at a time: the old server must be gone before the new one starts.
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(settings, settings.name),
        "spec": {
            "replicas": settings.replicas,
            "progressDeadlineSeconds": START_TIMEOUT_SECONDS,
            "revisionHistoryLimit": 3,
            "selector": {"matchLabels": selector(settings)},
            "strategy": {"type": "Recreate"} if claims else rolling,
            "template": {
                "metadata": labels.pod_metadata(labels.pod_labels(settings.name, COMPONENT), settings.pod_annotations),
                "spec": pod,
            },
        },
    }


def disruption_budget(settings: RegistrySettings) -> Document:
    """Return the rule that nodes are drained one server at a time."""
    return objects.disruption_budget(metadata(settings, settings.name), selector(settings))


def network_policy(settings: RegistrySettings) -> Document:
    """Return who may speak with the server: pipelines and endpoints of the allowed namespaces."""
    callers = [
        *network.from_our_pods([settings.namespace, *settings.allowed_namespaces]),
        *network.from_address_ranges(settings.allowed_ingress_cidrs),
    ]
    egress: list[pulumi.Input[Document] | pulumi.Input[list[Document]]] = [network.to_dns()]
    if settings.postgres is not None:
        server = {"podSelector": {"matchLabels": database.selector(settings)}}
        egress.append({"to": [server], "ports": [network.tcp(database.PORT)]})
    if settings.s3 is not None:
        egress.append(network.to_url(settings.s3.endpoint_url or "https://s3.amazonaws.com"))
        if settings.s3.credentials_secret_name is None:
            egress.append(network.to_pod_identity_agent())
    return network.policy(
        metadata(settings, settings.name),
        selector(settings),
        ingress=[{"from": callers, "ports": [network.tcp(PORT)]}],
        egress=egress,
    )


def _schema(settings: RegistrySettings, mounts: Sequence[Document], password: Document) -> Document:
    """Return what brings the database to the schema of the server's version, which refuses to start with another."""
    return pods.container(
        "schema",
        settings.image,
        ["mlflow", "db", "upgrade", _database_uri(settings)],
        resources=quantities.server_resources(settings.cpu, settings.memory),
        mounts=mounts,
        variables=pods.environment(pods.MODEL_LIBRARY_ENVIRONMENT, password),
    )


def _server(settings: RegistrySettings, mounts: Sequence[Document], password: Document) -> Document:
    environment = pods.environment(
        pods.MODEL_LIBRARY_ENVIRONMENT,
        # Jobs that MLflow runs for itself are eight more processes of 226 MB each.
        {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
        {} if settings.postgres is None else connections.ENVIRONMENT,
        password,
        _s3_environment(settings.s3) if settings.s3 else {},
    )
    api = {"httpGet": {"path": API_PATH, "port": "http", "httpHeaders": [{"name": "Host", "value": "localhost"}]}}
    return pods.container(
        "mlflow",
        settings.image,
        _command(settings),
        resources=quantities.server_resources(settings.cpu, settings.memory),
        mounts=mounts,
        variables=environment,
        more={
            "ports": [{"name": "http", "containerPort": PORT, "protocol": "TCP"}],
            "startupProbe": {
                **api,
                "periodSeconds": 2,
                "timeoutSeconds": 5,
                "failureThreshold": START_TIMEOUT_SECONDS // 2,
            },
            "readinessProbe": {**api, "periodSeconds": 5, "timeoutSeconds": 5, "failureThreshold": 3},
            # A database that is away is no reason to start the server anew.
            "livenessProbe": {
                "httpGet": {"path": "/health", "port": "http"},
                "periodSeconds": 20,
                "timeoutSeconds": 10,
                "failureThreshold": 3,
            },
        },
    )


def _command(settings: RegistrySettings) -> list[pulumi.Input[str]]:
    # Each worker is a process of 200 MB. SQLite has one writer: a second would wait for the first.
    workers = 1 if settings.postgres is None else connections.WORKERS
    # Every address, of IPv4 and of IPv6. One worker opens a socket for each family where no host is named, and "::"
    # would be IPv6 alone; several share one socket, which is IPv4's without a host, and of both families with "::".
    every_address = "" if workers == 1 else "::"
    return [
        *("mlflow", "server", "--host", every_address, "--port", str(PORT), "--workers", str(workers)),
        *("--backend-store-uri", _database_uri(settings)),
        *("--serve-artifacts", "--artifacts-destination", settings.s3.uri if settings.s3 else ARTIFACTS_FOLDER),
        *("--allowed-hosts", combine(lambda namespace: _allowed_hosts(settings.name, namespace), settings.namespace)),
    ]


def _database_uri(settings: RegistrySettings) -> str:
    """Return the database's address. The password is not in it: the driver takes it from the environment."""
    if settings.postgres is None:
        return f"sqlite:///{DATABASE_FOLDER}/mlflow.db"
    server = f"{database.USER}@{database.database_name(settings)}:{database.PORT}"
    return f"postgresql+psycopg2://{server}/{database.DATABASE}?{_DATABASE_CONNECTION}"


def _allowed_hosts(name: str, namespace: str) -> str:
    """Names that a client may call the server by: its Service's, and a forwarded port's.

    Of the names with a cluster's domain only that of the usual one is among them: a pattern for any other would let in
    a page that has its own name resolve to the server (DNS rebinding).
    """
    host = names.service_host(name, namespace)
    service = (name, f"{name}.{namespace}", host, f"{host}.cluster.local")
    return ",".join(f"{host}{port}" for host in (*service, "localhost", "127.0.0.1") for port in ("", ":*"))


def _s3_environment(s3: S3Settings) -> Document:
    secret = s3.credentials_secret_name
    keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY") if secret is not None else ()
    return without_none({"MLFLOW_S3_ENDPOINT_URL": s3.endpoint_url}) | {key: _from_secret(secret, key) for key in keys}


def _from_secret(name: pulumi.Input[str] | None, key: str) -> Document:
    return {"secretKeyRef": {"name": name, "key": key}}
