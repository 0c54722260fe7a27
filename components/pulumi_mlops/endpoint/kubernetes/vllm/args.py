"""The contract of vLLM beside an endpoint's server: its container, and those of its arguments that a stack may set."""

from enum import Enum
from typing import NotRequired, TypedDict

import pulumi


class VllmDtype(str, Enum):
    """Data type of weights and activations."""

    AUTO = "auto"
    """The weights' own; float16 for weights in float32."""
    FLOAT16 = "float16"
    """float16."""
    BFLOAT16 = "bfloat16"
    """bfloat16, on accelerators that have it."""
    FLOAT32 = "float32"
    """float32."""


class VllmCacheDtype(str, Enum):
    """Data type of the KV cache."""

    AUTO = "auto"
    """The weights' own."""
    FP8 = "fp8"
    """8-bit floats: half of the memory, on accelerators that have them."""


class VllmArgs(TypedDict):
    """vLLM: the engine of a language model on accelerators, as a container beside the endpoint's server."""

    image: pulumi.Input[str]
    """Image whose `vllm serve` is the engine, pinned by digest: vLLM's own (vllm/vllm-openai) or one made from it."""
    cpu: NotRequired[str]
    """CPU request of the engine, as a Kubernetes quantity. There is no CPU limit. Defaults to 2."""
    memory: NotRequired[str]
    """Memory request and limit of the engine, as a Kubernetes quantity: not that of its accelerators. Defaults to
    16Gi."""
    cache_volume_gib: NotRequired[int]
    """Size in GiB of the emptyDir volume for what the engine compiles, on the node's disk. Defaults to 8."""
    context_tokens: NotRequired[int]
    """Tokens of prompt and answer together of one request (--max-model-len); no fewer than the model was registered
    with. Defaults to the model's own."""
    sequences_max: NotRequired[int]
    """The most requests that are computed at a time (--max-num-seqs). Defaults to vLLM's own."""
    batched_tokens_max: NotRequired[int]
    """The most tokens that are computed at a time (--max-num-batched-tokens). Defaults to vLLM's own."""
    dtype: NotRequired[VllmDtype]
    """Data type of weights and activations (--dtype): auto, float16, bfloat16 or float32. Defaults to auto."""
    cache_dtype: NotRequired[VllmCacheDtype]
    """Data type of the KV cache (--kv-cache-dtype): auto or fp8. Defaults to auto."""
    accelerator_memory_percent: NotRequired[int]
    """Percent of the accelerators' memory that the engine takes for weights, cache and activations
    (--gpu-memory-utilization), 10 to 98. Defaults to 90."""
    enforce_eager: NotRequired[bool]
    """Whether the engine does without CUDA graphs (--enforce-eager): it starts sooner and answers more slowly. Defaults
    to false."""
