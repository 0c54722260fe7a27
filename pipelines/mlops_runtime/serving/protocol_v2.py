"""The Open Inference Protocol (v2): its JSON form, and answers in raw bytes behind the JSON where a request asks."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import uuid4

import orjson

from .binary_tensors import binary_answer
from .contract import Feature, ServingContract
from .identity import Identity
from .input_error import InputError, InputProblem, ProblemList, shown
from .matrix import Matrix, MatrixBuilder
from .protocol import AnswerBody, Body
from .protocol_v1 import parsed
from .scorer import Answers

MATRIX_TENSOR = "features"
DIMENSIONS_MAX = 2
NUMBER_DATATYPES = frozenset(
    ("FP16", "FP32", "FP64", *(f"{sign}INT{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64)))
)


@dataclass(frozen=True, slots=True)
class InferHeader:
    """What of a request its answer needs: the id that it repeats, and whether the numbers are to be raw bytes."""

    request_id: str | None
    binary_output: bool = False


class InferProtocol:
    """Reads and writes v2 messages for one model.

    A request gives one tensor for each feature, shape [rows] or [rows, 1]: numbers as numbers, categories as BYTES; a
    feature without a tensor counts as null. Or it gives one tensor named "features", shape [rows, features], that
    holds all of them in order as numbers, categories as their places in the vocabulary.
    """

    name = "v2"

    def __init__(self, contract: ServingContract, builder: MatrixBuilder, identity: Identity) -> None:
        self._contract = contract
        self._builder = builder
        self._known = {feature.name: feature for feature in contract.features}
        self._answer = {
            "model_name": identity.name,
            "model_version": identity.version,
            "parameters": {"digest": identity.digest},
        }

    def decode(self, body: Body) -> tuple[Matrix, InferHeader]:
        """The input matrix of a request's body, and what its answer needs to know.

        Raises:
            InputError: With what is wrong with the request.
        """
        return self.read(parsed(body))

    def read(self, document: object) -> tuple[Matrix, InferHeader]:
        """As `decode`, of a body that is parsed already."""
        if not isinstance(document, dict) or "inputs" not in document:
            raise InputError.at("request", document, 'an object with "inputs"')
        request_id = document.get("id")
        if request_id is not None and not isinstance(request_id, str):
            raise InputError.at("id", request_id, "text")
        binary = ("outputs" in document or "parameters" in document) and self._is_binary_output(document)
        return self.matrix(document["inputs"]), InferHeader(request_id, binary)

    def matrix(self, inputs: object) -> Matrix:
        """The input matrix of a parsed request's tensors: objects with name, shape, datatype and data."""
        if not isinstance(inputs, list) or not inputs:
            raise InputError.at("inputs", inputs, "a list of at least one tensor")
        for number, tensor in enumerate(inputs):
            _check_tensor(tensor, f"inputs[{number}]")
        if len(inputs) == 1 and inputs[0]["name"] == MATRIX_TENSOR and MATRIX_TENSOR not in self._known:
            return self._from_matrix_tensor(inputs[0])
        return self._from_feature_tensors(inputs)

    def encode(self, answers: Answers, request: InferHeader) -> AnswerBody:
        """The body of the answer."""
        output: dict[str, Any] = {"name": self._contract.outputs[0].name, "shape": [len(answers)], "datatype": "FP32"}
        document = {**self._answer, "id": request.request_id or str(uuid4()), "outputs": [output]}
        if request.binary_output:
            return binary_answer(document, output, answers)
        output["data"] = answers
        return AnswerBody(orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY))

    def row_place(self, row: int, _request: InferHeader) -> str:
        """Names a row in error messages."""
        return f"row {row} of inputs"

    def input_metadata(self) -> list[dict[str, object]]:
        """The tensors that a request may give, as the metadata document lists them."""
        return [{"name": name, "datatype": _datatype(each), "shape": [-1]} for name, each in self._known.items()]

    def output_metadata(self) -> list[dict[str, object]]:
        """The tensor of an answer."""
        return [{"name": self._contract.outputs[0].name, "datatype": "FP32", "shape": [-1]}]

    def _from_matrix_tensor(self, tensor: Mapping[str, Any]) -> Matrix:
        shape = tensor["shape"]
        if len(shape) != 2 or shape[0] < 1 or shape[1] != self._builder.width:
            problem = InputProblem(f"{MATRIX_TENSOR}.shape", str(shape), f"[rows, {self._builder.width}]")
            raise InputError([problem])
        if tensor["datatype"] not in NUMBER_DATATYPES:
            raise InputError.at(f"{MATRIX_TENSOR}.datatype", tensor["datatype"], "FP32 or another number type")
        cells = _flat(tensor, MATRIX_TENSOR)
        return self._builder.from_cells(
            cells, shape[0], lambda row, feature: f"{MATRIX_TENSOR}.data[{row}] {feature}", encoded=True
        )

    def _from_feature_tensors(self, tensors: list[Mapping[str, Any]]) -> Matrix:
        rows = math.prod(tensors[0]["shape"])
        columns: dict[str, list[Any]] = {}
        problems = ProblemList()
        for tensor in tensors:
            if problems.is_full:
                break
            name, shape, datatype = tensor["name"], tensor["shape"], tensor["datatype"]
            feature = self._known.get(name)
            if feature is None:
                problems.add(partial(self._stranger, name))
            elif name in columns:
                problems.add(partial(InputProblem, "inputs", f"a second tensor named {name!r}", "each feature once"))
            elif shape not in ([rows], [rows, 1]) or not rows:
                expected = f"[{rows}] or [{rows}, 1] as in the first tensor" if rows else "at least one row"
                problems.add(partial(InputProblem, f"{name}.shape", str(shape), expected))
            elif not _fits(feature, datatype):
                problems.add(partial(InputProblem, f"{name}.datatype", shown(datatype), _datatype(feature)))
            else:
                columns[name] = _flat(tensor, name)
        problems.raise_if_any()
        return self._builder.from_columns(columns, rows, lambda row, feature: f"{feature}.data[{row}]")

    def _stranger(self, name: str) -> InputProblem:
        return InputProblem("inputs", f"a tensor named {shown(name)}", self._builder.expected_name(name))

    def _is_binary_output(self, document: Mapping[str, Any]) -> bool:
        """Whether the output is wanted as raw bytes; what an output says of itself goes before what all of them do."""
        outputs = document.get("outputs") or []
        if not isinstance(outputs, list) or not all(isinstance(each, dict) for each in outputs):
            raise InputError.at("outputs", outputs, "a list of objects")
        for number, each in enumerate(outputs):
            if each.get("name") != self._contract.outputs[0].name:
                raise InputError.at(f"outputs[{number}].name", each.get("name"), repr(self._contract.outputs[0].name))
        wishes = [_parameter(each, "binary_data") for each in outputs[:1]] + [
            _parameter(document, "binary_data_output")
        ]
        return bool(next((wish for wish in wishes if wish is not None), False))


def _parameter(holder: Mapping[str, Any], name: str) -> object:
    parameters = holder.get("parameters")
    return parameters.get(name) if isinstance(parameters, dict) else None


def _check_tensor(tensor: object, place: str) -> None:
    if not isinstance(tensor, dict):
        raise InputError.at(place, tensor, "an object with name, shape, datatype and data")
    shape = tensor.get("shape")
    if (
        not isinstance(shape, list)
        or not 1 <= len(shape) <= DIMENSIONS_MAX
        or not all(type(each) is int and each >= 0 for each in shape)
    ):
        raise InputError.at(f"{place}.shape", shape, "a list of one or two numbers: of rows, and of columns")
    for key, kind, expected in (("name", str, "text"), ("datatype", str, "text"), ("data", list, "a list of values")):
        if not isinstance(tensor.get(key), kind):
            raise InputError.at(f"{place}.{key}", tensor.get(key), expected)


def _flat(tensor: Mapping[str, Any], name: str) -> list[Any]:
    """The tensor's values in row-major order, of which the shape promises the number."""
    data: list[Any] = tensor["data"]
    if data and type(data[0]) is list:
        if not all(type(row) is list and len(row) == tensor["shape"][-1] for row in data):
            raise InputError.at(f"{name}.data", data, f"rows of {tensor['shape'][-1]} values, as in its shape")
        data = [value for row in data for value in row]
    count = math.prod(tensor["shape"])
    if len(data) != count:
        raise InputError.at(f"{name}.data", data, f"{count} values, as in its shape {tensor['shape']}")
    return data


def _datatype(feature: Feature) -> str:
    return "BYTES" if feature.dtype == "category" else "FP32"


def _fits(feature: Feature, datatype: str) -> bool:
    return datatype == "BYTES" if feature.dtype == "category" else datatype in NUMBER_DATATYPES
