"""The rows of an answered request as its caller gave them: what the payload log writes down.

Not what the model was given: a category that is in no vocabulary is a missing number there, and here it has its name.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlops_runtime.monitoring.payloads.record import Row

from .answers import Values
from .binary_tensors import parsed_with_tensors
from .contract import Feature, ModelOutput, ServingContract
from .protocol import Body
from .protocol_v1 import parsed
from .protocol_v2 import MATRIX_TENSOR
from .scorer import Answers


class GivenRows:
    """Reads requests of one model once more; they have been found right before."""

    def __init__(self, contract: ServingContract) -> None:
        self._names = contract.feature_names
        self._features = {feature.name: feature for feature in contract.features}
        self._outputs = contract.outputs

    def rows(self, body: Body, json_bytes: bytes | None, answers: Answers) -> Iterator[Row]:
        """Yield inputs and outputs of each row.

        Args:
            body: The request's body.
            json_bytes: The header that says how much of it is JSON, where tensors lie behind it.
            answers: What the model gave.
        """
        document = parsed(body) if json_bytes is None else parsed_with_tensors(body, json_bytes)
        inputs = self._inputs_of(document)
        columns = {output.name: _listed(output, answers[output.name]) for output in self._outputs}
        for row, given in enumerate(inputs):
            yield given, {name: values[row] for name, values in columns.items()}

    def _inputs_of(self, document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        if "instances" in document:
            return self._from_instances(document)
        if "input" in document:
            # OpenAI's embeddings: one text, or several, for the model's one feature.
            texts = [document["input"]] if isinstance(document["input"], str) else document["input"]
            return ({self._names[0]: text} for text in texts)
        return self._from_tensors(document["inputs"])

    def _from_instances(self, document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        for row in document["instances"]:
            yield row if isinstance(row, dict) else dict(zip(self._names, row, strict=True))

    def _from_tensors(self, tensors: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        if len(tensors) == 1 and tensors[0]["name"] == MATRIX_TENSOR and MATRIX_TENSOR not in self._features:
            return self._from_matrix(tensors[0])
        return self._from_columns({tensor["name"]: tensor for tensor in tensors})

    def _from_matrix(self, tensor: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Categories are given as their places in the vocabulary here: they get their names."""
        width = len(self._names)
        cells = _flat(tensor["data"])
        features = list(self._features.values())
        for start in range(0, len(cells), width):
            row = zip(features, cells[start : start + width], strict=True)
            yield {feature.name: _named(feature, cell) for feature, cell in row}

    def _from_columns(self, tensors: Mapping[str, Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        columns = {}
        for name, tensor in tensors.items():
            cells, length = _flat(tensor["data"]), self._features[name].length
            columns[name] = (
                cells if length is None else [cells[start : start + length] for start in range(0, len(cells), length)]
            )
        for row in zip(*columns.values(), strict=True):
            yield dict(zip(columns, row, strict=True))


def _flat(data: list[Any]) -> list[Any]:
    return [value for row in data for value in row] if data and type(data[0]) is list else data


def _named(feature: Feature, cell: Any) -> Any:
    return cell if feature.vocabulary is None or cell is None else feature.vocabulary[int(cell)]


def _listed(output: ModelOutput, values: Values) -> Any:
    """Return an output's values by row. Numbers stay NumPy's: they are written with as many digits as a float32 has."""
    if output.kind == "probabilities":
        return [dict(zip(output.class_names, row, strict=True)) for row in values]
    return values.tolist() if values.dtype.kind in "Oi" else values
