"""Checks the arguments of an endpoint on SageMaker and fills in the defaults."""

from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops._shared.aws import values as aws_values
from pulumi_mlops._shared.aws.instance_types import InstanceUse
from pulumi_mlops._shared.aws.settings import CommonSettings, read_common, read_network, resource_name
from pulumi_mlops._shared.pinned_model import read_model
from pulumi_mlops._shared.problems import Check
from pulumi_mlops._shared.rules import all_of
from pulumi_mlops.endpoint.args import InferenceAmiVersion, RolloutStrategy, SageMakerEndpointArgs
from pulumi_mlops.endpoint.sagemaker import limits
from pulumi_mlops.endpoint.sagemaker.lmi.settings import read_lmi, refuse_what_lmi_lacks
from pulumi_mlops.endpoint.sagemaker.rules import refuse_unsupported
from pulumi_mlops.endpoint.sagemaker.settings import (
    AlarmSettings,
    AsynchronousSettings,
    HostingSettings,
    RolloutSettings,
    ScalingSettings,
    ServerlessSettings,
    ShadowSettings,
    StartSettings,
)
from pulumi_mlops.endpoint.settings import REQUEST_TIMEOUT_SECONDS, read_neutral

# A release's name is at most 63 characters long and ends in -<8 digits>-<number>-shadow; a role's has 64 at most.
LONGEST_ENDPOINT_NAME = 43


def resolve(name: str, args: SageMakerEndpointArgs) -> HostingSettings:
    """Check the arguments and fill in the defaults.

    Raises:
        ArgumentsError: With every problem of the plain values. Outputs are checked where they are used.
    """
    arguments = Arguments("SageMakerEndpoint", name, args, SageMakerEndpointArgs)
    read = arguments.read
    common = read_common(arguments)
    is_asynchronous = read("sagemaker.asynchronous") is not None
    neutral = read_neutral(
        arguments,
        name,
        image=common.ecr_image,
        rollout_timeout_seconds=limits.ROLLOUT_TIMEOUT_SECONDS,
        request_timeout_seconds=(
            limits.ASYNCHRONOUS_REQUEST_TIMEOUT_SECONDS if is_asynchronous else REQUEST_TIMEOUT_SECONDS
        ),
    )
    bucket_name = read("sagemaker.bucket_name", aws_values.bucket_name)
    instance_type = _instance_type(arguments, "sagemaker.instance_type", limits.DEFAULT_INSTANCE_TYPE, common)
    settings = HostingSettings(
        **{**vars(neutral), "tags": common.tags},
        endpoint_name=resource_name(arguments, common, name, longest=LONGEST_ENDPOINT_NAME),
        account=common.account,
        model_package_group=read("sagemaker.model_package_group", aws_values.model_package_group),
        bucket_name=bucket_name,
        model_data_bucket=read("sagemaker.model_data_bucket", aws_values.bucket_name, bucket_name),
        instance_type=instance_type,
        start=_start(arguments),
        rollout=_rollout(arguments),
        alarms=_alarms(arguments, common),
        scaling=_scaling(arguments),
        shadow=_shadow(arguments, common, instance_type),
        serverless=_serverless(arguments),
        asynchronous=_asynchronous(arguments, common),
        lmi=read_lmi(arguments, common.ecr_image),
        superseded_configurations_kept=arguments.number(
            "sagemaker.superseded_configurations_kept", limits.SUPERSEDED_CONFIGURATIONS_KEPT
        ),
        permissions_boundary_arn=common.permissions_boundary_arn,
        kms_key_arn=common.kms_key_arn,
        model_data_kms_key_arn=read("sagemaker.model_data_kms_key_arn", common.kms_key),
        network=read_network(arguments),
    )
    refuse_unsupported(arguments, settings)
    if settings.lmi is not None:
        refuse_what_lmi_lacks(arguments, instance_type)
    arguments.finish()
    return settings


def _instance_type(arguments: Arguments, path: str, default: str, common: CommonSettings) -> str:
    return str(arguments.read(path, common.instance_type(InstanceUse.ENDPOINT), default))


def _topic(common: CommonSettings) -> Check:
    return all_of(aws_values.topic_arn, common.of_region)


def _rollout(arguments: Arguments) -> RolloutSettings:
    # Not one page of AWS gives a lower bound for a canary; for a linear step it is 10.
    linear = arguments.read("rollout.strategy") == RolloutStrategy.LINEAR
    return RolloutSettings(
        strategy=RolloutStrategy(arguments.read("rollout.strategy", None, RolloutStrategy.ALL_AT_ONCE)),
        step_percent=arguments.number(
            "rollout.step_percent", limits.LINEAR_STEP_PERCENT if linear else limits.STEP_PERCENT
        ),
        bake_seconds=arguments.number("rollout.bake_seconds", limits.BAKE_SECONDS),
    )


def _alarms(arguments: Arguments, common: CommonSettings) -> AlarmSettings:
    # An endpoint with instances has an alarm from the beginning, for when every request fails.
    serverless = arguments.read("sagemaker.serverless") is not None
    path = "sagemaker.alarms"
    return AlarmSettings(
        latency_p99_milliseconds=arguments.optional_number(
            f"{path}.latency_p99_milliseconds", limits.LATENCY_P99_MILLISECONDS
        ),
        server_error_percent=arguments.read(
            f"{path}.server_error_percent", limits.PERCENT, None if serverless else limits.DEFAULT_SERVER_ERROR_PERCENT
        ),
        client_error_percent=arguments.read(f"{path}.client_error_percent", limits.PERCENT),
        model_errors_max=arguments.optional_number(f"{path}.model_errors_max", limits.MODEL_ERRORS),
        topic_arns=arguments.items(f"{path}.topic_arns", _topic(common)),
    )


def _start(arguments: Arguments) -> StartSettings:
    ami = arguments.read("sagemaker.inference_ami_version")
    return StartSettings(
        arguments.optional_number(
            "sagemaker.model_data_download_timeout_seconds", limits.MODEL_DATA_DOWNLOAD_TIMEOUT_SECONDS
        ),
        arguments.optional_number(
            "sagemaker.container_startup_health_check_timeout_seconds",
            limits.CONTAINER_STARTUP_HEALTH_CHECK_TIMEOUT_SECONDS,
        ),
        None if ami is None else InferenceAmiVersion(ami),
    )


def _scaling(arguments: Arguments) -> ScalingSettings:
    return ScalingSettings(
        arguments.number("sagemaker.invocations_per_instance_target", limits.INVOCATIONS_PER_INSTANCE),
        arguments.number("sagemaker.scale_in_cooldown_seconds", limits.SCALE_IN_COOLDOWN_SECONDS),
        arguments.number("sagemaker.scale_out_cooldown_seconds", limits.SCALE_OUT_COOLDOWN_SECONDS),
    )


def _shadow(arguments: Arguments, common: CommonSettings, instance_type: str) -> ShadowSettings | None:
    path = "sagemaker.shadow"
    if (model := read_model(arguments, f"{path}.model")) is None:
        return None
    return ShadowSettings(
        model=model,
        image=arguments.read(f"{path}.image", common.ecr_image, arguments.read("image")),
        sampling_percent=arguments.number(f"{path}.sampling_percent", limits.SAMPLING_PERCENT),
        instance_type=_instance_type(arguments, f"{path}.instance_type", instance_type, common),
        instance_count=arguments.number(f"{path}.instance_count", limits.INSTANCE_COUNT),
    )


def _serverless(arguments: Arguments) -> ServerlessSettings | None:
    path = "sagemaker.serverless"
    if arguments.read(path) is None:
        return None
    memory = arguments.read(
        f"{path}.memory_mib", aws_values.serverless_memory_mib, limits.DEFAULT_SERVERLESS_MEMORY_MIB
    )
    return ServerlessSettings(
        memory_mib=int(memory),
        max_concurrency=arguments.number(f"{path}.max_concurrency", limits.SERVERLESS_CONCURRENCY),
        provisioned_concurrency=arguments.optional_number(
            f"{path}.provisioned_concurrency", limits.PROVISIONED_CONCURRENCY
        ),
    )


def _asynchronous(arguments: Arguments, common: CommonSettings) -> AsynchronousSettings | None:
    path = "sagemaker.asynchronous"
    if arguments.read(path) is None:
        return None
    return AsynchronousSettings(
        arguments.number(f"{path}.max_concurrent_per_instance", limits.CONCURRENT_PER_INSTANCE),
        arguments.number(f"{path}.backlog_per_instance_target", limits.BACKLOG_PER_INSTANCE),
        arguments.read(f"{path}.success_topic_arn", _topic(common)),
        arguments.read(f"{path}.error_topic_arn", _topic(common)),
    )
