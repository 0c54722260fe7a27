"""AWS's LMI container in a stack file: the tree of `LmiArgs`, with lines and strictness."""

from typing import Annotated

from pydantic import Field

from pulumi_mlops._shared.aws.values import EcrImage
from pulumi_mlops._shared.config_model import Model
from pulumi_mlops.endpoint.sagemaker.lmi import settings
from pulumi_mlops.endpoint.sagemaker.lmi.args import LmiDtype


class LmiConfig(Model):
    """LMI: AWS's container for large language models, with vLLM as its backend."""

    image: EcrImage
    """Image of the LMI container by digest, in ECR in the stack's region: AWS's own (djl-inference, of account
    763104351884 in most regions) or one made from it."""

    context_tokens: Annotated[int, settings.CONTEXT_TOKENS] | None = None
    """Tokens of prompt and answer together of one request (OPTION_MAX_MODEL_LEN). Defaults to the model's own."""

    sequences_max: Annotated[int, settings.SEQUENCES_MAX] | None = None
    """The most requests that are computed at a time (OPTION_MAX_ROLLING_BATCH_SIZE). Defaults to LMI's own."""

    dtype: Annotated[LmiDtype, Field(strict=False)] = settings.DEFAULT_DTYPE
    """Data type that the weights are cast to (OPTION_DTYPE): fp16, bf16 or fp32. Defaults to fp16, as LMI's does."""

    accelerator_memory_percent: Annotated[int, settings.ACCELERATOR_MEMORY_PERCENT] = (
        settings.ACCELERATOR_MEMORY_PERCENT.default
    )
    """Percent of the accelerators' memory that the backend takes for weights, cache and activations
    (OPTION_GPU_MEMORY_UTILIZATION), 10 to 98. Defaults to 90."""
