"""Step `register`: the model into the registry, under a version whose digest is known."""

from mlops_runtime.supervised.context import MODEL_FOLDER, Context


def register(context: Context) -> None:
    """Register the artifact that train wrote and evaluate let pass."""
    context.register_model(context.input("train") / MODEL_FOLDER)
