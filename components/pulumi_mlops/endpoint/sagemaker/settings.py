"""What an endpoint on SageMaker is made of: its arguments, checked and complete."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from pulumi_mlops._shared.aws.account import AwsAccount
from pulumi_mlops._shared.aws.instance_memory import memory_of
from pulumi_mlops._shared.aws.settings import NetworkSettings
from pulumi_mlops._shared.pinned_model import PinnedModel
from pulumi_mlops.endpoint.args import InferenceAmiVersion, RolloutStrategy
from pulumi_mlops.endpoint.sagemaker.lmi.settings import LmiSettings
from pulumi_mlops.endpoint.settings import NeutralEndpointSettings


@dataclass(frozen=True)
class RolloutSettings:
    """How traffic moves from one version to the next."""

    strategy: RolloutStrategy
    step_percent: int
    bake_seconds: int


@dataclass(frozen=True)
class AlarmSettings:
    """When an endpoint is in trouble. None: no alarm."""

    latency_p99_milliseconds: int | None
    server_error_percent: float | None
    client_error_percent: float | None
    model_errors_max: int | None
    topic_arns: Sequence[pulumi.Input[str]]


@dataclass(frozen=True)
class ShadowSettings:
    """A version that runs in the shadow."""

    model: PinnedModel
    image: pulumi.Input[str]
    sampling_percent: int
    instance_type: str
    instance_count: int


@dataclass(frozen=True)
class ServerlessSettings:
    """An endpoint without machines."""

    memory_mib: int
    max_concurrency: int
    provisioned_concurrency: int | None


@dataclass(frozen=True)
class AsynchronousSettings:
    """An endpoint that answers into the bucket."""

    max_concurrent_per_instance: int
    backlog_per_instance_target: int
    success_topic_arn: pulumi.Input[str] | None
    error_topic_arn: pulumi.Input[str] | None


@dataclass(frozen=True)
class StartSettings:
    """How an instance comes up. None: as AWS has it."""

    model_data_download_timeout_seconds: int | None
    container_startup_health_check_timeout_seconds: int | None
    inference_ami_version: InferenceAmiVersion | None


@dataclass(frozen=True)
class ScalingSettings:
    """When the number of machines changes."""

    invocations_per_instance_target: int
    scale_in_cooldown_seconds: int
    scale_out_cooldown_seconds: int


@dataclass(frozen=True, kw_only=True)
class HostingSettings(NeutralEndpointSettings):
    """Everything that an endpoint on SageMaker is made of."""

    endpoint_name: str
    """The endpoint's name at AWS."""
    account: AwsAccount
    model_package_group: pulumi.Input[str]
    bucket_name: pulumi.Input[str]
    model_data_bucket: pulumi.Input[str]
    instance_type: str
    start: StartSettings
    rollout: RolloutSettings
    alarms: AlarmSettings
    scaling: ScalingSettings
    shadow: ShadowSettings | None
    serverless: ServerlessSettings | None
    asynchronous: AsynchronousSettings | None
    lmi: LmiSettings | None
    """None: the server is ours."""
    superseded_configurations_kept: int
    permissions_boundary_arn: pulumi.Input[str] | None
    kms_key_arn: pulumi.Input[str] | None
    model_data_kms_key_arn: pulumi.Input[str] | None
    network: NetworkSettings | None
    """None: SageMaker's own."""

    def memory_mib(self, instance_type: str) -> int | None:
        """Return the most memory that a model can have on machines of a type; None where it is not known."""
        if self.serverless is not None:
            return self.serverless.memory_mib
        memory = memory_of(instance_type)
        return None if memory is None else memory.most_mib
