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
    """Artifacts in Amazon S3, or in a service with the same API."""

    uri: S3Uri
    """Bucket and prefix, like s3://models/flights."""

    endpoint_url: Url | None = None
    """Endpoint URL of another service. Defaults to Amazon S3."""

    credentials_secret_name: ObjectName | None = None
    """Secret in the namespace with the keys AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Defaults to none: the pod uses
    the cloud identity of its ServiceAccount."""


class OwnRegistry(Model):
    """A registry that this stack runs."""

    database: Annotated[RegistryDatabase, Field(strict=False)] = RegistryDatabase.SQLITE
    """Database of the MLflow server: sqlite (a file on a volume, one replica) or postgresql (a server of its own).
    Defaults to sqlite."""

    database_volume_gib: Annotated[int, kubernetes.DATABASE_VOLUME_GIB] = kubernetes.DATABASE_VOLUME_GIB.default
    """Size of the database's volume in GiB. Defaults to 1."""

    artifacts_volume_gib: Annotated[int, kubernetes.ARTIFACTS_VOLUME_GIB] | None = None
    """Size in GiB of the volume for artifacts. Defaults to 5, or to no volume with artifacts_s3."""

    artifacts_s3: S3ArtifactsConfig | None = None
    """Store artifacts in S3 in place of a volume. Defaults to a volume."""

    allowed_namespaces: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    """NetworkPolicy: other namespaces whose pipelines and endpoints may connect to the registry. Defaults to none."""

    allowed_ingress_cidrs: Annotated[tuple[AddressRange, ...], Field(strict=False)] = ()
    """Address ranges (CIDR) that may call the registry besides pods, like a load balancer's or the nodes' own. MLflow
    asks nobody who they are. Defaults to none."""

    protect_data: bool = True
    """Whether Pulumi refuses to delete the registry's volumes, which hold the models that other stacks have pinned. To
    delete one, first set it to false in an update of its own. Defaults to true."""

    replicas: Annotated[int, kubernetes.REPLICAS] = kubernetes.REPLICAS.default
    """Number of MLflow pods. More than one needs postgresql and artifacts_s3. Defaults to 1."""

    cpu: CpuQuantity = kubernetes.DEFAULT_CPU
    """CPU request of each MLflow pod. Defaults to "100m"."""

    memory: MemoryQuantity = kubernetes.DEFAULT_MEMORY
    """Memory request and limit of each MLflow pod. Defaults to 1536Mi."""

    database_cpu: CpuQuantity | None = None
    """CPU request of the PostgreSQL server. Needs postgresql. Defaults to "100m"."""

    database_memory: MemoryQuantity | None = None
    """Memory request and limit of the PostgreSQL server. Needs postgresql. Defaults to 512Mi, and with more than two
    replicas to what the connections of their servers need."""

    pod_annotations: dict[AnnotationKey, str] = Field(default={})
    """Annotations of the pods, the database's among them, like sidecar.istio.io/inject. Defaults to none."""

    service_account_annotations: dict[AnnotationKey, str] = Field(default={})
    """Annotations of the pods' ServiceAccount, which can give them a cloud identity, like eks.amazonaws.com/role-arn.
    Defaults to none."""

    consumer_account_ids: Annotated[tuple[AccountId, ...], Field(strict=False)] = ()
    """On sagemaker: other AWS accounts that may read the registered models and serve them. Defaults to none."""

    producer_account_ids: Annotated[tuple[AccountId, ...], Field(strict=False)] = ()
    """On sagemaker: other AWS accounts whose pipelines may register models here, and read and serve them. Defaults to
    none."""


class ExistingRegistry(Model):
    """An existing MLflow server, such as another stack's."""

    url: ReachableUrl
    """URL of the MLflow server, like http://mlflow.flights-dev.svc:5000."""


class AccountRegistry(Model):
    """On sagemaker: the registry of a stack in another account, in the same region."""

    account_id: AccountId
    """AWS account in which the models are registered."""

    namespace: Name
    """Namespace of the stack that owns the registry."""

    kms_key_arn: KmsKeyArn | None = None
    """KMS key that encrypts its models. The key policy must allow this account to decrypt and to generate data keys."""


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
