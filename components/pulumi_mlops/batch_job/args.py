"""The contract of a batch: what it is on every target, what a target adds, and where it runs."""

from enum import Enum
from typing import NotRequired, TypedDict

import pulumi

from pulumi_mlops._shared.model import ModelPinArgs
from pulumi_mlops._shared.place import KubernetesPlaceArgs, SageMakerPlaceArgs


class TableFormat(str, Enum):
    """Format of the table, and of the output."""

    PARQUET = "parquet"
    """Apache Parquet."""
    CSV = "csv"
    """CSV with a header, in UTF-8."""
    JSONL = "jsonl"
    """JSON lines: an object on each line."""


class NeutralBatchJobArgs(TypedDict):
    """Settings of a batch on every target."""

    input: str
    """The table: a file or a folder of files, as `s3://bucket/prefix` or, on Kubernetes, `pvc://claim/path`."""
    output: str
    """Folder of the output, apart from the input, written in the same way."""
    format: NotRequired[TableFormat]
    """Format of the input and the output. Defaults to parquet."""
    key_columns: NotRequired[list[str]]
    """Columns of the input that the output takes over. Defaults to none: the output then has each row's number."""
    partition_rows: NotRequired[int]
    """How many rows are read, scored and written at a time. It bounds the memory needed. Defaults to 100000."""
    rejected_percent_max: NotRequired[float]
    """Maximum share of the rows, in percent, that may be set aside as unusable before the run fails. Defaults to 10."""
    schedule: NotRequired[str]
    """Cron schedule in UTC, with five fields. Defaults to none: the batch runs only when someone starts it."""
    run_timeout_seconds: NotRequired[int]
    """How long a run may take before it is stopped. The next one goes on from there. Defaults to 14400, four hours."""


class KubernetesBatchArgs(TypedDict):
    """Settings of a batch on Kubernetes only."""

    cpu: NotRequired[str]
    """CPU limit, as a Kubernetes quantity. The request is a quarter of it. Defaults to 1."""
    memory: NotRequired[str]
    """Memory request and limit, as a Kubernetes quantity. Defaults to 2Gi."""
    model_volume_gib: NotRequired[int]
    """Size in GiB of the emptyDir volume to which the pod fetches the model, on the node's disk. Defaults to 4."""
    s3_endpoint_url: NotRequired[str]
    """URL of an S3 service other than AWS's, such as MinIO's. Defaults to AWS's."""
    s3_region: NotRequired[str]
    """Region of the buckets, such as eu-west-1. Defaults to what the cluster's cloud identity says."""
    s3_credentials_secret_name: NotRequired[pulumi.Input[str]]
    """Secret in the namespace with the keys `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`. Defaults to none: the
    ServiceAccount's cloud identity."""
    allowed_egress_cidrs: NotRequired[list[pulumi.Input[str]]]
    """NetworkPolicy: CIDR ranges that a run may connect to besides the registry and S3. Defaults to none."""
    pod_annotations: NotRequired[dict[str, pulumi.Input[str]]]
    """Annotations of a run's pod, such as `sidecar.istio.io/inject`. Defaults to none."""
    service_account_annotations: NotRequired[dict[str, pulumi.Input[str]]]
    """Annotations of a run's ServiceAccount, which can give it a cloud identity, such as `eks.amazonaws.com/role-arn`.
    Defaults to none."""


class SageMakerBatchArgs(TypedDict):
    """Settings of a batch on SageMaker only."""

    instance_type: NotRequired[str]
    """Instance type of the processing job. Defaults to ml.m5.large."""
    volume_gib: NotRequired[int]
    """Size in GiB of the job's volume, which holds the model and no table. Defaults to 10."""
    data_kms_key_arns: NotRequired[list[pulumi.Input[str]]]
    """KMS keys of the buckets of input and output, besides the stack's own. Defaults to none."""


class BatchJobArgs(NeutralBatchJobArgs):
    """Arguments of a workload's batch. The workload says where it runs."""

    kubernetes: NotRequired[KubernetesBatchArgs]
    """Settings of the batch on Kubernetes. An error on any other target."""
    sagemaker: NotRequired[SageMakerBatchArgs]
    """Settings of the batch on SageMaker. An error on any other target."""


class KubernetesBatchJobSettingsArgs(KubernetesPlaceArgs, KubernetesBatchArgs):
    """Where a batch runs on Kubernetes, and its settings there."""


class KubernetesBatchJobArgs(NeutralBatchJobArgs):
    """Arguments of a batch on Kubernetes."""

    image: pulumi.Input[str]
    """Image that the batch runs in, pinned by digest or content tag."""
    registry_url: pulumi.Input[str]
    """URL of the MLflow server from which the pod downloads the model."""
    model_name: NotRequired[str]
    """Name that the model is registered under. Defaults to the component's name."""
    workload: NotRequired[str]
    """Name of the workload that it is a part of, in its labels. Defaults to `model_name`."""
    model: NotRequired[ModelPinArgs]
    """The model version that scores. Defaults to none: nothing can be run, and the status is `waiting-for-model`."""
    allow_code_formats: NotRequired[list[str]]
    """Formats that may run code when the model is loaded, such as cloudpickle. Defaults to none: such a model is
    refused."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of every object, set as labels. Defaults to none."""
    kubernetes: KubernetesBatchJobSettingsArgs
    """Where the batch runs, and its settings on Kubernetes."""


class SageMakerBatchJobSettingsArgs(SageMakerPlaceArgs, SageMakerBatchArgs):
    """Where a batch runs on SageMaker, and its settings there."""

    model_package_group: pulumi.Input[str]
    """Model package group of the model: its name, or the ARN of one in another account."""


class SageMakerBatchJobArgs(NeutralBatchJobArgs):
    """Arguments of a batch on SageMaker."""

    image: pulumi.Input[str]
    """Image that the batch runs in, pinned by digest, in ECR in the same region."""
    model_name: NotRequired[str]
    """Name that the model is registered under. Defaults to the component's name."""
    workload: NotRequired[str]
    """Name of the workload that it is a part of, in its tags. Defaults to `model_name`."""
    model: NotRequired[ModelPinArgs]
    """The model version that scores. Defaults to none: nothing can be run, and the status is `waiting-for-model`."""
    allow_code_formats: NotRequired[list[str]]
    """Formats that may run code when the model is loaded, such as cloudpickle. Defaults to none: such a model is
    refused."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of every resource, and of each run's job. Defaults to none."""
    sagemaker: SageMakerBatchJobSettingsArgs
    """Where the batch runs, and its settings on SageMaker."""
