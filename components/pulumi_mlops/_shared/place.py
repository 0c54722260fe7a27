"""Where things run: what every component of a target is told of it, and a workload once for all its parts."""

from typing import NotRequired, TypedDict

import pulumi


class KubernetesPlaceArgs(TypedDict):
    """Where something runs on Kubernetes."""

    namespace: pulumi.Input[str]
    """Namespace of every object. It must exist."""
    image_pull_secret_names: NotRequired[list[pulumi.Input[str]]]
    """Image pull secrets (`imagePullSecrets`): names of Secrets in the namespace. Defaults to none."""
    cluster_assigned_user: NotRequired[bool]
    """Whether the cluster assigns the pods' user and groups, as OpenShift's `restricted-v2` does from the namespace's
    range: pods then name none. Files on a volume belong to the user who wrote them, so a later change needs a new
    volume. Defaults to false: user and groups 10001."""


class SageMakerAccountArgs(TypedDict):
    """AWS account and region of a resource."""

    account_id: str
    """AWS account of every resource."""
    region: str
    """The AWS region, such as eu-west-1."""
    namespace: str
    """Prefix of every name, such as flights-dev."""
    allow_unlisted: NotRequired[bool]
    """Whether to accept regions and instance types that this package does not list, such as new ones of AWS. Defaults
    to false."""


class SageMakerPlaceArgs(SageMakerAccountArgs):
    """Where something runs on SageMaker."""

    bucket_name: pulumi.Input[str]
    """S3 bucket for runs' results, asynchronous inference and data capture. It must be in the region."""
    model_data_bucket: NotRequired[pulumi.Input[str]]
    """S3 bucket of the registered models, each at `models/<group>/<digest>/model.tar.gz`. Defaults to `bucket_name`."""
    model_data_kms_key_arn: NotRequired[pulumi.Input[str]]
    """KMS key that encrypts registered models. Defaults to `kms_key_arn`."""
    permissions_boundary_arn: NotRequired[pulumi.Input[str]]
    """Permissions boundary of each IAM role: the ARN of a managed policy. Defaults to none."""
    kms_key_arn: NotRequired[pulumi.Input[str]]
    """KMS key that encrypts results, models and volumes. Local NVMe disks of instances (g5, m5d, …) are encrypted by
    their hardware. Defaults to AWS managed keys."""
    subnet_ids: NotRequired[list[pulumi.Input[str]]]
    """VPC subnets of jobs and endpoints. Requires `security_group_ids`. Defaults to none: jobs run in network
    isolation, endpoints in SageMaker's network."""
    security_group_ids: NotRequired[list[pulumi.Input[str]]]
    """Security groups of jobs and endpoints. Requires `subnet_ids`. Defaults to none."""


class SageMakerWorkloadPlaceArgs(SageMakerPlaceArgs):
    """Where a workload runs on SageMaker, and which registry it uses."""

    model_package_group: NotRequired[pulumi.Input[str]]
    """ARN of another stack's model package group, to register in and serve from. Defaults to a group that the workload
    owns."""
    consumer_account_ids: NotRequired[list[str]]
    """Other AWS accounts that may read the workload's model package group. Defaults to none."""
    producer_account_ids: NotRequired[list[str]]
    """Other AWS accounts that may register versions in the workload's model package group. Defaults to none."""
    protect_data: NotRequired[bool]
    """Whether Pulumi refuses to delete the registered models. Defaults to true."""
