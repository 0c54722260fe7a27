"""Scoring a table with a model artifact as a server would: by its contract, through its own runtime."""

from pathlib import Path

import numpy as np
import pandas as pd

from mlops_runtime.errors import StepError
from mlops_runtime.serving.contract import ServingContract
from mlops_runtime.serving.input_error import InputError
from mlops_runtime.serving.scorer import ModelAnswerError
from mlops_runtime.serving.served_model import UnservableModelError, load_served_model
from mlops_runtime.supervised.learning import Learning
from mlops_runtime.supervised.measures import Predictions


def score(artifact: Path, learning: Learning, features: pd.DataFrame) -> Predictions:
    """Return an artifact's answers for a table of features.

    Raises:
        StepError: It cannot be served, takes features that the table does not have, has no answer for a row, or
            answers with something else than the task's.
    """
    try:
        served = load_served_model(artifact, learning.target, "0")
        answers = served.score_columns(_columns(served.contract, features), len(features))
    except (UnservableModelError, InputError, ModelAnswerError) as error:
        raise StepError(str(error)) from error
    kinds = {output.kind: output for output in served.contract.outputs}
    value = kinds.get("number" if learning.task == "regression" else "label")
    if value is None:
        got = ", ".join(output.kind for output in served.contract.outputs)
        raise StepError(f"the model: got the outputs {got}, expected those of a {learning.task}")
    shares = kinds.get("probabilities")
    return Predictions(
        values=np.asarray(answers[value.name]),
        probabilities=None if shares is None else np.asarray(answers[shares.name], dtype=np.float64),
        classes=() if shares is None else shares.class_names,
    )


def _columns(contract: ServingContract, features: pd.DataFrame) -> dict[str, list[object]]:
    absent = [name for name in contract.feature_names if name not in features.columns]
    if absent:
        raise StepError(f"the table: got no {', '.join(absent)}, expected each feature that the model takes")
    return {name: _values(features[name]) for name in contract.feature_names}


def _values(column: pd.Series) -> list[object]:
    """Return a column's values as a request has them: times as ISO 8601, what is missing as None."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return [None if pd.isna(value) else value.isoformat() for value in column]
    values: list[object] = column.astype(object).where(column.notna(), None).tolist()
    return values
