"""Step `train`: fits the model to the earlier flights and writes its artifact."""

import json

from flight_delay.artifact import write_artifact
from flight_delay.features import FEATURES_FILE
from flight_delay.frames import read_frame
from flight_delay.graph import FlightDelayParameters
from flight_delay.model import fit
from flight_delay.split import Split
from mlops_runtime.context import StepContext

MODEL_FOLDER = "model"
TRAINING_FILE = "training.json"


def train(context: StepContext[FlightDelayParameters]) -> None:
    """Write the model artifact, with what it was trained on."""
    split = Split.of(context.parameters)
    training = split.training(
        read_frame(context.input("features") / FEATURES_FILE), context.parameters.training_rows_max
    )
    pipeline = fit(training, context.parameters)
    directory = context.output / MODEL_FOLDER
    difference = write_artifact(pipeline, training, directory)
    note = {
        "parameters": context.parameters.model_dump(),
        "holdout_from": f"{split.holdout_from:%Y-%m-%d}",
        "rows": len(training),
    }
    (directory / TRAINING_FILE).write_text(json.dumps(note, indent=1) + "\n", encoding="utf-8")
    context.log_metrics({"rows_training": len(training), "onnx_max_difference_minutes": difference})
    context.message = f"{context.parameters.iterations} trees fitted to {len(training)} flights"
