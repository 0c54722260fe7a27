"""What `save_model` tells of the artifact that it wrote."""

from dataclasses import dataclass
from pathlib import Path

from mlops_runtime.serving.contract import RuntimeName, ServingContract


@dataclass(frozen=True)
class SavedModel:
    """An artifact that can be registered and served.

    Attributes:
        directory: The artifact.
        runtime: What will run it.
        contract: What it takes and gives.
        digest: The digest of its files as they are now; a file added later changes it.
        tolerance: The absolute difference that its golden rows allow.
        onnx_difference: The largest absolute difference between the ONNX graph's numbers and the model's, over the
            examples; None where there is no graph.
        reasons: Why there is no ONNX graph, one for each way that was tried.
    """

    directory: Path
    runtime: RuntimeName
    contract: ServingContract
    digest: str
    tolerance: float
    onnx_difference: float | None
    reasons: tuple[str, ...] = ()
