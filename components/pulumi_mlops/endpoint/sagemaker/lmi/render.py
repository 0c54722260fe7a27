"""The container of AWS's LMI, and what its answers are held against."""

from pulumi_mlops._shared.aws.model_data import golden_prompts_location
from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.inputs import combine
from pulumi_mlops._shared.pinned_model import PinnedModel
from pulumi_mlops.endpoint.sagemaker.lmi.settings import LmiSettings
from pulumi_mlops.endpoint.sagemaker.settings import HostingSettings

WEIGHTS = "/opt/ml/model/weights"
"""Where SageMaker unpacks an artifact's folder of weights: VLLM_WEIGHTS of `mlops_runtime.language_model.contract`."""


def environment(settings: LmiSettings) -> dict[str, str]:
    """Return the container's variables: those that a stack may set, and those that hold for every model."""
    numbers = {
        "OPTION_MAX_MODEL_LEN": settings.context_tokens,
        "OPTION_MAX_ROLLING_BATCH_SIZE": settings.sequences_max,
    }
    return {
        "HF_MODEL_ID": WEIGHTS,
        # The model is there, and the container has no network.
        "HF_HUB_OFFLINE": "1",
        "OPTION_ROLLING_BATCH": "vllm",
        "OPTION_DTYPE": settings.dtype.value,
        "OPTION_GPU_MEMORY_UTILIZATION": f"{settings.accelerator_memory_percent / 100:g}",
        # "max" has all of the instance's accelerators.
        "TENSOR_PARALLEL_DEGREE": "max",
        # Code of a model's own is never run.
        "OPTION_TRUST_REMOTE_CODE": "false",
        **{name: str(number) for name, number in numbers.items() if number is not None},
    }


def truth(settings: HostingSettings, model: PinnedModel) -> Document | None:
    """Return what the endpoint's answers are held against in service; None for a server that proves itself."""
    if settings.lmi is None:
        return None
    location = combine(golden_prompts_location, settings.model_package_group, model.digest)
    return {"bucket": settings.model_data_bucket, "key": location}
