"""A batch in a stack file: the tree of `BatchJobArgs`, with lines and strictness."""

from typing import Annotated

from pydantic import Field

from pulumi_mlops._shared.aws.values import InstanceType, KmsKeyArn, Region
from pulumi_mlops._shared.config_model import Model
from pulumi_mlops._shared.values import (
    AddressRange,
    AnnotationKey,
    CpuQuantity,
    CronSchedule,
    MemoryQuantity,
    ObjectName,
    ReachableUrl,
    TableLocation,
)
from pulumi_mlops.batch_job import settings
from pulumi_mlops.batch_job.args import TableFormat


class KubernetesBatchConfig(Model):
    """Settings of a batch on the target kubernetes only."""

    cpu: CpuQuantity = settings.DEFAULT_CPU
    """CPU limit in cores, like "2" or "500m". The request is a quarter of it. Defaults to "1"."""

    memory: MemoryQuantity = settings.DEFAULT_MEMORY
    """Memory request and limit, like 4Gi. Defaults to 2Gi."""

    model_volume_gib: Annotated[int, settings.MODEL_VOLUME_GIB] = settings.MODEL_VOLUME_GIB.default
    """Size in GiB of the emptyDir volume to which the pod fetches the model, on the node's disk. Defaults to 4."""

    s3_endpoint_url: ReachableUrl | None = None
    """URL of an S3 service other than AWS's, like MinIO's. Defaults to AWS's."""

    s3_region: Region | None = None
    """Region of the buckets, like eu-west-1. Defaults to what the cluster's cloud identity says."""

    s3_credentials_secret_name: ObjectName | None = None
    """Secret in the namespace with the keys AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Defaults to none: the
    ServiceAccount's cloud identity."""

    allowed_egress_cidrs: Annotated[tuple[AddressRange, ...], Field(strict=False)] = ()
    """NetworkPolicy: CIDR ranges that a run may connect to besides the registry and S3. Defaults to none."""

    pod_annotations: dict[AnnotationKey, str] = Field(default={})
    """Annotations of a run's pod, like sidecar.istio.io/inject. Defaults to none."""

    service_account_annotations: dict[AnnotationKey, str] = Field(default={})
    """Annotations of a run's ServiceAccount that give it a cloud identity, like eks.amazonaws.com/role-arn. Defaults
    to none."""


class SageMakerBatchConfig(Model):
    """Settings of a batch on the target sagemaker only."""

    instance_type: InstanceType = settings.DEFAULT_INSTANCE_TYPE
    """Instance type of the processing job. Defaults to ml.m5.large."""

    volume_gib: Annotated[int, settings.VOLUME_GIB] = settings.VOLUME_GIB.default
    """Size in GiB of the job's volume, which holds the model and no table. Defaults to 10."""

    data_kms_key_arns: Annotated[tuple[KmsKeyArn, ...], Field(strict=False)] = ()
    """KMS keys of the buckets of input and output, besides the stack's own. Defaults to none."""


class BatchJobConfig(Model):
    """How the pinned version scores a whole table."""

    input: TableLocation
    """The table: a file or a folder of files, as s3://bucket/prefix or, on kubernetes, pvc://claim/path."""

    output: TableLocation
    """Folder of the output, apart from the input, written in the same way."""

    format: Annotated[TableFormat, Field(strict=False)] = TableFormat.PARQUET
    """Format of the input and the output: parquet, csv (with a header, in UTF-8) or jsonl (JSON lines). Defaults to
    parquet."""

    key_columns: Annotated[tuple[Annotated[str, settings.COLUMN], ...], Field(strict=False)] = ()
    """Columns of the input that the output takes over. Defaults to none: the output then has each row's number."""

    partition_rows: Annotated[int, settings.PARTITION_ROWS] = settings.PARTITION_ROWS.default
    """How many rows are read, scored and written at a time. It bounds the memory needed. Defaults to 100000."""

    rejected_percent_max: Annotated[float, settings.REJECTED_PERCENT_MAX] = settings.REJECTED_PERCENT_MAX.default
    """Maximum share of the rows, in percent, that may be set aside as unusable before the run fails. Defaults to 10."""

    schedule: CronSchedule | None = None
    """Cron schedule in UTC, with five fields. Defaults to none: the batch runs only when someone starts it."""

    run_timeout_seconds: Annotated[int, settings.RUN_TIMEOUT_SECONDS] = settings.RUN_TIMEOUT_SECONDS.default
    """How long a run may take before it is stopped. The next one goes on from there. Defaults to 14400, four hours."""

    kubernetes: KubernetesBatchConfig | None = None
    """Settings of the batch on kubernetes. An error on any other target. Each has its own default."""

    sagemaker: SageMakerBatchConfig | None = None
    """Settings of the batch on sagemaker. An error on any other target. Each has its own default."""
