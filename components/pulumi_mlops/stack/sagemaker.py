"""Settings that only the target sagemaker has."""

from enum import Enum
from typing import Annotated

from pydantic import Field

from pulumi_mlops._shared.aws.scalars import (
    AccountId,
    EcrImage,
    InstanceType,
    KmsKeyArn,
    PolicyArn,
    Region,
    SecurityGroupId,
    SubnetId,
    TopicArn,
)
from pulumi_mlops._shared.config_model import Model
from pulumi_mlops._shared.scalars import Digest, S3Uri, StepName


class ModelApproval(str, Enum):
    """What a newly registered model version is."""

    PENDING = "PendingManualApproval"
    APPROVED = "Approved"


class SageMakerSettings(Model):
    """What only the target sagemaker needs of a platform."""

    account_id: AccountId
    """The AWS account that everything is created in. Credentials of another account are refused."""

    region: Region
    """The AWS region, like eu-west-1."""

    kms_key_arn: KmsKeyArn | None = None
    """Key that the stack's data is encrypted with. Defaults to keys that AWS manages."""

    permissions_boundary_arn: PolicyArn | None = None
    """Policy that bounds what any role of the stack can be given. Defaults to none."""

    subnet_ids: Annotated[tuple[SubnetId, ...], Field(strict=False)] = ()
    """Subnets that jobs and endpoints run in. Defaults to none: SageMaker's own network."""

    security_group_ids: Annotated[tuple[SecurityGroupId, ...], Field(strict=False)] = ()
    """Security groups of jobs and endpoints. Given with subnet_ids, and only then."""

    protect_data: bool = True
    """Whether Pulumi refuses to delete what holds data: the bucket and the registered models. Defaults to true."""

    noncurrent_version_days: int = Field(default=30, ge=1, le=3650)
    """Days for which an overwritten or deleted object can be brought back. Defaults to 30."""

    run_retention_days: int = Field(default=90, ge=1, le=3650)
    """Days for which runs' intermediate results and captured requests are kept. Defaults to 90."""


class SageMakerPipelineSettings(Model):
    """What only the target sagemaker has of a pipeline."""

    processing_instance_type: InstanceType = "ml.m5.large"
    """Machine of every step but the one that trains. Defaults to ml.m5.large."""

    training_instance_type: InstanceType = "ml.m5.xlarge"
    """Machine of the step that trains. Defaults to ml.m5.xlarge."""

    instance_types: dict[StepName, InstanceType] = Field(default={})
    """Machines by step, over the two above."""

    cache_days: int = Field(default=0, ge=0, le=365)
    """Days for which a step with unchanged inputs is not run again. Defaults to 0: every step runs."""

    retry_attempts: int = Field(default=3, ge=0, le=20)
    """How often a step is tried again when AWS fails it, like for a lack of machines. Defaults to 3."""

    data_s3_uris: Annotated[tuple[S3Uri, ...], Field(strict=False)] = ()
    """S3 locations that steps may read besides their inputs. With any, jobs have a network. Defaults to none."""

    data_kms_key_arns: Annotated[tuple[KmsKeyArn, ...], Field(strict=False)] = ()
    """Keys that the objects at data_s3_uris are encrypted with, which jobs may decrypt with. Defaults to none."""

    approval: Annotated[ModelApproval, Field(strict=False)] = ModelApproval.PENDING
    """Approved lets a registered version serve at once; PendingManualApproval for a person. The default."""


class AlarmsConfig(Model):
    """When an endpoint is in trouble. An alarm during a rollout rolls it back."""

    latency_p99_milliseconds: int | None = Field(default=None, ge=1, le=60000)
    """The most that 99 of 100 answers may take within the container. Defaults to no alarm."""

    server_error_percent: float | None = Field(default=None, gt=0, le=100)
    """The most requests of 100 that may fail with a status of 5xx. Defaults to 99: an alarm when all fail."""

    client_error_percent: float | None = Field(default=None, gt=0, le=100)
    """The most requests of 100 that may be refused with a status of 4xx. Defaults to no alarm."""

    model_errors_max: int | None = Field(default=None, ge=0)
    """The most requests a minute that the model may leave without a good answer. Defaults to no alarm."""

    topic_arns: Annotated[tuple[TopicArn, ...], Field(strict=False)] = ()
    """SNS topics that are told of an alarm and of its end. Defaults to none."""


class ShadowModel(Model):
    """The version that runs in the shadow."""

    version: int = Field(ge=1)
    """The version's number in the registry."""

    digest: Digest
    """The digest of its bytes."""


class ShadowConfig(Model):
    """A second version that is sent a copy of the requests and whose answers nobody gets."""

    model: ShadowModel
    """The version."""

    image: EcrImage | None = None
    """Image of its server. Defaults to the stack's own."""

    sampling_percent: int = Field(default=100, ge=1, le=100)
    """Requests of 100 that it is sent a copy of. Defaults to 100."""

    instance_type: InstanceType | None = None
    """Its machine. Defaults to the endpoint's."""

    instance_count: int = Field(default=1, ge=1, le=1000)
    """Its machines. Defaults to 1."""


class ServerlessConfig(Model):
    """An endpoint without machines of its own."""

    memory_mib: int = Field(default=2048, ge=1024, le=6144, multiple_of=1024)
    """Memory in MiB, in steps of 1024. Defaults to 2048."""

    max_concurrency: int = Field(default=5, ge=1, le=200)
    """The most requests at once. Defaults to 5."""

    provisioned_concurrency: int | None = Field(default=None, ge=1, le=200)
    """Requests at once that are always kept ready for. Defaults to none."""


class AsynchronousConfig(Model):
    """An endpoint that puts its answers into the bucket."""

    max_concurrent_per_instance: int = Field(default=1, ge=1, le=1000)
    """Requests at once that a machine is given. Defaults to 1."""

    backlog_per_instance_target: int = Field(default=5, ge=1, le=10000)
    """Requests that may wait for each machine before another is started. Defaults to 5."""

    success_topic_arn: TopicArn | None = None
    """SNS topic that is told of each answer. Defaults to none."""

    error_topic_arn: TopicArn | None = None
    """SNS topic that is told of each failure. Defaults to none."""


class DataCaptureConfig(Model):
    """Requests and answers that are kept in the bucket."""

    sampling_percent: int = Field(default=100, ge=1, le=100)
    """Requests of 100 that are kept. Defaults to 100."""


class SageMakerEndpointSettings(Model):
    """What only the target sagemaker has of an endpoint."""

    instance_type: InstanceType = "ml.m5.large"
    """The endpoint's machine. Defaults to ml.m5.large."""

    invocations_per_instance_target: int = Field(default=500, ge=1)
    """Requests a minute that a machine should get before another is started. Defaults to 500."""

    scale_in_cooldown_seconds: int = Field(default=300, ge=0, le=3600)
    """How long no machine is taken away after the number of machines has changed. Defaults to 300."""

    scale_out_cooldown_seconds: int = Field(default=60, ge=0, le=3600)
    """How long no machine is added after one was. Defaults to 60."""

    alarms: AlarmsConfig | None = None
    """When the endpoint is in trouble. Defaults to one alarm, when every request fails; none if serverless."""

    shadow: ShadowConfig | None = None
    """A version that runs in the shadow. Defaults to none."""

    serverless: ServerlessConfig | None = None
    """Serve without machines of one's own. Defaults to machines."""

    asynchronous: AsynchronousConfig | None = None
    """Answer into the bucket. Defaults to answering at once."""

    data_capture: DataCaptureConfig | None = None
    """Keep requests and answers. Defaults to keeping none."""

    superseded_configurations_kept: int = Field(default=2, ge=0, le=20)
    """Configurations before the one in use that stay, to be gone back to. Defaults to 2."""
