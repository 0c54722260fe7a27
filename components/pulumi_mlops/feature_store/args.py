"""The contract of a feature store: what it is on every target, what a target adds, and where it runs."""

from typing import Any, NotRequired, TypedDict

import pulumi

from pulumi_mlops._shared.place import KubernetesPlaceArgs, SageMakerAccountArgs


class NeutralFeatureStoreArgs(TypedDict):
    """Settings of a feature store on every target."""

    definition: dict[str, Any]
    """The feature definition: the document that `FeatureStoreDefinition.document()` returns."""
    sources: NotRequired[dict[str, str]]
    """Where views' Parquet files are, by view with its version (`weather_v1`), as `s3://bucket/prefix` or, on
    Kubernetes, `pvc://claim/path`. Defaults to the definition's."""
    schedule: NotRequired[str]
    """Cron schedule in UTC, with five fields, on which new rows of the sources are brought online. Defaults to none:
    that happens only when someone starts it."""
    lateness_hours: NotRequired[int]
    """How late a row may reach its source and still be brought online, in hours after its event time. Defaults to
    24."""
    run_timeout_seconds: NotRequired[int]
    """How long bringing rows online may take before it is stopped. The next run goes on from there. Defaults to 3600,
    one hour."""
    protect_data: NotRequired[bool]
    """Whether Pulumi refuses to delete what the store keeps. Defaults to true."""
    acknowledged_changes: NotRequired[list[str]]
    """Views, with their versions, whose destructive schema change or removal is meant. Without it such an update is
    refused. Defaults to none."""


class KubernetesStoreArgs(TypedDict):
    """Settings of a feature store on Kubernetes only."""

    replicas_min: NotRequired[int]
    """Minimum number of pods of Feast's feature server. Defaults to 1."""
    replicas_max: NotRequired[int]
    """Maximum number of them that the autoscaler scales to. Defaults to `replicas_min`."""
    cpu: NotRequired[str]
    """CPU request of each pod of the feature server, as a Kubernetes quantity. There is no CPU limit. Defaults to
    500m."""
    memory: NotRequired[str]
    """Memory request and limit of each pod of the feature server, as a Kubernetes quantity. Defaults to 1Gi."""
    target_cpu_percent: NotRequired[int]
    """Target CPU utilisation, in percent of the request, above which the autoscaler adds a pod. Defaults to 70."""
    online_store_password_secret_name: NotRequired[pulumi.Input[str]]
    """Secret in the namespace whose key `password` is Redis' password. Pods wait until it is there. Defaults to
    `<store>-online-store`."""
    online_store_cpu: NotRequired[str]
    """CPU request of Redis. There is no CPU limit. Defaults to 100m."""
    online_store_memory: NotRequired[str]
    """Memory request and limit of Redis. Half of it is for data (`maxmemory`): while the append-only file is rewritten,
    the rest is for what is written meanwhile. Defaults to 512Mi."""
    online_store_volume_gib: NotRequired[int]
    """Size in GiB of Redis' volume, which holds its append-only file. Defaults to 2."""
    materialisation_cpu: NotRequired[str]
    """CPU limit of a run that brings rows online. The request is a quarter of it. Defaults to 1."""
    materialisation_memory: NotRequired[str]
    """Memory request and limit of such a run. Defaults to 2Gi."""
    s3_endpoint_url: NotRequired[str]
    """URL of an S3 service other than AWS's, such as MinIO's. Defaults to AWS's."""
    s3_region: NotRequired[str]
    """Region of the buckets, such as eu-west-1. Defaults to what the cluster's cloud identity says."""
    s3_credentials_secret_name: NotRequired[pulumi.Input[str]]
    """Secret in the namespace with the keys `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`. Defaults to none: the
    ServiceAccount's cloud identity."""
    allowed_namespaces: NotRequired[list[pulumi.Input[str]]]
    """NetworkPolicy: other namespaces whose pods of this package may look features up. Defaults to none."""
    pod_annotations: NotRequired[dict[str, pulumi.Input[str]]]
    """Annotations of every pod, such as `sidecar.istio.io/inject`. Defaults to none."""
    service_account_annotations: NotRequired[dict[str, pulumi.Input[str]]]
    """Annotations of the ServiceAccount of the runs that read the sources, which can give it a cloud identity, such as
    `eks.amazonaws.com/role-arn`. Defaults to none."""


class KubernetesFeatureStoreSettingsArgs(KubernetesPlaceArgs, KubernetesStoreArgs):
    """Where a feature store runs on Kubernetes, and its settings there."""

    image: pulumi.Input[str]
    """Image of Feast, pinned by digest or content tag."""
    online_store_image: pulumi.Input[str]
    """Image of Redis, pinned by digest or content tag."""
    storage_class_name: NotRequired[pulumi.Input[str]]
    """StorageClass of the volumes. Defaults to the cluster's default."""


class KubernetesFeatureStoreArgs(NeutralFeatureStoreArgs):
    """Arguments of a feature store on Kubernetes."""

    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of every object, set as labels. Defaults to none."""
    kubernetes: KubernetesFeatureStoreSettingsArgs
    """Where the store runs, and its settings on Kubernetes."""


class SageMakerStoreArgs(TypedDict):
    """Settings of a feature store on SageMaker only."""

    instance_type: NotRequired[str]
    """Instance type of the processing job that brings rows in. Defaults to ml.m5.large."""
    volume_gib: NotRequired[int]
    """Size in GiB of that job's volume, which holds no rows. Defaults to 5."""
    data_kms_key_arns: NotRequired[list[pulumi.Input[str]]]
    """KMS keys of the sources' buckets, besides the stack's own. Defaults to none."""


class SageMakerFeatureStoreSettingsArgs(SageMakerAccountArgs, SageMakerStoreArgs):
    """Where a feature store runs on SageMaker, and its settings there."""

    image: pulumi.Input[str]
    """Image of the job that brings rows in, pinned by digest, in ECR in the same region."""
    bucket_name: pulumi.Input[str]
    """S3 bucket of the offline stores, each below `features/<store>/offline/`. It must be in the region."""
    permissions_boundary_arn: NotRequired[pulumi.Input[str]]
    """Permissions boundary of each IAM role: the ARN of a managed policy. Defaults to none."""
    kms_key_arn: NotRequired[pulumi.Input[str]]
    """KMS key that encrypts the online and the offline stores, and the job's volume. Defaults to AWS managed keys."""
    subnet_ids: NotRequired[list[pulumi.Input[str]]]
    """VPC subnets of the job. Requires `security_group_ids`. Defaults to none: SageMaker's network."""
    security_group_ids: NotRequired[list[pulumi.Input[str]]]
    """Security groups of the job. Requires `subnet_ids`. Defaults to none."""


class SageMakerFeatureStoreArgs(NeutralFeatureStoreArgs):
    """Arguments of a feature store on SageMaker."""

    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of every resource. Defaults to none."""
    sagemaker: SageMakerFeatureStoreSettingsArgs
    """Where the store runs, and its settings on SageMaker."""
