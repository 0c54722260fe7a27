"""What a stack's workloads share: environment, target, images, registry."""

from enum import Enum
from typing import Annotated

from pydantic import Field

from pulumi_mlops._shared.aws.values import AccountId, KmsKeyArn, PolicyArn, Region, SecurityGroupId, SubnetId
from pulumi_mlops._shared.config_model import Model
from pulumi_mlops._shared.values import ContextName, ImageReference, ImageRepository, Name, ObjectName, Owner
from pulumi_mlops.model_registry.config import Registry
from pulumi_mlops.model_registry.sagemaker.storage import settings as storage


class Target(str, Enum):
    """Where a stack's workloads run."""

    KUBERNETES = "kubernetes"
    SAGEMAKER = "sagemaker"


class ImagesConfig(Model):
    """Images of a stack, each pinned by digest or content tag."""

    pipeline: ImageReference | None = None
    """Image that runs the steps of the training pipelines of the workloads that name none of their own."""

    serving: ImageReference | None = None
    """Image of the model server of the workloads that name none of their own. It also downloads the model and runs the
    truth check."""

    registry: ImageReference | None = None
    """Image of MLflow. Required if the stack runs its own registry on kubernetes."""

    postgres: ImageReference | None = None
    """Image of PostgreSQL. Required if registry.database is postgresql."""

    feature_store: ImageReference | None = None
    """Image of Feast. Required if the stack has feature stores on kubernetes."""

    redis: ImageReference | None = None
    """Image of Redis. Required if the stack has feature stores on kubernetes."""

    prometheus: ImageReference | None = None
    """Image of Prometheus. Required if a workload's monitoring has one of its own."""

    alertmanager: ImageReference | None = None
    """Image of Alertmanager. Required if a workload's monitoring has one of its own."""

    repository: ImageRepository | None = None
    """Repository that `mlops build` pushes the workloads' images to. Defaults to none: on kubernetes they stay in this
    machine's builder, and are pinned by their content."""


class KubernetesSettings(Model):
    """Settings of the platform on the target kubernetes only."""

    context: ContextName
    """Context of the kubeconfig. The environment variable MLOPS_KUBE_CONTEXT overrides it. The current context is never
    used."""

    image_pull_secret_names: Annotated[tuple[ObjectName, ...], Field(strict=False)] = ()
    """Image pull secrets (imagePullSecrets): names of Secrets in the namespace. Defaults to none."""

    cluster_assigned_user: bool = False
    """Whether the cluster assigns the pods' user and groups, as OpenShift's restricted-v2 does from the namespace's
    range: pods then name none. What a volume holds belongs to the user who wrote it, so a change later takes a new
    volume. Defaults to false: user and groups 10001."""

    storage_class_name: ObjectName | None = None
    """StorageClass of the registry's volumes. Defaults to the cluster's default. Another class needs new, empty
    volumes: registry.protect_data refuses that."""


class SageMakerSettings(Model):
    """Settings of the platform on the target sagemaker only."""

    account_id: AccountId
    """AWS account of every resource. Credentials of another account are refused."""

    region: Region
    """The AWS region, like eu-west-1."""

    allow_unlisted: bool = False
    """Whether to accept regions and instance types that this package does not list, such as new ones of AWS. Defaults
    to false."""

    kms_key_arn: KmsKeyArn | None = None
    """KMS key that encrypts the stack's data. Defaults to AWS managed keys."""

    permissions_boundary_arn: PolicyArn | None = None
    """Permissions boundary of each IAM role: the ARN of a managed policy. Defaults to none."""

    subnet_ids: Annotated[tuple[SubnetId, ...], Field(strict=False)] = ()
    """VPC subnets of jobs and endpoints. Requires security_group_ids. Defaults to none: SageMaker's own network."""

    security_group_ids: Annotated[tuple[SecurityGroupId, ...], Field(strict=False)] = ()
    """Security groups of jobs and endpoints. Requires subnet_ids. Defaults to none."""

    protect_data: bool = True
    """Whether Pulumi refuses to delete the S3 bucket and the registered models. Defaults to true."""

    noncurrent_version_days: Annotated[int, storage.NONCURRENT_VERSION_DAYS] = storage.NONCURRENT_VERSION_DAYS.default
    """S3 lifecycle: days after which noncurrent object versions expire. Until then, an overwritten or deleted object
    can be restored. Defaults to 30."""

    run_retention_days: Annotated[int, storage.RUN_RETENTION_DAYS] = storage.RUN_RETENTION_DAYS.default
    """S3 lifecycle: days after which runs' intermediate results and captured requests expire. Defaults to 90."""


class PlatformConfig(Model):
    """The settings under `mlops:platform`."""

    environment: Name
    """Name of the environment, such as dev, staging or prod."""

    target: Annotated[Target, Field(strict=False)]
    """Where the workloads run."""

    namespace: Name
    """Namespace of the stack's objects, which the stack creates. On sagemaker: the prefix of every name."""

    owner: Owner
    """Team that owns the stack."""

    images: ImagesConfig = ImagesConfig()
    """The images that workloads share, each pinned by digest or content tag."""

    kubernetes: KubernetesSettings | None = None
    """Settings of the target kubernetes: required there, an error elsewhere."""

    sagemaker: SageMakerSettings | None = None
    """Settings of the target sagemaker: required there, an error elsewhere."""

    registry: Registry
    """Model registry: settings of one that this stack runs, the url of an existing one, or, on sagemaker, the
    account_id of its owner."""
