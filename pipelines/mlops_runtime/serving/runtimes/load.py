"""Which runtime loads an artifact: the contract's."""

from collections.abc import Collection
from pathlib import Path

from mlops_runtime.serving.contract import ONNX_FILE_NAME, ContractError, ServingContract
from mlops_runtime.serving.scorer import Scorer


def load_scorer(directory: Path, contract: ServingContract, allow_code_formats: Collection[str] = ()) -> Scorer:
    """Load the model into the contract's runtime, the only one that is imported.

    Args:
        directory: The model artifact.
        contract: Its contract.
        allow_code_formats: The formats that may run code when they are loaded, by name.

    Raises:
        ContractError: The model cannot be loaded, or does not take or give what the contract says.
    """
    match contract.runtime:
        case "onnx":
            from .onnx import OnnxScorer  # noqa: PLC0415 - only what the contract names

            return OnnxScorer(directory / ONNX_FILE_NAME, contract)
        case "pyfunc":
            from .pyfunc import PyfuncScorer  # noqa: PLC0415 - only what the contract names

            return PyfuncScorer(directory, contract, allow_code_formats)
        case "llm":
            raise ContractError(
                "got a language model, expected a model of rows: mlops_runtime.language_model serves it, fix: start"
                " mlops_runtime.serving.server, which tells them apart"
            )
