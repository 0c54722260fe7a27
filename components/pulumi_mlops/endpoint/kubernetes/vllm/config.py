"""vLLM in a stack file: the tree of `VllmArgs`, with lines and strictness."""

from typing import Annotated

from pydantic import Field

from pulumi_mlops._shared.config_model import Model
from pulumi_mlops._shared.values import CpuQuantity, ImageReference, MemoryQuantity
from pulumi_mlops.endpoint.kubernetes.vllm import settings
from pulumi_mlops.endpoint.kubernetes.vllm.args import VllmCacheDtype, VllmDtype


class VllmConfig(Model):
    """vLLM: the engine of a language model on accelerators, as a container beside the endpoint's server."""

    image: ImageReference
    """Image whose vllm serve is the engine, pinned by digest: vLLM's own (vllm/vllm-openai) or one made from it."""

    cpu: CpuQuantity = settings.DEFAULT_CPU
    """CPU request of the engine, in cores, like "4". There is no CPU limit. Defaults to "2"."""

    memory: MemoryQuantity = settings.DEFAULT_MEMORY
    """Memory request and limit of the engine: not that of its accelerators. Defaults to 16Gi."""

    cache_volume_gib: Annotated[int, settings.CACHE_VOLUME_GIB] = settings.CACHE_VOLUME_GIB.default
    """Size in GiB of the volume for what the engine compiles, on the node's disk. Defaults to 8."""

    context_tokens: Annotated[int, settings.CONTEXT_TOKENS] | None = None
    """Tokens of prompt and answer together of one request (--max-model-len); no fewer than the model was registered
    with. Defaults to the model's own."""

    sequences_max: Annotated[int, settings.SEQUENCES_MAX] | None = None
    """The most requests that are computed at a time (--max-num-seqs). Defaults to vLLM's own."""

    batched_tokens_max: Annotated[int, settings.BATCHED_TOKENS_MAX] | None = None
    """The most tokens that are computed at a time (--max-num-batched-tokens). Defaults to vLLM's own."""

    dtype: Annotated[VllmDtype, Field(strict=False)] = settings.DEFAULT_DTYPE
    """Data type of weights and activations (--dtype): auto, float16, bfloat16 or float32. Defaults to auto."""

    cache_dtype: Annotated[VllmCacheDtype, Field(strict=False)] = settings.DEFAULT_CACHE_DTYPE
    """Data type of the KV cache (--kv-cache-dtype): auto or fp8. Defaults to auto."""

    accelerator_memory_percent: Annotated[int, settings.ACCELERATOR_MEMORY_PERCENT] = (
        settings.ACCELERATOR_MEMORY_PERCENT.default
    )
    """Percent of the accelerators' memory that the engine takes for weights, cache and activations
    (--gpu-memory-utilization), 10 to 98. Defaults to 90."""

    enforce_eager: bool = False
    """Whether the engine does without CUDA graphs (--enforce-eager): it starts sooner and answers more slowly. Defaults
    to false."""
