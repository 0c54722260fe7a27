"""The model artifact: MLflow's scikit-learn flavour, and what the server reads beside it."""

import json
import logging
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import ValidationError
from sklearn.pipeline import Pipeline

from flight_delay.columns import ALWAYS_KNOWN, CATEGORIES, FEATURES, NUMBERS, TARGET
from flight_delay.scoring import check_nulls_are_answered, score
from mlops_runtime.errors import StepError
from mlops_runtime.serving.contract import (
    CONTRACT_FILE_NAME,
    GOLDEN_FILE_NAME,
    ONNX_FILE_NAME,
    Feature,
    ModelOutput,
    ServingContract,
)

GOLDEN_ROWS = 32
COMPARED_ROWS = 20_000
# The served model adds up its trees in float32: some 1e-5 of a minute for usual delays, ten times that for the longest.
TOLERANCE_MINUTES = 1e-3
OPERATOR_SETS = {"": 17, "ai.onnx.ml": 3}
TRUSTED_TYPES = ["sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"]
REQUIREMENTS = ("scikit-learn", "numpy", "pandas", "skops")


def write_artifact(pipeline: Pipeline, training: pd.DataFrame, directory: Path) -> float:
    """Write the artifact and hold the served model against scikit-learn on real flights.

    Args:
        pipeline: The fitted pipeline.
        training: The flights that it was fitted to.
        directory: Folder to be made.

    Returns:
        The largest absolute difference between the two, in minutes.

    Raises:
        StepError: They differ by more than the tolerance, or the model has no answer for a null that the contract
            allows.
    """
    _save_mlflow_model(pipeline, training, directory)
    (directory / ONNX_FILE_NAME).write_bytes(to_onnx(pipeline))
    contract = serving_contract(pipeline)
    (directory / CONTRACT_FILE_NAME).write_text(contract.to_json(), encoding="utf-8")
    golden = _spread(training, GOLDEN_ROWS)
    document = {
        "rows": json_rows(golden),
        "outputs": {TARGET: pipeline.predict(golden).tolist()},
        "tolerance": TOLERANCE_MINUTES,
    }
    (directory / GOLDEN_FILE_NAME).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    check_nulls_are_answered(directory, golden)
    compared = pd.concat([golden, _spread(training, COMPARED_ROWS)])
    difference = float(np.abs(score(directory, compared) - pipeline.predict(compared)).max())
    if not difference <= TOLERANCE_MINUTES:
        raise StepError(
            f"model.onnx: got predictions that differ by {difference:.6f} minutes in {len(compared)} flights,"
            f" expected scikit-learn's within {TOLERANCE_MINUTES}"
        )
    return difference


def to_onnx(pipeline: Pipeline) -> bytes:
    """Return the regression of a fitted pipeline, from the matrix that `serving.json` describes to one column."""
    from skl2onnx import convert_sklearn  # noqa: PLC0415 - slow to import
    from skl2onnx.common.data_types import FloatTensorType  # noqa: PLC0415

    with warnings.catch_warnings():
        # It hands booleans to ONNX where integers belong, which protobuf will refuse one day.
        warnings.simplefilter("ignore", DeprecationWarning)
        graph = convert_sklearn(
            pipeline.named_steps["regress"],
            name="flight_delay",
            initial_types=[("features", FloatTensorType([None, len(FEATURES)]))],
            target_opset=OPERATOR_SETS,
        )
    serialized: bytes = graph.SerializeToString()
    return serialized


def serving_contract(pipeline: Pipeline) -> ServingContract:
    """Return what a request for this model holds.

    Raises:
        StepError: The model takes two Unicode forms of one text for two categories.
    """
    encoder = pipeline.named_steps["encode"].named_transformers_["categories"]
    try:
        categories = [
            Feature(
                name=name,
                dtype="category",
                vocabulary=tuple(str(category) for category in vocabulary),
                nullable=True,
                unknown_category="missing",
            )
            for name, vocabulary in zip(CATEGORIES, encoder.categories_, strict=True)
        ]
    except ValidationError as error:
        raise StepError(f"serving.json: {'; '.join(problem['msg'] for problem in error.errors())}") from error
    numbers = [Feature(name=name, nullable=name not in ALWAYS_KNOWN) for name in NUMBERS]
    return ServingContract(features=(*categories, *numbers), outputs=(ModelOutput(name=TARGET, unit="minutes"),))


def json_rows(frame: pd.DataFrame) -> list[dict[str, float | str | None]]:
    """Feature to value for each row, as a request holds it; missing values are None."""
    rows = frame.loc[:, list(FEATURES)].to_dict(orient="records")
    return [{str(name): None if pd.isna(value) else value for name, value in row.items()} for row in rows]


def _save_mlflow_model(pipeline: Pipeline, training: pd.DataFrame, directory: Path) -> None:
    # MLflow warns of parts of its own that are not used here, and of a pip that a locked image does not have.
    logging.getLogger("mlflow.utils.environment").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow.sklearn  # noqa: PLC0415 - slow to import
        from mlflow.models import ModelSignature  # noqa: PLC0415
        from mlflow.types import ColSpec, DataType, Schema, TensorSpec  # noqa: PLC0415

        columns: list[ColSpec | TensorSpec]
        columns = [ColSpec(DataType.string, name, required=False) for name in CATEGORIES]
        columns += [ColSpec(DataType.double, name, required=name in ALWAYS_KNOWN) for name in NUMBERS]
        mlflow.sklearn.save_model(
            pipeline,
            str(directory),
            signature=ModelSignature(Schema(columns), Schema([ColSpec(DataType.double)])),
            input_example=_spread(training, 2),
            pip_requirements=[f"{name}=={version(name)}" for name in REQUIREMENTS],
            serialization_format="skops",
            skops_trusted_types=TRUSTED_TYPES,
        )


def _spread(frame: pd.DataFrame, count: int) -> pd.DataFrame:
    """At most `count` rows, spread evenly from the first to the last."""
    rows = np.unique(np.linspace(0, len(frame) - 1, count).astype(int))
    return frame.iloc[rows].loc[:, list(FEATURES)]
