"""Scoring tables with a model artifact as a server would: by its ONNX graph and its contract alone."""

from pathlib import Path

import numpy as np
import pandas as pd

from mlops_runtime.errors import StepError
from mlops_runtime.serving.contract import (
    ONNX_FILE_NAME,
    ContractError,
    ServingContract,
    in_one_unicode_form,
    load_contract,
)
from mlops_runtime.serving.nulls import check_nulls
from mlops_runtime.serving.runtimes.onnx import OnnxScorer
from mlops_runtime.serving.scorer import ModelAnswerError, UnansweredRowsError


def score(artifact: Path, frame: pd.DataFrame) -> np.ndarray:
    """Predicts every row of a table of features.

    Returns:
        Predictions in the model's unit, shape (rows,).

    Raises:
        StepError: The artifact cannot be served, or takes features that the table does not have.
    """
    try:
        contract, scorer = _loaded(artifact)
        answers = scorer.score(_matrix(contract, frame))
        return np.asarray(answers[contract.outputs[0].name], dtype=np.float64)
    except (ContractError, ModelAnswerError, UnansweredRowsError) as error:
        raise StepError(str(error)) from error


def check_nulls_are_answered(artifact: Path, frame: pd.DataFrame) -> None:
    """Hold the artifact's contract against its model, as every server will: a null that the one allows.

    Args:
        artifact: The model artifact.
        frame: Some rows of features.

    Raises:
        StepError: The model has no finite number for a null that the contract allows; every such feature is named.
    """
    try:
        contract, scorer = _loaded(artifact)
        check_nulls(contract, scorer, _matrix(contract, frame))
    except (ContractError, ModelAnswerError) as error:
        raise StepError(str(error)) from error


def _loaded(artifact: Path) -> tuple[ServingContract, OnnxScorer]:
    contract = load_contract(artifact)
    return contract, OnnxScorer(artifact / ONNX_FILE_NAME, contract)


def _matrix(contract: ServingContract, frame: pd.DataFrame) -> np.ndarray:
    unknown = [name for name in contract.feature_names if name not in frame.columns]
    if unknown:
        raise StepError(
            f"the features: got no {', '.join(unknown)}, expected each that the model takes, fix: train it again"
        )
    matrix = np.empty((len(frame), len(contract.features)), dtype=np.float32)
    for column, feature in enumerate(contract.features):
        values = frame[feature.name]
        if feature.vocabulary is not None:
            codes = {category: code for code, category in enumerate(feature.vocabulary)}
            values = values.map(in_one_unicode_form, na_action="ignore").map(codes)
        matrix[:, column] = values.to_numpy(dtype=np.float32)
    return matrix
