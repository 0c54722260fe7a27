"""The model artifact: what `save_model` cannot know of this model, which is its ONNX graph and its contract."""

import warnings
from pathlib import Path

import pandas as pd
from pydantic import ValidationError
from sklearn.pipeline import Pipeline

from flight_delay.columns import ALWAYS_KNOWN, CATEGORIES, FEATURES, NUMBERS, TARGET
from mlops_runtime.errors import StepError
from mlops_runtime.packaging import SavedModel, save_model
from mlops_runtime.serving.contract import Feature, ModelOutput, ServingContract

# The served model adds up its trees in float32: some 1e-5 of a minute for usual delays, ten times that for the longest.
TOLERANCE_MINUTES = 1e-3
OPERATOR_SETS = {"": 17, "ai.onnx.ml": 3}


def write_artifact(pipeline: Pipeline, training: pd.DataFrame, directory: Path) -> SavedModel:
    """Write the artifact; `save_model` holds what is served against scikit-learn on real flights.

    The graph is of the trees alone, as categories go into it as their places in the contract's vocabularies: so a
    server hands on one matrix.

    Args:
        pipeline: The fitted pipeline.
        training: The flights that it was fitted to.
        directory: Folder to be made.

    Raises:
        StepError: The two differ by more than the tolerance, or the model has no answer for a null that the contract
            allows.
    """
    contract = serving_contract(pipeline)
    return save_model(
        pipeline,
        training.loc[:, list(FEATURES)],
        directory,
        features=contract.features,
        outputs=contract.outputs,
        onnx=to_onnx(pipeline),
        tolerance=TOLERANCE_MINUTES,
    )


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
