"""The contract of a model registry, for each target."""

from enum import Enum
from typing import NotRequired, TypedDict

import pulumi

from pulumi_mlops._shared.place import KubernetesPlaceArgs, SageMakerAccountArgs


class RegistryDatabase(str, Enum):
    """Database of the MLflow server."""

    SQLITE = "sqlite"
    """SQLite, as a file on a volume. Allows one replica."""
    POSTGRESQL = "postgresql"
    """A PostgreSQL server, which the component runs."""


class S3ArtifactsArgs(TypedDict):
    """Artifacts in Amazon S3, or in a service with the same API."""

    uri: pulumi.Input[str]
    """Bucket and prefix, such as `s3://models/flights`."""
    endpoint_url: NotRequired[pulumi.Input[str]]
    """Endpoint URL of another service. Defaults to Amazon S3."""
    credentials_secret_name: NotRequired[pulumi.Input[str]]
    """Secret of the namespace with the keys `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.

    Defaults to none: the ServiceAccount's own identity is used.
    """


class KubernetesModelRegistrySettingsArgs(KubernetesPlaceArgs):
    """Settings of the MLflow tracking server and model registry on Kubernetes."""

    image: pulumi.Input[str]
    """Image of the MLflow server, pinned by digest or content.

    A newer version brings the database to its own schema when it starts, and there is no way back but a backup.
    """
    replicas: NotRequired[int]
    """Number of MLflow pods. More than one needs PostgreSQL and `artifacts_s3`. Defaults to 1."""
    database: NotRequired[RegistryDatabase]
    """Database of the MLflow server: `sqlite` or `postgresql`. Defaults to `sqlite`."""
    database_volume_gib: NotRequired[int]
    """Size of the database's volume in GiB. Defaults to 1."""
    database_image: NotRequired[pulumi.Input[str]]
    """Image of the PostgreSQL server, pinned by digest or content tag. Required with PostgreSQL, and an error without
    it."""
    database_password: NotRequired[pulumi.Input[str]]
    """Password that MLflow uses for PostgreSQL, a Pulumi secret. Required with PostgreSQL, and an error without it."""
    artifacts_volume_gib: NotRequired[int]
    """Size in GiB of the volume for artifacts. Defaults to 5, or to no volume with `artifacts_s3`."""
    artifacts_s3: NotRequired[S3ArtifactsArgs]
    """Store artifacts in S3 in place of a volume. Defaults to a volume."""
    storage_class_name: NotRequired[pulumi.Input[str]]
    """StorageClass of the volumes. Defaults to the cluster's default. Another class needs new, empty volumes:
    `protect_data` refuses that."""
    protect_data: NotRequired[bool]
    """Whether Pulumi refuses to delete the registry's volumes, which hold the models that other stacks have pinned. To
    delete one, first set it to false in an update of its own. Defaults to true."""
    cpu: NotRequired[str]
    """CPU request of each MLflow pod, as a Kubernetes quantity. Defaults to 100m."""
    memory: NotRequired[str]
    """Memory request and limit of each MLflow pod, as a Kubernetes quantity. Defaults to 1536Mi."""
    database_cpu: NotRequired[str]
    """CPU request of the PostgreSQL server, as a Kubernetes quantity. Needs PostgreSQL. Defaults to 100m."""
    database_memory: NotRequired[str]
    """Memory request and limit of the PostgreSQL server, as a Kubernetes quantity. Needs PostgreSQL. Defaults to 512Mi,
    and with more than two replicas to what the connections of their servers need."""
    allowed_namespaces: NotRequired[list[pulumi.Input[str]]]
    """NetworkPolicy: other namespaces whose pipelines and endpoints may connect to the registry. Defaults to none."""
    allowed_ingress_cidrs: NotRequired[list[pulumi.Input[str]]]
    """NetworkPolicy: address ranges (CIDR) that may call the registry besides pods, such as a load balancer's or the
    nodes' own. MLflow authenticates nobody. Defaults to none."""
    pod_annotations: NotRequired[dict[str, pulumi.Input[str]]]
    """Annotations of the pods, the database's too, such as `sidecar.istio.io/inject`. Defaults to none."""
    service_account_annotations: NotRequired[dict[str, pulumi.Input[str]]]
    """Annotations of the pods' ServiceAccount, which can give them a cloud identity, such as
    `eks.amazonaws.com/role-arn`. Defaults to none."""


class KubernetesModelRegistryArgs(TypedDict):
    """Arguments of a model registry on Kubernetes."""

    kubernetes: KubernetesModelRegistrySettingsArgs
    """Settings of the registry on Kubernetes."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of every object, set as labels. Defaults to none."""


class SageMakerModelRegistrySettingsArgs(SageMakerAccountArgs):
    """Settings of a model's registry on SageMaker, which is a model package group."""

    consumer_account_ids: NotRequired[list[str]]
    """Other AWS accounts that may read the model package group and its versions. Defaults to none."""
    producer_account_ids: NotRequired[list[str]]
    """Other AWS accounts that may register versions in the model package group, and read it. Defaults to none."""
    description: NotRequired[pulumi.Input[str]]
    """Description of the model package group. AWS does not let it change later. Defaults to the model's name."""
    protect_data: NotRequired[bool]
    """Whether Pulumi refuses to delete the model package group. Defaults to true."""


class SageMakerModelRegistryArgs(TypedDict):
    """Arguments of one model's registry on SageMaker."""

    model_name: NotRequired[str]
    """Name that the model is registered under. Defaults to the component's name."""
    sagemaker: SageMakerModelRegistrySettingsArgs
    """Settings of the registry on SageMaker."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of the model package group. Defaults to none."""
