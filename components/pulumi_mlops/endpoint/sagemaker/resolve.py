"""Checks the arguments of an endpoint on SageMaker and fills in the defaults."""

from typing import Any

from pulumi_mlops._shared import checks
from pulumi_mlops._shared.arguments import Arguments, Check, Requirement
from pulumi_mlops._shared.aws import checks as aws_checks
from pulumi_mlops._shared.aws.instance_types import InstanceUse
from pulumi_mlops._shared.aws.settings import read_common, read_network, resource_name
from pulumi_mlops.endpoint.args import RolloutStrategy, SageMakerEndpointArgs
from pulumi_mlops.endpoint.kubernetes.settings import PinnedModel
from pulumi_mlops.endpoint.sagemaker.rules import refuse_unsupported
from pulumi_mlops.endpoint.sagemaker.settings import (
    AlarmSettings,
    AsynchronousSettings,
    HostingSettings,
    RolloutSettings,
    ScalingSettings,
    ServerlessSettings,
    ShadowSettings,
)

# A release's name is at most 63 characters long and ends in -<8 digits>-<number>-shadow; a role's has 64 at most.
LONGEST_ENDPOINT_NAME = 43
DEFAULT_INSTANCE_TYPE = "ml.m5.large"
DEFAULT_BAKE_SECONDS = 120
# An alarm when the answers of a whole minute fail: what more than 99 of 100 means.
DEFAULT_SERVER_ERROR_PERCENT = 99.0


def resolve(name: str, args: SageMakerEndpointArgs) -> HostingSettings:
    """Check the arguments and fill in the defaults.

    Raises:
        ArgumentsError: With every problem of the plain values. Outputs are checked where they are used.
    """
    arguments = Arguments("SageMakerEndpoint", name, args, SageMakerEndpointArgs)
    read = arguments.read
    common = read_common(arguments)
    region = common.account.region
    bucket_name = read("sagemaker.bucket_name", aws_checks.bucket_name)
    replicas_min = _count(arguments, "replicas_min", 1, 1000, 1)
    instance_type = _instance_type(arguments, "sagemaker.instance_type", DEFAULT_INSTANCE_TYPE, region)
    settings = HostingSettings(
        name=name,
        endpoint_name=resource_name(arguments, common, name, longest=LONGEST_ENDPOINT_NAME),
        account=common.account,
        image=read("image", aws_checks.ecr_image),
        model_name=read("model_name", checks.name(longest=63), name),
        model=_model(arguments, "model"),
        model_package_group=read("sagemaker.model_package_group", aws_checks.model_package_group),
        bucket_name=bucket_name,
        model_data_bucket=read("sagemaker.model_data_bucket", aws_checks.bucket_name, bucket_name),
        replicas_min=replicas_min,
        replicas_max=_count(arguments, "replicas_max", 1, 1000, replicas_min),
        instance_type=instance_type,
        # The longest that pulumi-aws takes for a deployment.
        rollout_timeout_seconds=_count(arguments, "rollout_timeout_seconds", 10, 14400, 1800),
        rollout=_rollout(arguments),
        alarms=_alarms(arguments, region),
        scaling=_scaling(arguments),
        shadow=_shadow(arguments, region, instance_type),
        serverless=_serverless(arguments),
        asynchronous=_asynchronous(arguments, region),
        data_capture_percent=_data_capture(arguments),
        superseded_configurations_kept=_count(arguments, "sagemaker.superseded_configurations_kept", 0, 20, 2),
        permissions_boundary_arn=common.permissions_boundary_arn,
        kms_key_arn=common.kms_key_arn,
        model_data_kms_key_arn=read("sagemaker.model_data_kms_key_arn", aws_checks.kms_key_arn),
        network=read_network(arguments),
        tags=common.tags,
    )
    refuse_unsupported(arguments, settings)
    arguments.finish()
    return settings


def _count(arguments: Arguments, path: str, least: int, most: int, default: int) -> int:
    return int(arguments.read(path, checks.between(least, most), default))


def _optional_count(arguments: Arguments, path: str, least: int, most: int) -> int | None:
    value = arguments.read(path, checks.between(least, most))
    return None if value is None else int(value)


def _model(arguments: Arguments, path: str) -> PinnedModel | None:
    if arguments.read(path) is None:
        return None
    version = arguments.read(f"{path}.version", checks.version)
    return PinnedModel(version, arguments.read(f"{path}.digest", checks.digest))


def _instance_type(arguments: Arguments, path: str, default: str, region: str) -> str:
    # Of a region that is wrong itself nothing more is said.
    known = arguments.sound("sagemaker.region")
    return str(arguments.read(path, aws_checks.instance_type(InstanceUse.ENDPOINT, region) if known else None, default))


def _topic(region: str) -> Check:
    return aws_checks.all_of(aws_checks.topic_arn, aws_checks.of_region(region))


def _rollout(arguments: Arguments) -> RolloutSettings:
    # Not one page of AWS gives a lower bound for a canary; for a linear step it is 10.
    linear = arguments.read("rollout.strategy") == RolloutStrategy.LINEAR
    return RolloutSettings(
        strategy=RolloutStrategy(arguments.read("rollout.strategy", None, RolloutStrategy.ALL_AT_ONCE)),
        step_percent=_count(arguments, "rollout.step_percent", 10 if linear else 1, 50, 10),
        bake_seconds=_count(arguments, "rollout.bake_seconds", 0, 3600, DEFAULT_BAKE_SECONDS),
    )


def _alarms(arguments: Arguments, region: str) -> AlarmSettings:
    def percent(key: str, default: float | None) -> Any:
        return arguments.read(f"sagemaker.alarms.{key}", _is_part, default)

    # An endpoint with machines has an alarm from the beginning. pulumi-aws would replace it for its first alarm.
    serverless = arguments.read("sagemaker.serverless") is not None
    topics = arguments.read("sagemaker.alarms.topic_arns", None, [])
    checked = [
        arguments.check(f"sagemaker.alarms.topic_arns[{index}]", topic, _topic(region))
        for index, topic in enumerate(topics)
    ]
    return AlarmSettings(
        latency_p99_milliseconds=_optional_count(arguments, "sagemaker.alarms.latency_p99_milliseconds", 1, 60000),
        server_error_percent=percent("server_error_percent", None if serverless else DEFAULT_SERVER_ERROR_PERCENT),
        client_error_percent=percent("client_error_percent", None),
        model_errors_max=_optional_count(arguments, "sagemaker.alarms.model_errors_max", 0, 1_000_000),
        topic_arns=checked,
    )


def _is_part(value: float) -> Requirement | None:
    return None if 0 < value < 100 else Requirement("more than 0 and less than 100", "choose such a percentage")


def _scaling(arguments: Arguments) -> ScalingSettings:
    return ScalingSettings(
        _count(arguments, "sagemaker.invocations_per_instance_target", 1, 1_000_000, 500),
        _count(arguments, "sagemaker.scale_in_cooldown_seconds", 0, 3600, 300),
        _count(arguments, "sagemaker.scale_out_cooldown_seconds", 0, 3600, 60),
    )


def _shadow(arguments: Arguments, region: str, instance_type: str) -> ShadowSettings | None:
    path = "sagemaker.shadow"
    if (model := _model(arguments, f"{path}.model")) is None:
        return None
    return ShadowSettings(
        model=model,
        image=arguments.read(f"{path}.image", aws_checks.ecr_image, arguments.read("image")),
        sampling_percent=_count(arguments, f"{path}.sampling_percent", 1, 100, 100),
        instance_type=_instance_type(arguments, f"{path}.instance_type", instance_type, region),
        instance_count=_count(arguments, f"{path}.instance_count", 1, 1000, 1),
    )


def _serverless(arguments: Arguments) -> ServerlessSettings | None:
    path = "sagemaker.serverless"
    if arguments.read(path) is None:
        return None
    return ServerlessSettings(
        memory_mib=int(arguments.read(f"{path}.memory_mib", _is_memory, 2048)),
        max_concurrency=_count(arguments, f"{path}.max_concurrency", 1, 200, 5),
        provisioned_concurrency=_optional_count(arguments, f"{path}.provisioned_concurrency", 1, 200),
    )


def _is_memory(value: float) -> Requirement | None:
    if 1024 <= value <= 6144 and value % 1024 == 0:
        return None
    return Requirement("1024, 2048, 3072, 4096, 5120 or 6144", "choose one of these")


def _asynchronous(arguments: Arguments, region: str) -> AsynchronousSettings | None:
    path = "sagemaker.asynchronous"
    if arguments.read(path) is None:
        return None
    return AsynchronousSettings(
        _count(arguments, f"{path}.max_concurrent_per_instance", 1, 1000, 1),
        _count(arguments, f"{path}.backlog_per_instance_target", 1, 1_000_000, 5),
        arguments.read(f"{path}.success_topic_arn", _topic(region)),
        arguments.read(f"{path}.error_topic_arn", _topic(region)),
    )


def _data_capture(arguments: Arguments) -> int | None:
    if arguments.read("sagemaker.data_capture") is None:
        return None
    return _count(arguments, "sagemaker.data_capture.sampling_percent", 1, 100, 100)
