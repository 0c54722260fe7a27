"""What an endpoint's arguments come to on every target: each setting's range and default, once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from pulumi_mlops._shared import values
from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops._shared.pinned_model import PinnedModel, read_model
from pulumi_mlops._shared.problems import Check
from pulumi_mlops._shared.rules import Range, Setting
from pulumi_mlops.endpoint.payloads import PayloadSettings, read_payloads

REPLICAS = Setting(1, 1000, default=1)
ROLLOUT_TIMEOUT_SECONDS = Range(10, 14400)
"""The longest that SageMaker takes for a deployment; a target may take less."""
REQUEST_TIMEOUT_SECONDS = Setting(1, 3600, default=60)
"""An hour is the most that SageMaker takes, of asynchronous requests (API_runtime_InvokeEndpointAsync). After a minute
SageMaker ends a real-time request by itself, and so do an Application Load Balancer and ingress-nginx by default: a
shorter default would end requests that are answered today, a longer one nobody would wait for."""

MODEL_CACHE_GIB = Setting(0, values.MOST_MEMORY_MIB // 1024, default=0)


@dataclass(frozen=True, kw_only=True)
class NeutralEndpointSettings:
    """Settings of an endpoint on every target."""

    name: str
    image: pulumi.Input[str]
    model_name: str
    workload: str
    model: PinnedModel | None
    """None: there is no version to serve yet."""
    replicas_min: int
    replicas_max: int
    rollout_timeout_seconds: int
    request_timeout_seconds: int
    model_cache_gib: int
    allow_code_formats: Sequence[str]
    """In alphabetical order, each once: another order is no other endpoint."""
    payloads: PayloadSettings | None
    """None: nothing is stored of the requests."""
    tags: Mapping[str, pulumi.Input[str]]


def read_neutral(
    arguments: Arguments,
    name: str,
    *,
    image: Check,
    rollout_timeout_seconds: Setting,
    request_timeout_seconds: Setting = REQUEST_TIMEOUT_SECONDS,
) -> NeutralEndpointSettings:
    """Take what an endpoint has on every target.

    Args:
        arguments: The component's arguments.
        name: The component's name.
        image: What its image must satisfy on the target.
        rollout_timeout_seconds: The target's own range and default.
        request_timeout_seconds: The endpoint's own default, where it is another than for most.
    """
    least = arguments.number("replicas_min", REPLICAS)
    most = int(arguments.read("replicas_max", REPLICAS, least))
    if least > most and arguments.sound("replicas_min", "replicas_max"):
        arguments.add("replicas_min", least, f"at most replicas_max ({most})", "lower it, or raise replicas_max")
    model_name = arguments.read("model_name", values.workload_name, name)
    return NeutralEndpointSettings(
        name=name,
        image=arguments.read("image", image),
        model_name=model_name,
        workload=arguments.read("workload", values.workload_name, model_name),
        model=read_model(arguments, "model"),
        replicas_min=least,
        replicas_max=most,
        rollout_timeout_seconds=arguments.number("rollout_timeout_seconds", rollout_timeout_seconds),
        request_timeout_seconds=arguments.number("request_timeout_seconds", request_timeout_seconds),
        model_cache_gib=arguments.number("model_cache_gib", MODEL_CACHE_GIB),
        allow_code_formats=sorted(set(arguments.items("allow_code_formats", values.code_format))),
        payloads=read_payloads(arguments),
        tags=arguments.read("tags", None, {}),
    )


def refuse_cache_without_room(arguments: Arguments, cache_gib: int, memory_mib: int | None, of: str, fix: str) -> None:
    """Note a cache that leaves no memory for a model.

    Args:
        arguments: The component's arguments.
        cache_gib: What the server keeps beside the model.
        memory_mib: What there is for both; None where that is not known.
        of: Whose memory it is.
        fix: What there could be more of.
    """
    if cache_gib and memory_mib is not None and cache_gib * 1024 >= memory_mib and arguments.sound("model_cache_gib"):
        expected = f"less than the {memory_mib} MiB of {of}, which hold the model too"
        arguments.add("model_cache_gib", cache_gib, expected, f"lower it, or {fix}")
