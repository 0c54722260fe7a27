"""The contract of AWS's LMI container: its image, and those of its options that a stack may set."""

from enum import Enum
from typing import NotRequired, TypedDict

import pulumi


class LmiDtype(str, Enum):
    """Data type that the weights are cast to."""

    FP16 = "fp16"
    """float16."""
    BF16 = "bf16"
    """bfloat16, on accelerators that have it."""
    FP32 = "fp32"
    """float32."""


class LmiArgs(TypedDict):
    """LMI: AWS's container for large language models, with vLLM as its backend."""

    image: pulumi.Input[str]
    """Image of the LMI container by digest, in ECR in the same region: AWS's own (djl-inference, of account
    763104351884 in most regions) or one made from it."""
    context_tokens: NotRequired[int]
    """Tokens of prompt and answer together of one request (OPTION_MAX_MODEL_LEN). Defaults to the model's own."""
    sequences_max: NotRequired[int]
    """The most requests that are computed at a time (OPTION_MAX_ROLLING_BATCH_SIZE). Defaults to LMI's own."""
    dtype: NotRequired[LmiDtype]
    """Data type that the weights are cast to (OPTION_DTYPE): fp16, bf16 or fp32. Defaults to fp16, as LMI's does."""
    accelerator_memory_percent: NotRequired[int]
    """Percent of the accelerators' memory that the backend takes for weights, cache and activations
    (OPTION_GPU_MEMORY_UTILIZATION), 10 to 98. Defaults to 90."""
