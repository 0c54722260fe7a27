"""vLLM beside an endpoint's server: each setting's range and default, once, and what it needs of the endpoint's.

Names and values of its arguments: https://docs.vllm.ai/en/stable/cli/serve/.
"""

from dataclasses import dataclass

import pulumi

from pulumi_mlops._shared import values
from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops._shared.kubernetes.scheduling.settings import Accelerator
from pulumi_mlops._shared.rules import Range, Setting
from pulumi_mlops.endpoint.kubernetes.vllm.args import VllmCacheDtype, VllmDtype

PATH = "kubernetes.vllm"
DEFAULT_CPU = "2"
DEFAULT_MEMORY = "16Gi"
DEFAULT_DTYPE = VllmDtype.AUTO
DEFAULT_CACHE_DTYPE = VllmCacheDtype.AUTO
CACHE_VOLUME_GIB = Setting(1, 1024, default=8)
CONTEXT_TOKENS = Range(64, 1_048_576)
SEQUENCES_MAX = Range(1, 4096)
BATCHED_TOKENS_MAX = Range(64, 1_048_576)
ACCELERATOR_MEMORY_PERCENT = Setting(10, 98, default=90)


@dataclass(frozen=True, kw_only=True)
class VllmSettings:
    """Everything that the engine's container is made of. None: as vLLM has it."""

    image: pulumi.Input[str]
    cpu: str
    memory: str
    cache_volume_gib: int
    context_tokens: int | None
    sequences_max: int | None
    batched_tokens_max: int | None
    dtype: VllmDtype
    cache_dtype: VllmCacheDtype
    accelerator_memory_percent: int
    enforce_eager: bool


def read_vllm(arguments: Arguments) -> VllmSettings | None:
    """Take vLLM; None where the endpoint has none beside its server."""
    read = arguments.read
    if read(PATH) is None:
        return None
    numbers = {
        name: read(f"{PATH}.{name}", rule)
        for name, rule in (
            ("context_tokens", CONTEXT_TOKENS),
            ("sequences_max", SEQUENCES_MAX),
            ("batched_tokens_max", BATCHED_TOKENS_MAX),
        )
    }
    return VllmSettings(
        image=read(f"{PATH}.image", values.image),
        cpu=read(f"{PATH}.cpu", values.cpu, DEFAULT_CPU),
        memory=read(f"{PATH}.memory", values.memory, DEFAULT_MEMORY),
        cache_volume_gib=arguments.number(f"{PATH}.cache_volume_gib", CACHE_VOLUME_GIB),
        **{name: None if number is None else int(number) for name, number in numbers.items()},
        dtype=VllmDtype(read(f"{PATH}.dtype", None, DEFAULT_DTYPE)),
        cache_dtype=VllmCacheDtype(read(f"{PATH}.cache_dtype", None, DEFAULT_CACHE_DTYPE)),
        accelerator_memory_percent=arguments.number(f"{PATH}.accelerator_memory_percent", ACCELERATOR_MEMORY_PERCENT),
        enforce_eager=bool(read(f"{PATH}.enforce_eager", None, default=False)),
    )


def refuse_what_vllm_lacks(
    arguments: Arguments, accelerator: Accelerator | None, shared_memory_gib: int | None, replicas: tuple[int, int]
) -> None:
    """Note what vLLM cannot do without, and what its load cannot be told by.

    Args:
        arguments: The component's arguments, which have vLLM.
        accelerator: The pod's accelerators.
        shared_memory_gib: The pod's shared memory.
        replicas: The least and the most pods.
    """
    if accelerator is None:
        if arguments.sound("kubernetes.accelerator"):
            expected = "kubernetes.accelerator beside it: vLLM runs on accelerators"
            arguments.add(PATH, "no accelerator", expected, "add kubernetes.accelerator, or remove vllm")
    elif accelerator.count > 1 and shared_memory_gib is None and arguments.sound("kubernetes.shared_memory_gib"):
        # vLLM's "Using Docker" page: it "uses PyTorch, which uses shared memory to share data between processes under
        # the hood, particularly for tensor parallel inference".
        expected = (
            f"a size: vLLM's processes on {accelerator.count} accelerators share tensors there, and 64 MiB are few"
        )
        arguments.add("kubernetes.shared_memory_gib", None, expected, "add it, such as 8")
    least, most = replicas
    if most > least and arguments.sound("replicas_min", "replicas_max"):
        expected = f"replicas_min ({least}) with kubernetes.vllm: CPU utilisation, which pods are scaled by, does not"
        arguments.add("replicas_max", most, f"{expected} tell an accelerator's load", "set both to the same number")
