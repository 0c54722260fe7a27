"""A model registry's arguments, checked and complete."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from pulumi_mlops._shared import values
from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops._shared.kubernetes.quantities import mebibytes
from pulumi_mlops._shared.rules import Setting
from pulumi_mlops.model_registry.args import KubernetesModelRegistryArgs, RegistryDatabase
from pulumi_mlops.model_registry.kubernetes import connections

LONGEST_NAME = 40
REPLICAS = Setting(1, 100, default=1)
DATABASE_VOLUME_GIB = Setting(1, 16384, default=1)
ARTIFACTS_VOLUME_GIB = Setting(1, 16384, default=5)
DEFAULT_CPU = "100m"
DEFAULT_MEMORY = "1536Mi"
DEFAULT_DATABASE_CPU = "100m"
DEFAULT_DATABASE_MEMORY_MIB = 512


@dataclass(frozen=True)
class PostgresSettings:
    """The PostgreSQL server beside MLflow."""

    image: pulumi.Input[str]
    password: pulumi.Input[str]
    """Made a secret where it is used."""
    cpu: str
    memory: str


@dataclass(frozen=True)
class S3Settings:
    """Artifacts in S3."""

    uri: pulumi.Input[str]
    endpoint_url: pulumi.Input[str] | None
    credentials_secret_name: pulumi.Input[str] | None


@dataclass(frozen=True)
class RegistrySettings:
    """Everything that the registry's documents are made of."""

    name: str
    namespace: pulumi.Input[str]
    image: pulumi.Input[str]
    replicas: int
    postgres: PostgresSettings | None
    """None: SQLite on a volume."""
    database_volume_gib: int
    artifacts_volume_gib: int | None
    """None: in S3."""
    s3: S3Settings | None
    storage_class_name: pulumi.Input[str] | None
    protect_data: bool
    cpu: str
    memory: str
    allowed_namespaces: Sequence[pulumi.Input[str]]
    allowed_ingress_cidrs: Sequence[pulumi.Input[str]]
    pod_annotations: Mapping[str, pulumi.Input[str]]
    service_account_annotations: Mapping[str, pulumi.Input[str]]
    image_pull_secret_names: Sequence[pulumi.Input[str]]
    cluster_assigned_user: bool
    tags: Mapping[str, pulumi.Input[str]]


def resolve(name: str, args: KubernetesModelRegistryArgs) -> RegistrySettings:
    """Check the arguments and fill in the defaults.

    Raises:
        ArgumentsError: With every problem of the plain values. Outputs are checked where they are used.
    """
    arguments = Arguments("KubernetesModelRegistry", name, args, KubernetesModelRegistryArgs)
    arguments.check("name", name, values.name_of_at_most(LONGEST_NAME))
    read = arguments.read
    s3 = _s3(arguments)
    replicas = arguments.number("kubernetes.replicas", REPLICAS)
    settings = RegistrySettings(
        name=name,
        namespace=read("kubernetes.namespace", values.namespace),
        image=read("kubernetes.image", values.image),
        replicas=replicas,
        postgres=_postgres(arguments, replicas),
        database_volume_gib=arguments.number("kubernetes.database_volume_gib", DATABASE_VOLUME_GIB),
        artifacts_volume_gib=(
            None if s3 else arguments.number("kubernetes.artifacts_volume_gib", ARTIFACTS_VOLUME_GIB)
        ),
        s3=s3,
        storage_class_name=read("kubernetes.storage_class_name", values.object_name),
        protect_data=bool(read("kubernetes.protect_data", default=True)),
        cpu=read("kubernetes.cpu", values.cpu, DEFAULT_CPU),
        memory=read("kubernetes.memory", values.memory, DEFAULT_MEMORY),
        allowed_namespaces=arguments.items("kubernetes.allowed_namespaces", values.namespace),
        allowed_ingress_cidrs=arguments.items("kubernetes.allowed_ingress_cidrs", values.address_range),
        pod_annotations=arguments.mapping("kubernetes.pod_annotations", values.annotation_key),
        service_account_annotations=arguments.mapping("kubernetes.service_account_annotations", values.annotation_key),
        image_pull_secret_names=arguments.items("kubernetes.image_pull_secret_names", values.object_name),
        cluster_assigned_user=bool(read("kubernetes.cluster_assigned_user", default=False)),
        tags=read("tags", None, {}),
    )
    _check_replicas(arguments, settings)
    arguments.finish()
    return settings


def _postgres(arguments: Arguments, replicas: int) -> PostgresSettings | None:
    read = arguments.read
    image, password = read("kubernetes.database_image", values.image), read("kubernetes.database_password")
    required = {"database_image": image, "database_password": password}
    cpu = read("kubernetes.database_cpu", values.cpu)
    memory = read("kubernetes.database_memory", values.memory)
    if read("kubernetes.database", None, RegistryDatabase.SQLITE) != RegistryDatabase.POSTGRESQL:
        for key, value in {**required, "database_cpu": cpu, "database_memory": memory}.items():
            if value is not None:
                fix = "set `database` to postgresql, or remove this key"
                arguments.add(f"kubernetes.{key}", value, "nothing: SQLite has no server", fix)
        return None
    for key, value in required.items():
        if value is None and arguments.sound(f"kubernetes.{key}"):
            arguments.add(f"kubernetes.{key}", None, "a value, for PostgreSQL", "add this key, or use sqlite")
    default_memory = f"{max(DEFAULT_DATABASE_MEMORY_MIB, connections.memory_mib(replicas))}Mi"
    return PostgresSettings(image, password, cpu or DEFAULT_DATABASE_CPU, memory or default_memory)


def _s3(arguments: Arguments) -> S3Settings | None:
    if arguments.read("kubernetes.artifacts_s3") is None:
        return None
    size = arguments.read("kubernetes.artifacts_volume_gib")
    if size is not None:
        fix = "keep either `artifacts_volume_gib` or `artifacts_s3`"
        arguments.add("kubernetes.artifacts_volume_gib", size, "nothing: artifacts are in S3", fix)
    return S3Settings(
        uri=arguments.read("kubernetes.artifacts_s3.uri", values.s3_uri),
        endpoint_url=arguments.read("kubernetes.artifacts_s3.endpoint_url", values.http_url),
        credentials_secret_name=arguments.read("kubernetes.artifacts_s3.credentials_secret_name", values.object_name),
    )


def _check_replicas(arguments: Arguments, settings: RegistrySettings) -> None:
    if settings.replicas > 1 and (settings.postgres is None or settings.s3 is None):
        fix = "use postgresql and `artifacts_s3`, or one replica"
        arguments.add("kubernetes.replicas", settings.replicas, "1, as a volume serves one server", fix)
    needed = connections.memory_mib(settings.replicas)
    if settings.postgres is not None and mebibytes(settings.postgres.memory) < needed:
        expected = f"at least {needed}Mi, for the connections of {settings.replicas} servers"
        arguments.add("kubernetes.database_memory", settings.postgres.memory, expected, "give it more, or leave it out")
