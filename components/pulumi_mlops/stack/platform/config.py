"""What a stack's workloads share: environment, target, images, registry."""

from enum import Enum
from typing import Annotated

from pydantic import Discriminator, Field, Tag

from pulumi_mlops._shared.aws.scalars import AccountId, KmsKeyArn
from pulumi_mlops._shared.config_model import Model
from pulumi_mlops._shared.scalars import AnnotationKey, ContextName, ImageReference, Name, ObjectName, Owner, S3Uri, Url
from pulumi_mlops.stack.sagemaker import SageMakerSettings


class Target(str, Enum):
    """Where a stack's workloads run."""

    KUBERNETES = "kubernetes"
    SAGEMAKER = "sagemaker"


class RegistryDatabase(str, Enum):
    """What keeps the registry's records."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


class ImagesConfig(Model):
    """The images of a stack, each pinned."""

    pipeline: ImageReference
    """Runs the steps of the training pipelines."""

    serving: ImageReference
    """Runs the endpoints, fetches the models and checks what serves."""

    registry: ImageReference | None = None
    """Runs MLflow. Needed where the stack owns its registry, and only there."""

    postgres: ImageReference | None = None
    """Runs PostgreSQL. Needed where the registry's database is postgresql, and only there."""


class KubernetesSettings(Model):
    """What only the target kubernetes needs."""

    context: ContextName
    """The context of the kubeconfig; the environment variable MLOPS_KUBE_CONTEXT goes before it. Never the current
    context by accident."""

    image_pull_secrets: Annotated[tuple[ObjectName, ...], Field(strict=False)] = ()
    """Secrets of the namespace with which images are pulled. Defaults to none."""

    storage_class: ObjectName | None = None
    """Storage class of the registry's volumes. Defaults to the cluster's default. Another class means new, empty
    volumes, which registry.protect_data refuses."""


class VolumeArtifacts(Model):
    """Artifacts on a volume of the registry's own."""

    volume_gib: int = Field(ge=1, le=16384)
    """Size in GiB."""


class S3Artifacts(Model):
    """Artifacts in a bucket, at AWS or at any service that speaks S3."""

    s3_uri: S3Uri
    """Bucket and prefix, like s3://models/flights."""

    s3_endpoint_url: Url | None = None
    """The service's address. Defaults to AWS."""

    credentials_secret: Name | None = None
    """A Secret of the namespace with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Defaults to the credentials that
    the pod's own service account brings."""


def _artifacts_kind(value: object) -> str:
    return "s3" if isinstance(value, S3Artifacts) or (isinstance(value, dict) and "s3_uri" in value) else "volume"


Artifacts = Annotated[
    Annotated[VolumeArtifacts, Tag("volume")] | Annotated[S3Artifacts, Tag("s3")], Discriminator(_artifacts_kind)
]


class OwnRegistry(Model):
    """A registry that this stack runs."""

    database: Annotated[RegistryDatabase, Field(strict=False)] = RegistryDatabase.SQLITE
    """sqlite for a single replica on a volume; postgresql as a server of its own. Defaults to sqlite."""

    database_volume_gib: int = Field(default=1, ge=1, le=16384)
    """Size of the database's volume in GiB. Defaults to 1."""

    artifacts: Artifacts = VolumeArtifacts(volume_gib=5)
    """Where the models lie. Defaults to a volume of 5 GiB."""

    allowed_namespaces: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    """Other namespaces whose pods may reach the registry. Defaults to none."""

    protect_data: bool = True
    """Whether an update that would delete one of the registry's volumes is refused: models that other stacks have
    pinned lie there. To delete one, set it to false in an update of its own first. Defaults to true."""

    replicas: int = Field(default=1, ge=1, le=100)
    """Number of servers. More than one needs postgresql and artifacts in a bucket. Defaults to 1."""

    service_account_annotations: dict[AnnotationKey, str] = Field(default={})
    """Annotations that give the servers a cloud identity, like eks.amazonaws.com/role-arn. Defaults to none."""

    consumer_account_ids: Annotated[tuple[AccountId, ...], Field(strict=False)] = ()
    """On sagemaker: other AWS accounts that may read the registered models and serve them. Defaults to none."""

    producer_account_ids: Annotated[tuple[AccountId, ...], Field(strict=False)] = ()
    """On sagemaker: other AWS accounts whose pipelines may register models here; they may read them too. Defaults to
    none."""


class ExistingRegistry(Model):
    """A registry that someone else runs, such as another stack."""

    url: Url
    """Its address, like http://mlflow.flights-dev.svc.cluster.local:5000."""


class AccountRegistry(Model):
    """On sagemaker: the registry of another stack, in its account and in this stack's region."""

    account_id: AccountId
    """The account that the models are registered in."""

    namespace: Name
    """The namespace of the stack that registers them."""

    kms_key_arn: KmsKeyArn | None = None
    """The key that its models are encrypted with, whose policy must let this account decrypt and generate data keys."""


def _registry_kind(value: object) -> str:
    if isinstance(value, ExistingRegistry) or (isinstance(value, dict) and "url" in value):
        return "existing"
    if isinstance(value, AccountRegistry) or (isinstance(value, dict) and "account_id" in value):
        return "account"
    return "own"


Registry = Annotated[
    Annotated[OwnRegistry, Tag("own")]
    | Annotated[ExistingRegistry, Tag("existing")]
    | Annotated[AccountRegistry, Tag("account")],
    Discriminator(_registry_kind),
]


class PlatformConfig(Model):
    """The settings under `mlops:platform`."""

    environment: Name
    """dev, staging, prod, or a name of your own such as local."""

    target: Annotated[Target, Field(strict=False)]
    """Where the workloads run."""

    namespace: Name
    """The namespace that holds everything of this stack. On sagemaker: what every name begins with."""

    owner: Owner
    """The team that answers for it."""

    images: ImagesConfig
    """The images, each pinned."""

    kubernetes: KubernetesSettings | None = None
    """Settings of the target kubernetes; required there, refused elsewhere."""

    sagemaker: SageMakerSettings | None = None
    """Settings of the target sagemaker; required there, refused elsewhere."""

    registry: Registry
    """The model registry: settings of one that this stack runs, the url of an existing one, or (on sagemaker) the
    account that holds it."""
