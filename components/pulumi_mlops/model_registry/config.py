"""The model registry in a stack file: one that the stack runs, an existing one, or another account's."""

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from pulumi_mlops._shared.aws.values import AccountId, KmsKeyArn
from pulumi_mlops._shared.config_model import Model
from pulumi_mlops._shared.values import (
    AddressRange,
    AnnotationKey,
    CpuQuantity,
    MemoryQuantity,
    Name,
    ObjectName,
    ReachableUrl,
    S3Uri,
    Url,
)
from pulumi_mlops.model_registry.args import RegistryDatabase
from pulumi_mlops.model_registry.kubernetes import settings as kubernetes


class S3ArtifactsConfig(Model):
    """Artifacts in a bucket, at AWS or at any service that speaks S3."""

    uri: S3Uri
    """Bucket and prefix, like s3://models/flights."""

    endpoint_url: Url | None = None
    """The service's address. Defaults to AWS."""

    credentials_secret_name: ObjectName | None = None
    """A Secret of the namespace with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Defaults to the credentials that
    the pod's own ServiceAccount brings."""


class OwnRegistry(Model):
    """A registry that this stack runs."""

    database: Annotated[RegistryDatabase, Field(strict=False)] = RegistryDatabase.SQLITE
    """sqlite for a single replica on a volume; postgresql as a server of its own. Defaults to sqlite."""

    database_volume_gib: Annotated[int, kubernetes.DATABASE_VOLUME_GIB] = kubernetes.DATABASE_VOLUME_GIB.default
    """Size of the database's volume in GiB. Defaults to 1."""

    artifacts_volume_gib: Annotated[int, kubernetes.ARTIFACTS_VOLUME_GIB] | None = None
    """Size in GiB of the volume that the models lie on. Defaults to 5, or to no volume with artifacts_s3."""

    artifacts_s3: S3ArtifactsConfig | None = None
    """A bucket that the models lie in, in place of a volume. Defaults to a volume."""

    allowed_namespaces: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    """Other namespaces whose pods may reach the registry. Defaults to none."""

    allowed_ingress_cidrs: Annotated[tuple[AddressRange, ...], Field(strict=False)] = ()
    """Address ranges (CIDR) that may call the registry besides pods, like a load balancer's or the nodes' own. MLflow
    asks nobody who they are. Defaults to none."""

    protect_data: bool = True
    """Whether an update that would delete one of the registry's volumes is refused: models that other stacks have
    pinned lie there. To delete one, set it to false in an update of its own first. Defaults to true."""

    replicas: Annotated[int, kubernetes.REPLICAS] = kubernetes.REPLICAS.default
    """Number of servers. More than one needs postgresql and artifacts_s3. Defaults to 1."""

    cpu: CpuQuantity = kubernetes.DEFAULT_CPU
    """CPU request of a server. Defaults to "100m"."""

    memory: MemoryQuantity = kubernetes.DEFAULT_MEMORY
    """Memory request and limit of a server. Defaults to 1536Mi."""

    database_cpu: CpuQuantity | None = None
    """CPU request of the PostgreSQL server. Needs postgresql. Defaults to "100m"."""

    database_memory: MemoryQuantity | None = None
    """Memory request and limit of the PostgreSQL server. Needs postgresql. Defaults to 512Mi, and with more than two
    replicas to what the connections of their servers need."""

    pod_annotations: dict[AnnotationKey, str] = Field(default={})
    """Annotations of the pods, the database's among them, like sidecar.istio.io/inject. Defaults to none."""

    service_account_annotations: dict[AnnotationKey, str] = Field(default={})
    """Annotations of the servers' ServiceAccount that give them a cloud identity, like eks.amazonaws.com/role-arn.
    Defaults to none."""

    consumer_account_ids: Annotated[tuple[AccountId, ...], Field(strict=False)] = ()
    """On sagemaker: other AWS accounts that may read the registered models and serve them. Defaults to none."""

    producer_account_ids: Annotated[tuple[AccountId, ...], Field(strict=False)] = ()
    """On sagemaker: other AWS accounts whose pipelines may register models here; they may read them too. Defaults to
    none."""


class ExistingRegistry(Model):
    """A registry that someone else runs, such as another stack."""

    url: ReachableUrl
    """Its address, like http://mlflow.flights-dev.svc:5000."""


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
