"""Scoring tables with a model artifact as a server would: by its ONNX graph and its contract alone."""

from pathlib import Path

import numpy as np
import pandas as pd

from mlops_runtime.errors import StepError
from mlops_runtime.serving.contract import ONNX_FILE_NAME, ContractError, ServingContract, load_contract
from mlops_runtime.serving.scorer import OnnxScorer


def score(artifact: Path, frame: pd.DataFrame) -> np.ndarray:
    """Predicts every row of a table of features.

    Returns:
        Predictions in the model's unit, shape (rows,).

    Raises:
        StepError: The artifact cannot be served, or takes features that the table does not have.
    """
    try:
        contract = load_contract(artifact)
        matrix = _matrix(contract, frame)
        scorer = OnnxScorer(artifact / ONNX_FILE_NAME, len(contract.features))
    except ContractError as error:
        raise StepError(str(error)) from error
    return np.asarray(scorer.score(matrix), dtype=np.float64)


def _matrix(contract: ServingContract, frame: pd.DataFrame) -> np.ndarray:
    unknown = [name for name in contract.feature_names if name not in frame.columns]
    if unknown:
        raise StepError(f"the model takes {', '.join(unknown)}, which the features do not have")
    matrix = np.empty((len(frame), len(contract.features)), dtype=np.float32)
    for column, feature in enumerate(contract.features):
        values = frame[feature.name]
        if feature.vocabulary is not None:
            values = values.map({category: code for code, category in enumerate(feature.vocabulary)})
        matrix[:, column] = values.to_numpy(dtype=np.float32)
    return matrix
