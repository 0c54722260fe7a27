"""The outputs of an Open Inference Protocol answer: which are wanted, and each as a tensor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from .binary_tensors import CONTENT_TYPE, SIZE_PARAMETER, raw_bytes
from .contract import ModelOutput
from .input_error import InputError
from .protocol import AnswerBody
from .rows import listed
from .scorer import Answers


@dataclass(frozen=True, slots=True)
class WantedOutput:
    """An output that a request wants, and whether as raw bytes behind the answer's JSON."""

    output: ModelOutput
    is_binary: bool = False


class InferOutputs:
    """The outputs of one model."""

    def __init__(self, outputs: Sequence[ModelOutput]) -> None:
        self._outputs = {output.name: output for output in outputs}
        self._all = tuple(WantedOutput(output) for output in outputs)

    def wanted(self, document: Mapping[str, Any]) -> tuple[WantedOutput, ...]:
        """Return what a request wants: what it lists, else all; what an output says of itself goes before what all do.

        Raises:
            InputError: It lists an output that the model does not have, or one twice.
        """
        if "outputs" not in document and "parameters" not in document:
            return self._all
        outputs = document.get("outputs") or []
        if not isinstance(outputs, list) or not all(isinstance(each, dict) for each in outputs):
            raise InputError.at("outputs", outputs, "a list of objects")
        is_binary = bool(_parameter(document, "binary_data_output"))
        if not outputs:
            return tuple(WantedOutput(output, is_binary) for output in self._outputs.values())
        wanted: dict[str, WantedOutput] = {}
        for number, each in enumerate(outputs):
            name = each.get("name")
            place = f"outputs[{number}].name"
            output = self._outputs.get(name) if isinstance(name, str) else None
            if output is None:
                names = listed(tuple(self._outputs))
                raise InputError.at(place, name, names if len(self._outputs) == 1 else f"one of {names}")
            if output.name in wanted:
                raise InputError.at(place, name, "each output once")
            wish = _parameter(each, "binary_data")
            wanted[output.name] = WantedOutput(output, is_binary if wish is None else bool(wish))
        return tuple(wanted.values())

    def metadata(self) -> list[dict[str, object]]:
        """Return the tensors of an answer, with their units and classes, as the metadata document lists them."""
        return [_described(output) for output in self._outputs.values()]


def answer_body(document: dict[str, Any], wanted: Sequence[WantedOutput], answers: Answers) -> AnswerBody:
    """Return the answer's body; `document` is its JSON but for the outputs."""
    tensors: list[dict[str, Any]] = []
    raw: list[bytes] = []
    for each in wanted:
        values = answers[each.output.name]
        tensor: dict[str, Any] = {
            "name": each.output.name,
            "shape": list(values.shape),
            "datatype": output_datatype(each.output),
        }
        if each.is_binary:
            raw.append(raw_bytes(values))
            tensor["parameters"] = {SIZE_PARAMETER: len(raw[-1])}
        else:
            tensor["data"] = values.reshape(-1) if values.dtype.kind == "f" else values.tolist()
        tensors.append(tensor)
    head = orjson.dumps({**document, "outputs": tensors}, option=orjson.OPT_SERIALIZE_NUMPY)
    return AnswerBody(b"".join((head, *raw)), CONTENT_TYPE, len(head)) if raw else AnswerBody(head)


def output_datatype(output: ModelOutput) -> str:
    """Return the datatype of an output's tensor."""
    if output.kind == "text":
        return "BYTES"
    if output.kind == "label":
        return "INT64" if output.classes and isinstance(output.classes[0], int) else "BYTES"
    return "FP32"


def output_values_of(output: ModelOutput, tensor: Mapping[str, Any]) -> list[Any]:
    """Return a parsed tensor's values, one for each row: a list where the output has several numbers."""
    data: list[Any] = tensor["data"]
    columns = output.columns
    return data if columns is None else [data[start : start + columns] for start in range(0, len(data), columns)]


def _described(output: ModelOutput) -> dict[str, object]:
    parameters: dict[str, object] = {"kind": output.kind}
    if output.unit:
        parameters["unit"] = output.unit
    if output.classes:
        parameters["classes"] = list(output.classes)
    shape = [-1] if output.columns is None else [-1, output.columns]
    return {"name": output.name, "datatype": output_datatype(output), "shape": shape, "parameters": parameters}


def _parameter(holder: Mapping[str, Any], name: str) -> object:
    parameters = holder.get("parameters")
    return parameters.get(name) if isinstance(parameters, dict) else None
