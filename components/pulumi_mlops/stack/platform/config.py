"""What a stack's workloads share: environment, target, images, registry."""

from enum import Enum
from typing import Annotated

from pydantic import Field

from pulumi_mlops._shared.aws.values import AccountId, KmsKeyArn, PolicyArn, Region, SecurityGroupId, SubnetId
from pulumi_mlops._shared.config_model import Model
from pulumi_mlops._shared.values import ContextName, ImageReference, Name, ObjectName, Owner
from pulumi_mlops.model_registry.config import Registry
from pulumi_mlops.model_registry.sagemaker.storage import settings as storage


class Target(str, Enum):
    """Where a stack's workloads run."""

    KUBERNETES = "kubernetes"
    SAGEMAKER = "sagemaker"


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

    image_pull_secret_names: Annotated[tuple[ObjectName, ...], Field(strict=False)] = ()
    """Secrets of the namespace with which images are pulled (imagePullSecrets). Defaults to none."""

    cluster_assigned_user: bool = False
    """Whether the cluster assigns the pods' user and groups, as OpenShift's restricted-v2 does from the namespace's
    range: pods then name none. What a volume holds belongs to the user who wrote it, so a change later takes a new
    volume. Defaults to false: user and groups 10001."""

    storage_class_name: ObjectName | None = None
    """Storage class of the registry's volumes. Defaults to the cluster's default. Another class means new, empty
    volumes, which registry.protect_data refuses."""


class SageMakerSettings(Model):
    """What only the target sagemaker needs of a platform."""

    account_id: AccountId
    """The AWS account that everything is created in. Credentials of another account are refused."""

    region: Region
    """The AWS region, like eu-west-1."""

    allow_unlisted: bool = False
    """Whether regions and instance types are taken that this package's lists do not hold, because AWS has added them
    since. Defaults to false."""

    kms_key_arn: KmsKeyArn | None = None
    """KMS key that the stack's data is encrypted with. Defaults to keys that AWS manages."""

    permissions_boundary_arn: PolicyArn | None = None
    """Permissions boundary of each of the stack's roles: a managed policy. Defaults to none."""

    subnet_ids: Annotated[tuple[SubnetId, ...], Field(strict=False)] = ()
    """Subnets that jobs and endpoints run in. Defaults to none: SageMaker's own network."""

    security_group_ids: Annotated[tuple[SecurityGroupId, ...], Field(strict=False)] = ()
    """Security groups of jobs and endpoints. Given with subnet_ids, and only then."""

    protect_data: bool = True
    """Whether Pulumi refuses to delete what holds data: the bucket and the registered models. Defaults to true."""

    noncurrent_version_days: Annotated[int, storage.NONCURRENT_VERSION_DAYS] = storage.NONCURRENT_VERSION_DAYS.default
    """Days for which noncurrent versions are kept: an overwritten or deleted object can be brought back. Defaults to
    30."""

    run_retention_days: Annotated[int, storage.RUN_RETENTION_DAYS] = storage.RUN_RETENTION_DAYS.default
    """Days for which runs' intermediate results and captured requests are kept. Defaults to 90."""


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
