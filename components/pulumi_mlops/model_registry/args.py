"""The contract of a model registry, for each target."""

from enum import Enum
from typing import NotRequired, TypedDict

import pulumi

from pulumi_mlops._shared.place import KubernetesPlaceArgs, SageMakerAccountArgs


class RegistryDatabase(str, Enum):
    """Where the registry keeps its runs and versions."""

    SQLITE = "sqlite"
    """A file on a volume of the server's own: one replica, nothing else to run."""
    POSTGRESQL = "postgresql"
    """A PostgreSQL server that runs beside it."""


class S3ArtifactsArgs(TypedDict):
    """Artifacts in S3, or in a store that speaks its protocol."""

    uri: pulumi.Input[str]
    """Bucket and prefix, such as `s3://models/flights`."""
    endpoint_url: NotRequired[pulumi.Input[str]]
    """URL of a store other than Amazon's. Defaults to Amazon S3."""
    credentials_secret_name: NotRequired[pulumi.Input[str]]
    """Secret of the namespace with the keys `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.

    Defaults to none: the ServiceAccount's own identity is used.
    """


class KubernetesModelRegistrySettingsArgs(KubernetesPlaceArgs):
    """MLflow's tracking server and registry on Kubernetes."""

    image: pulumi.Input[str]
    """Image of the MLflow server, pinned by digest or content.

    A newer version brings the database to its own schema when it starts, and there is no way back but a backup.
    """
    replicas: NotRequired[int]
    """Number of servers. More than one needs PostgreSQL and artifacts in S3. Defaults to 1."""
    database: NotRequired[RegistryDatabase]
    """Where runs and versions are kept. Defaults to SQLite."""
    database_volume_gib: NotRequired[int]
    """Size of the database's volume in GiB. Defaults to 1."""
    database_image: NotRequired[pulumi.Input[str]]
    """Image of the PostgreSQL server, pinned by digest or content. Needed with PostgreSQL, and only there."""
    database_password: NotRequired[pulumi.Input[str]]
    """Password between MLflow and PostgreSQL; kept as a secret. Needed with PostgreSQL, and only there."""
    artifacts_volume_gib: NotRequired[int]
    """Size of the artifacts' volume in GiB. Defaults to 5, or to no volume with artifacts in S3."""
    artifacts_s3: NotRequired[S3ArtifactsArgs]
    """Artifacts in S3 in place of a volume. Defaults to a volume."""
    storage_class_name: NotRequired[pulumi.Input[str]]
    """Storage class of the volumes. Defaults to the cluster's default. Another class means new, empty volumes, which
    `protect_data` refuses."""
    protect_data: NotRequired[bool]
    """Whether an update that would delete a volume of the registry is refused: models that other stacks have pinned
    lie there. To delete one, set it to false in an update of its own first. Defaults to true."""
    cpu: NotRequired[str]
    """CPU reserved for a server, as a Kubernetes quantity. Defaults to 100m."""
    memory: NotRequired[str]
    """Memory of a server, as a Kubernetes quantity. Defaults to 1536Mi."""
    database_cpu: NotRequired[str]
    """CPU request of the PostgreSQL server, as a Kubernetes quantity. Needs PostgreSQL. Defaults to 100m."""
    database_memory: NotRequired[str]
    """Memory request and limit of the PostgreSQL server, as a Kubernetes quantity. Needs PostgreSQL. Defaults to 512Mi,
    and with more than two replicas to what the connections of their servers need."""
    allowed_namespaces: NotRequired[list[pulumi.Input[str]]]
    """Other namespaces whose pipelines and endpoints may use the registry. Defaults to none."""
    allowed_ingress_cidrs: NotRequired[list[pulumi.Input[str]]]
    """Address ranges (CIDR) that may call the registry besides pods, such as a load balancer's or the nodes' own.
    MLflow asks nobody who they are. Defaults to none."""
    pod_annotations: NotRequired[dict[str, pulumi.Input[str]]]
    """Annotations of the pods, the database's among them, such as `sidecar.istio.io/inject`. Defaults to none."""
    service_account_annotations: NotRequired[dict[str, pulumi.Input[str]]]
    """Annotations that give the server a cloud identity, such as `eks.amazonaws.com/role-arn`. Defaults to none."""


class KubernetesModelRegistryArgs(TypedDict):
    """Arguments of a model registry on Kubernetes."""

    kubernetes: KubernetesModelRegistrySettingsArgs
    """Settings of the registry on Kubernetes."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of every object, written as labels on Kubernetes. Defaults to none."""


class SageMakerModelRegistrySettingsArgs(SageMakerAccountArgs):
    """A model's registry on SageMaker: its model package group."""

    consumer_account_ids: NotRequired[list[str]]
    """Other AWS accounts that may read the group and its versions. Defaults to none."""
    producer_account_ids: NotRequired[list[str]]
    """Other AWS accounts that may register versions in the group, and read it. Defaults to none."""
    description: NotRequired[pulumi.Input[str]]
    """What the model is. AWS takes it when the group is created, and no other later. Defaults to the model's name."""
    protect_data: NotRequired[bool]
    """Whether the group is protected from being deleted. Defaults to true."""


class SageMakerModelRegistryArgs(TypedDict):
    """Arguments of one model's registry on SageMaker."""

    model_name: NotRequired[str]
    """Name that the model is registered under. Defaults to the component's name."""
    sagemaker: SageMakerModelRegistrySettingsArgs
    """Settings of the registry on SageMaker."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of the group. Defaults to none."""
