"""A model registry's arguments, checked and complete."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from pulumi_mlops._shared import checks
from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops.model_registry.args import ModelRegistryArgs, RegistryDatabase

LONGEST_NAME = 40


@dataclass(frozen=True)
class PostgresSettings:
    """The PostgreSQL server beside MLflow."""

    image: pulumi.Input[str]
    password: pulumi.Input[str]


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
    service_account_annotations: Mapping[str, pulumi.Input[str]]
    image_pull_secret_names: Sequence[pulumi.Input[str]]
    tags: Mapping[str, pulumi.Input[str]]


def resolve(name: str, args: ModelRegistryArgs) -> RegistrySettings:
    """Check the arguments and fill in the defaults.

    Raises:
        ArgumentsError: With every problem of the plain values. Outputs are checked where they are used.
    """
    arguments = Arguments("KubernetesModelRegistry", name, args, ModelRegistryArgs)
    arguments.check("name", name, checks.name(longest=LONGEST_NAME))
    read = arguments.read
    s3 = _s3(arguments)
    settings = RegistrySettings(
        name=name,
        namespace=read("kubernetes.namespace", checks.namespace),
        image=read("kubernetes.image", checks.image),
        replicas=int(read("kubernetes.replicas", checks.between(1), 1)),
        postgres=_postgres(arguments),
        database_volume_gib=int(read("kubernetes.database_volume_gib", checks.between(1), 1)),
        artifacts_volume_gib=None if s3 else int(read("kubernetes.artifacts_volume_gib", checks.between(1), 5)),
        s3=s3,
        storage_class_name=read("kubernetes.storage_class_name"),
        protect_data=bool(read("kubernetes.protect_data", default=True)),
        cpu=read("kubernetes.cpu", checks.cpu, "100m"),
        memory=read("kubernetes.memory", checks.memory, "1536Mi"),
        allowed_namespaces=read("kubernetes.allowed_namespaces", None, []),
        service_account_annotations=read("kubernetes.service_account_annotations", None, {}),
        image_pull_secret_names=read("kubernetes.image_pull_secret_names", None, []),
        tags=read("tags", None, {}),
    )
    _check_replicas(arguments, settings)
    arguments.finish()
    return settings


def _postgres(arguments: Arguments) -> PostgresSettings | None:
    image = arguments.read("kubernetes.database_image", checks.image)
    password = arguments.read("kubernetes.database_password")
    if arguments.read("kubernetes.database", None, RegistryDatabase.SQLITE) != RegistryDatabase.POSTGRESQL:
        for key, value in (("database_image", image), ("database_password", password)):
            if value is not None:
                fix = "set `database` to postgresql, or remove this key"
                arguments.add(f"kubernetes.{key}", value, "nothing: SQLite has no server", fix)
        return None
    for key, value in (("database_image", image), ("database_password", password)):
        if value is None and arguments.sound(f"kubernetes.{key}"):
            arguments.add(f"kubernetes.{key}", None, "a value, for PostgreSQL", "add this key, or use sqlite")
    return PostgresSettings(image, pulumi.Output.secret(password))


def _s3(arguments: Arguments) -> S3Settings | None:
    if arguments.read("kubernetes.artifacts_s3") is None:
        return None
    size = arguments.read("kubernetes.artifacts_volume_gib")
    if size is not None:
        fix = "keep either `artifacts_volume_gib` or `artifacts_s3`"
        arguments.add("kubernetes.artifacts_volume_gib", size, "nothing: artifacts are in S3", fix)
    return S3Settings(
        uri=arguments.read("kubernetes.artifacts_s3.uri", checks.s3_uri),
        endpoint_url=arguments.read("kubernetes.artifacts_s3.endpoint_url", checks.http_url),
        credentials_secret_name=arguments.read("kubernetes.artifacts_s3.credentials_secret_name"),
    )


def _check_replicas(arguments: Arguments, settings: RegistrySettings) -> None:
    if settings.replicas > 1 and (settings.postgres is None or settings.s3 is None):
        fix = "use postgresql and `artifacts_s3`, or one replica"
        arguments.add("kubernetes.replicas", settings.replicas, "1, as a volume serves one server", fix)
