"""Step `register`: the model into the registry, under a version whose digest is known."""

from flight_delay.graph import FlightDelayParameters
from flight_delay.train import MODEL_FOLDER
from mlops_runtime.context import StepContext


def register(context: StepContext[FlightDelayParameters]) -> None:
    """Register the artifact that train wrote and evaluate let pass."""
    context.register_model(context.input("train") / MODEL_FOLDER)
