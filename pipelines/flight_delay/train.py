"""Step `train`: fits the model to the earlier flights and writes its artifact."""

import json
from contextlib import suppress

import pandas as pd

from flight_delay.artifact import write_artifact
from flight_delay.columns import TARGET
from flight_delay.features import FEATURES_FILE
from flight_delay.frames import read_frame
from flight_delay.graph import FlightDelayParameters
from flight_delay.model import fit
from flight_delay.scoring import score
from flight_delay.split import Split
from mlops_runtime.context import StepContext
from mlops_runtime.errors import StepError
from mlops_runtime.monitoring.holdout import record_holdout_quality
from mlops_runtime.monitoring.quality import regression_answers

MODEL_FOLDER = "model"
TRAINING_FILE = "training.json"


def train(context: StepContext[FlightDelayParameters]) -> None:
    """Write the model artifact, with what it was trained on."""
    split = Split.of(context.parameters)
    frame = read_frame(context.input("features") / FEATURES_FILE)
    training = split.training(frame, context.parameters.training_rows_max)
    pipeline = fit(training, context.parameters)
    directory = context.output / MODEL_FOLDER
    saved = write_artifact(pipeline, training, directory)
    with suppress(StepError):
        # No flights to be judged by: the step evaluate says so.
        holdout = split.holdout(frame).reset_index(drop=True)
        answers = regression_answers(pd.Series(score(directory, holdout)), holdout[TARGET], "minutes")
        record_holdout_quality(directory, answers)
    note = {
        "parameters": context.parameters.model_dump(),
        "holdout_from": f"{split.holdout_from:%Y-%m-%d}",
        "rows": len(training),
    }
    (directory / TRAINING_FILE).write_text(json.dumps(note, indent=1) + "\n", encoding="utf-8")
    context.log_metrics({"rows_training": len(training), "onnx_max_difference_minutes": saved.onnx_difference or 0.0})
    context.message = f"{context.parameters.iterations} trees fitted to {len(training)} flights"
