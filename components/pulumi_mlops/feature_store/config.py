"""A feature store in a stack file: the tree of its arguments, with lines and strictness."""

from typing import Annotated

from pydantic import Field

from pulumi_mlops._shared.aws.values import InstanceType, KmsKeyArn, Region
from pulumi_mlops._shared.config_model import Model
from pulumi_mlops._shared.values import (
    AnnotationKey,
    CpuQuantity,
    CronSchedule,
    MemoryQuantity,
    Name,
    ObjectName,
    ReachableUrl,
    TableLocation,
    ViewName,
)
from pulumi_mlops.feature_store import settings

DefinitionReference = Annotated[str, settings.DEFINITION_REFERENCE]


class KubernetesFeatureStoreConfig(Model):
    """Settings of a feature store on the target kubernetes only."""

    replicas_min: Annotated[int, settings.REPLICAS] = settings.REPLICAS.default
    """Minimum number of pods of Feast's feature server. Defaults to 1."""

    replicas_max: Annotated[int, settings.REPLICAS] | None = None
    """Maximum number of them that the autoscaler scales to. Defaults to replicas_min."""

    cpu: CpuQuantity = settings.DEFAULT_CPU
    """CPU request of each pod of the feature server. There is no CPU limit. Defaults to 500m."""

    memory: MemoryQuantity = settings.DEFAULT_MEMORY
    """Memory request and limit of each pod of the feature server. Defaults to 1Gi."""

    target_cpu_percent: Annotated[int, settings.TARGET_CPU_PERCENT] = settings.TARGET_CPU_PERCENT.default
    """Target CPU utilisation, in percent of the request, above which the autoscaler adds a pod. Defaults to 70."""

    online_store_password_secret_name: ObjectName | None = None
    """Secret in the namespace whose key `password` is Redis' password. Pods wait until it is there. Defaults to
    `<store>-online-store`."""

    online_store_cpu: CpuQuantity = settings.DEFAULT_ONLINE_STORE_CPU
    """CPU request of Redis. There is no CPU limit. Defaults to 100m."""

    online_store_memory: MemoryQuantity = settings.DEFAULT_ONLINE_STORE_MEMORY
    """Memory request and limit of Redis. Half of it is for data (maxmemory): while the append-only file is rewritten,
    the rest is for what is written meanwhile. Defaults to 512Mi."""

    online_store_volume_gib: Annotated[int, settings.VOLUME_GIB] = settings.VOLUME_GIB.default
    """Size in GiB of Redis' volume, which holds its append-only file. Defaults to 2."""

    materialisation_cpu: CpuQuantity = settings.DEFAULT_MATERIALISATION_CPU
    """CPU limit of a run that brings rows online. The request is a quarter of it. Defaults to "1"."""

    materialisation_memory: MemoryQuantity = settings.DEFAULT_MATERIALISATION_MEMORY
    """Memory request and limit of such a run. Defaults to 2Gi."""

    s3_endpoint_url: ReachableUrl | None = None
    """URL of an S3 service other than AWS's, like MinIO's. Defaults to AWS's."""

    s3_region: Region | None = None
    """Region of the buckets, like eu-west-1. Defaults to what the cluster's cloud identity says."""

    s3_credentials_secret_name: ObjectName | None = None
    """Secret in the namespace with the keys AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Defaults to none: the
    ServiceAccount's cloud identity."""

    allowed_namespaces: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    """NetworkPolicy: other namespaces whose pods of this package may look features up. Defaults to none."""

    pod_annotations: dict[AnnotationKey, str] = Field(default={})
    """Annotations of every pod, like sidecar.istio.io/inject. Defaults to none."""

    service_account_annotations: dict[AnnotationKey, str] = Field(default={})
    """Annotations of the ServiceAccount of the runs that read the sources, which give it a cloud identity, like
    eks.amazonaws.com/role-arn. Defaults to none."""


class SageMakerFeatureStoreConfig(Model):
    """Settings of a feature store on the target sagemaker only."""

    instance_type: InstanceType = settings.DEFAULT_INSTANCE_TYPE
    """Instance type of the processing job that brings rows in. Defaults to ml.m5.large."""

    volume_gib: Annotated[int, settings.JOB_VOLUME_GIB] = settings.JOB_VOLUME_GIB.default
    """Size in GiB of that job's volume, which holds no rows. Defaults to 5."""

    data_kms_key_arns: Annotated[tuple[KmsKeyArn, ...], Field(strict=False)] = ()
    """KMS keys of the sources' buckets, besides the stack's own. Defaults to none."""


class FeatureStoreConfig(Model):
    """A feature store: one definition, its sources, and how they are brought online."""

    definition: DefinitionReference
    """The feature definition as module:name, like churn.feature_definitions:FEATURES."""

    sources: dict[ViewName, TableLocation] = Field(default={})
    """Where views' Parquet files are, by view with its version (weather_v1), as s3://bucket/prefix or, on kubernetes,
    pvc://claim/path. Defaults to the definition's."""

    schedule: CronSchedule | None = None
    """Cron schedule in UTC, with five fields, on which new rows of the sources are brought online. Defaults to none:
    that happens only when someone starts it."""

    lateness_hours: Annotated[int, settings.LATENESS_HOURS] = settings.LATENESS_HOURS.default
    """How late a row may reach its source and still be brought online, in hours after its event time. Defaults to
    24."""

    run_timeout_seconds: Annotated[int, settings.RUN_TIMEOUT_SECONDS] = settings.RUN_TIMEOUT_SECONDS.default
    """How long bringing rows online may take before it is stopped. The next run goes on from there. Defaults to 3600,
    one hour."""

    protect_data: bool = True
    """Whether Pulumi refuses to delete what the store keeps. Defaults to true."""

    acknowledged_changes: Annotated[tuple[ViewName, ...], Field(strict=False)] = ()
    """Views, with their versions, whose destructive schema change or removal is meant. Without it such an update is
    refused. Defaults to none."""

    kubernetes: KubernetesFeatureStoreConfig | None = None
    """Settings of the store on kubernetes. An error on any other target. Each has its own default."""

    sagemaker: SageMakerFeatureStoreConfig | None = None
    """Settings of the store on sagemaker. An error on any other target. Each has its own default."""
