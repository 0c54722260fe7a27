"""Where things run: what every component of a target is told of it, and a workload once for all its parts."""

from typing import NotRequired, TypedDict

import pulumi


class KubernetesPlaceArgs(TypedDict):
    """Where something runs on Kubernetes."""

    namespace: pulumi.Input[str]
    """Namespace that everything is created in. It must exist."""
    image_pull_secret_names: NotRequired[list[pulumi.Input[str]]]
    """Secrets of the namespace with which images are pulled (`imagePullSecrets`). Defaults to none."""
    cluster_assigned_user: NotRequired[bool]
    """Whether the cluster assigns the pods' user and groups, as OpenShift's `restricted-v2` does from the namespace's
    range: pods then name none. What a volume holds belongs to the user who wrote it, so a change later takes a new
    volume. Defaults to false: user and groups 10001."""


class SageMakerAccountArgs(TypedDict):
    """The account and region that something is created in."""

    account_id: str
    """The AWS account that everything is created in."""
    region: str
    """The AWS region, such as eu-west-1."""
    namespace: str
    """Beginning of every name, such as flights-dev."""
    allow_unlisted: NotRequired[bool]
    """Whether regions and instance types are taken that this package's lists do not hold, because AWS has added them
    since. Defaults to false."""


class SageMakerPlaceArgs(SageMakerAccountArgs):
    """Where something runs on SageMaker."""

    bucket_name: pulumi.Input[str]
    """Bucket for runs' results and for what an endpoint keeps. It must be in the region."""
    model_data_bucket: NotRequired[pulumi.Input[str]]
    """Bucket of the registry, with each model at `models/<group>/<digest>/model.tar.gz`. Defaults to `bucket_name`."""
    model_data_kms_key_arn: NotRequired[pulumi.Input[str]]
    """KMS key that registered models are encrypted with. Defaults to `kms_key_arn`."""
    permissions_boundary_arn: NotRequired[pulumi.Input[str]]
    """Permissions boundary of each role: a managed policy. Defaults to none."""
    kms_key_arn: NotRequired[pulumi.Input[str]]
    """KMS key that results, models and volumes are encrypted with. Disks that an instance brings itself (g5, m5d, …)
    encrypt themselves. Defaults to keys that AWS manages."""
    subnet_ids: NotRequired[list[pulumi.Input[str]]]
    """Subnets that jobs and endpoints run in. Given with `security_group_ids`. Defaults to none: jobs have no network,
    endpoints have SageMaker's own."""
    security_group_ids: NotRequired[list[pulumi.Input[str]]]
    """Security groups of jobs and endpoints. Given with `subnet_ids`, and only then."""


class SageMakerWorkloadPlaceArgs(SageMakerPlaceArgs):
    """Where a workload runs on SageMaker, and the registry of its own, or another's."""

    model_package_group: NotRequired[pulumi.Input[str]]
    """ARN of another stack's model package group to register in and serve from. Defaults to a group of its own."""
    consumer_account_ids: NotRequired[list[str]]
    """Other AWS accounts that may read the group of its own. Defaults to none."""
    producer_account_ids: NotRequired[list[str]]
    """Other AWS accounts that may register versions in the group of its own. Defaults to none."""
    protect_data: NotRequired[bool]
    """Whether Pulumi refuses to delete the registered models. Defaults to true."""
