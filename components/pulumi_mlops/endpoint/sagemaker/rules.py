"""Refuses what AWS does not do, or would not do as it says: combinations of an endpoint's arguments.

Each rule names its page below https://docs.aws.amazon.com/sagemaker/latest/dg/.
"""

import math
from collections.abc import Callable

from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops._shared.aws.instance_memory import AcceleratorKind, memory_of
from pulumi_mlops._shared.aws.volumes import has_own_disks
from pulumi_mlops.endpoint.args import InferenceAmiVersion, RolloutStrategy
from pulumi_mlops.endpoint.sagemaker import limits
from pulumi_mlops.endpoint.sagemaker.settings import HostingSettings, RolloutSettings
from pulumi_mlops.endpoint.settings import refuse_cache_without_room

ALARM_PERIOD_SECONDS = 60
"""SageMaker reports an endpoint's figures by the minute (monitoring-cloudwatch)."""
THRESHOLDS = ("latency_p99_milliseconds", "server_error_percent", "client_error_percent", "model_errors_max")

_INF1 = "ml.inf1."
_NO_MACHINES = "serverless inference has no instances"
_EXCLUDED = "serverless-endpoints, feature exclusions"
# One argument, what it does not go with, and why.
EXCLUSIONS = (
    ("sagemaker.serverless", "sagemaker.asynchronous", "an endpoint is either serverless or asynchronous"),
    (
        "sagemaker.serverless",
        "sagemaker.shadow",
        "serverless inference has no shadow variants (shadow-tests-exclusions)",
    ),
    ("sagemaker.serverless", "payloads", f"serverless inference has no data capture ({_EXCLUDED})"),
    ("sagemaker.serverless", "sagemaker.subnet_ids", f"serverless inference has no VPC configuration ({_EXCLUDED})"),
    ("sagemaker.serverless", "sagemaker.instance_type", _NO_MACHINES),
    ("sagemaker.serverless", "sagemaker.invocations_per_instance_target", _NO_MACHINES),
    ("sagemaker.serverless", "sagemaker.scale_in_cooldown_seconds", _NO_MACHINES),
    ("sagemaker.serverless", "sagemaker.scale_out_cooldown_seconds", _NO_MACHINES),
    ("sagemaker.serverless", "sagemaker.model_data_download_timeout_seconds", _NO_MACHINES),
    ("sagemaker.serverless", "sagemaker.container_startup_health_check_timeout_seconds", _NO_MACHINES),
    ("sagemaker.serverless", "sagemaker.inference_ami_version", _NO_MACHINES),
    (
        "sagemaker.serverless",
        "sagemaker.alarms.model_errors_max",
        "serverless inference does not report this metric (serverless-endpoints-monitoring)",
    ),
    (
        "sagemaker.asynchronous",
        "sagemaker.shadow",
        "asynchronous inference has no shadow variants (shadow-tests-exclusions)",
    ),
    (
        "sagemaker.asynchronous",
        "payloads",
        "asynchronous inference stores requests and responses in the bucket already",
    ),
    (
        "sagemaker.asynchronous",
        "sagemaker.invocations_per_instance_target",
        "asynchronous inference scales by asynchronous.backlog_per_instance_target (async-inference-autoscale)",
    ),
)


_STORED_AS_THEY_ARE = "data capture stores requests and answers as they are (model-monitor-data-capture)"
# What a payload log has and data capture has not: what is true of it there, and the fix.
OF_PAYLOAD_LOGS = {
    "redacted_features": (_STORED_AS_THEY_ARE, "remove it, or remove payloads: nothing is stored then"),
    "text_characters_max": (_STORED_AS_THEY_ARE, "remove it"),
    "record_bytes_max": (_STORED_AS_THEY_ARE, "remove it"),
    "retention_days": (
        "captured requests expire by a rule of the bucket",
        "remove it, and set run_retention_days of the storage (mlops:platform.sagemaker)",
    ),
}


def refuse_unsupported(arguments: Arguments, settings: HostingSettings) -> None:
    """Note every argument that does not go with the others."""
    _exclusions(arguments)
    _payloads(arguments)
    _serverless(arguments, settings)
    _replicas(arguments, settings)
    _shadow(arguments, settings)
    _disks(arguments, settings)
    _request_time(arguments, settings)
    _start(arguments, settings)
    _memory(arguments, settings)
    if settings.rollout.strategy != RolloutStrategy.ALL_AT_ONCE:
        _steps(arguments, settings)
    if settings.serverless is None:
        _time(arguments, settings)


def steps_of(rollout: RolloutSettings) -> int:
    """Return in how many steps requests move."""
    by_strategy: dict[RolloutStrategy, Callable[[], int]] = {
        RolloutStrategy.ALL_AT_ONCE: lambda: 1,
        RolloutStrategy.CANARY: lambda: 2,
        RolloutStrategy.LINEAR: lambda: math.ceil(100 / rollout.step_percent),
    }
    return by_strategy[rollout.strategy]()


def _is_given(arguments: Arguments, path: str) -> bool:
    return arguments.read(path) is not None


def _exclusions(arguments: Arguments) -> None:
    for one, other, reason in EXCLUSIONS:
        if _is_given(arguments, one) and _is_given(arguments, other):
            expected = f"nothing beside {one}: {reason}"
            arguments.add(other, arguments.read(other), expected, "remove one of the two")


def _payloads(arguments: Arguments) -> None:
    for key, (reason, fix) in OF_PAYLOAD_LOGS.items():
        if _is_given(arguments, f"payloads.{key}"):
            value = arguments.read(f"payloads.{key}")
            arguments.add(f"payloads.{key}", value, f"nothing on SageMaker: {reason}", fix)


def _serverless(arguments: Arguments, settings: HostingSettings) -> None:
    if settings.serverless is None:
        return
    for path, value in (("replicas_min", settings.replicas_min), ("replicas_max", settings.replicas_max)):
        if value > 1 and _is_given(arguments, path):
            fix = "remove it, or remove sagemaker.serverless"
            arguments.add(path, value, f"sagemaker.serverless.max_concurrency: {_NO_MACHINES}", fix)
    kept, most = settings.serverless.provisioned_concurrency, settings.serverless.max_concurrency
    if kept is not None and kept > most:
        path = "sagemaker.serverless.provisioned_concurrency"
        arguments.add(path, kept, f"at most max_concurrency ({most})", "lower it, or raise max_concurrency")
    alarms = settings.alarms
    bounds = [getattr(alarms, threshold) for threshold in THRESHOLDS]
    if _is_given(arguments, "sagemaker.alarms") and not any(bound is not None for bound in bounds):
        expected = f"at least one of {', '.join(THRESHOLDS)}"
        arguments.add("sagemaker.alarms", arguments.read("sagemaker.alarms"), expected, "add one, or remove alarms")


def _replicas(arguments: Arguments, settings: HostingSettings) -> None:
    least, most = settings.replicas_min, settings.replicas_max
    burstable = settings.instance_type.startswith(("ml.t2.", "ml.t3."))
    if most > least and burstable and arguments.sound("sagemaker.instance_type"):
        # endpoint-auto-scaling-add-console: "SageMaker doesn't support auto scaling for burstable instances such as T2"
        expected = "an instance type that is not burstable: AWS does not autoscale those (endpoint-auto-scaling)"
        fix = "choose one such as ml.m5.large, or set replicas_max to replicas_min"
        arguments.add("sagemaker.instance_type", settings.instance_type, expected, fix)


def _shadow(arguments: Arguments, settings: HostingSettings) -> None:
    if settings.shadow is None:
        return
    machines = {
        "sagemaker.instance_type": settings.instance_type,
        "sagemaker.shadow.instance_type": settings.shadow.instance_type,
    }
    for path, machine in machines.items():
        if machine.startswith(_INF1) and arguments.sound(path):
            expected = (
                "another instance type beside sagemaker.shadow: Inf1 has no shadow variants (shadow-tests-exclusions)"
            )
            arguments.add(path, machine, expected, "choose another instance type, or remove sagemaker.shadow")


def _disks(arguments: Arguments, settings: HostingSettings) -> None:
    """Check that all variants take the key, or none: API_CreateEndpointConfig refuses one for local NVMe disks."""
    if settings.shadow is None or settings.kms_key_arn is None:
        return
    path, main, shadow = "sagemaker.shadow.instance_type", settings.instance_type, settings.shadow.instance_type
    if has_own_disks(main) != has_own_disks(shadow) and arguments.sound("sagemaker.instance_type", path):
        kind = "with local NVMe disks" if has_own_disks(main) else "without local NVMe disks"
        expected = f"an instance type {kind}, like {main}: sagemaker.kms_key_arn is for all variants or none"
        arguments.add(path, shadow, expected, f"choose one, such as {main}, or remove kms_key_arn")


def _request_time(arguments: Arguments, settings: HostingSettings) -> None:
    """SageMaker gives up a request before the server would: API_runtime_InvokeEndpoint."""
    path, seconds, most = "request_timeout_seconds", settings.request_timeout_seconds, limits.REAL_TIME_REQUEST_SECONDS
    if settings.asynchronous is None and seconds > most and arguments.sound(path):
        expected = f"at most {most}: SageMaker itself ends a real-time or serverless request then (InvokeEndpoint)"
        arguments.add(path, seconds, expected, "lower it, or use sagemaker.asynchronous")


def _start(arguments: Arguments, settings: HostingSettings) -> None:
    """Check that an instance can come up before the rollout's end, and has the accelerators that its driver is for."""
    most = settings.rollout_timeout_seconds
    for name in ("model_data_download_timeout_seconds", "container_startup_health_check_timeout_seconds"):
        path, seconds = f"sagemaker.{name}", getattr(settings.start, name)
        if seconds is not None and seconds > most and arguments.sound(path, "rollout_timeout_seconds"):
            expected = f"at most rollout_timeout_seconds ({most}), after which the rollout is over"
            arguments.add(path, seconds, expected, "lower it, or raise rollout_timeout_seconds")
    ami = settings.start.inference_ami_version
    if ami is None or settings.serverless is not None:
        return
    # API_ProductionVariant: each image names its accelerator, GPU or "Inferentia2 and Trainium".
    kind = AcceleratorKind.NEURON if ami is InferenceAmiVersion.NEURON_2 else AcceleratorKind.GPU
    shadow = [] if settings.shadow is None else [settings.shadow.instance_type]
    for machine in dict.fromkeys([settings.instance_type, *shadow]):
        memory = memory_of(machine)
        if memory is not None and (memory.accelerator is not kind or machine.startswith(_INF1)):
            accelerator = "Inferentia2 or Trainium" if kind is AcceleratorKind.NEURON else "a GPU"
            expected = f"none for {machine}: this image is for an instance type with {accelerator} (ProductionVariant)"
            arguments.add("sagemaker.inference_ami_version", ami, expected, "remove it, or choose such a type")


def _memory(arguments: Arguments, settings: HostingSettings) -> None:
    if settings.serverless is not None:
        more = "sagemaker.serverless.memory_mib"
        memory = settings.memory_mib("")
        refuse_cache_without_room(arguments, settings.model_cache_gib, memory, "the container", f"raise {more}")
        return
    shadow = [] if settings.shadow is None else [settings.shadow.instance_type]
    for machine in dict.fromkeys([settings.instance_type, *shadow]):
        memory = settings.memory_mib(machine)
        refuse_cache_without_room(arguments, settings.model_cache_gib, memory, machine, "choose a larger instance type")


def _steps(arguments: Arguments, settings: HostingSettings) -> None:
    """Check a rollout in steps, which stands or falls with its alarms and needs instances to move between."""
    path, strategy = "rollout.strategy", settings.rollout.strategy
    if not any(_is_given(arguments, f"sagemaker.alarms.{threshold}") for threshold in THRESHOLDS):
        # deployment-guardrails-configuration: alarms "are a prerequisite for using baking periods"
        expected = "an alarm: only alarms roll a canary or linear rollout back"
        fix = f"add to sagemaker.alarms one of {', '.join(THRESHOLDS)}; or use all_at_once"
        arguments.add(path, strategy, expected, fix)
    if settings.serverless is not None:
        expected = "all_at_once: serverless inference has no instances to move traffic between (deployment-guardrails)"
        arguments.add(path, strategy, expected, "use all_at_once, or remove sagemaker.serverless")
        return
    if settings.instance_type.startswith(_INF1) and arguments.sound("sagemaker.instance_type"):
        expected = "another instance type: AWS rolls Inf1 out all at once (deployment-guardrails-exclusions)"
        fix = "choose another instance type, or use all_at_once"
        arguments.add("sagemaker.instance_type", settings.instance_type, expected, fix)
    if settings.replicas_min < 2 and arguments.sound("replicas_min"):
        # API_TrafficRoutingConfig: at most "50% of the variant's total instance count"
        expected = f"at least 2: a step of {strategy.value} is at most half of the instances"
        arguments.add("replicas_min", settings.replicas_min, expected, "raise it, or use all_at_once")
    if settings.rollout.bake_seconds < ALARM_PERIOD_SECONDS and arguments.sound("rollout.bake_seconds"):
        expected = f"at least {ALARM_PERIOD_SECONDS}: SageMaker reports metrics once a minute"
        arguments.add("rollout.bake_seconds", settings.rollout.bake_seconds, expected, "raise it, or use all_at_once")


def _time(arguments: Arguments, settings: HostingSettings) -> None:
    """Check that a deployment may take longer than all that it waits: API_BlueGreenUpdatePolicy."""
    waits = steps_of(settings.rollout) * settings.rollout.bake_seconds
    if waits >= settings.rollout_timeout_seconds and arguments.sound("rollout", "rollout_timeout_seconds"):
        expected = f"more than the {waits} seconds that the rollout watches its alarms"
        fix = "raise it, or lower rollout.bake_seconds"
        arguments.add("rollout_timeout_seconds", settings.rollout_timeout_seconds, expected, fix)
