"""The contract's features and outputs as MLflow's signature."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlops_runtime.serving.contract import Feature, ModelOutput

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

# A double takes a float32, and a frame of doubles is what examples and tools hold.
_FEATURES = {"bool": "boolean", "int64": "long", "datetime": "datetime", "text": "string", "category": "string"}
_OUTPUTS = {"number": "double", "text": "string"}


def signature_of(features: Sequence[Feature], outputs: Sequence[ModelOutput]) -> "ModelSignature":
    """Return the signature of a model that takes these features and gives these outputs."""
    from mlflow.models import ModelSignature  # noqa: PLC0415 - slow to import
    from mlflow.types import ColSpec, DataType, Schema, TensorSpec  # noqa: PLC0415
    from mlflow.types.schema import Array  # noqa: PLC0415

    vector = Array(DataType.double)
    inputs: list[ColSpec | TensorSpec] = [
        ColSpec(
            vector if feature.dtype == "vector" else DataType[_FEATURES.get(feature.dtype, "double")],
            feature.name,
            required=not feature.nullable,
        )
        for feature in features
    ]

    def answer(output: ModelOutput) -> Array | DataType:
        if output.kind in ("probabilities", "vector"):
            return vector
        if output.kind == "label":
            return DataType.string if isinstance((output.classes or ("",))[0], str) else DataType.long
        return DataType[_OUTPUTS[output.kind]]

    if len(outputs) == 1 and outputs[0].kind != "vector":
        answers: list[ColSpec | TensorSpec] = [ColSpec(answer(outputs[0]))]
    else:
        answers = [ColSpec(answer(output), output.name) for output in outputs]
    return ModelSignature(Schema(inputs), Schema(answers))
