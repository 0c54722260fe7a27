"""The Open Inference Protocol (v2), its JSON form."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import orjson

from .contract import Feature, ServingContract
from .identity import Identity
from .input_error import InputError, InputProblem, shown
from .matrix import Matrix, MatrixBuilder
from .protocol_v1 import parsed
from .scorer import Answers

MATRIX_TENSOR = "features"
NUMBER_DATATYPES = frozenset(
    ("FP16", "FP32", "FP64", *(f"{sign}INT{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64)))
)


class BinaryOutputError(Exception):
    """The request asks for output as raw bytes, which this reader leaves to the server's general one."""


@dataclass(frozen=True, slots=True)
class InferHeader:
    """What of a request its answer repeats."""

    request_id: str | None


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

    def decode(self, body: bytes) -> tuple[Matrix, InferHeader]:
        """The input matrix of a request's body, and what its answer needs to know.

        Raises:
            InputError: With everything that is wrong with the request.
            BinaryOutputError: The request is for a reader that can answer in bytes.
        """
        return self.read(parsed(body))

    def read(self, document: object) -> tuple[Matrix, InferHeader]:
        """As `decode`, of a body that is parsed already."""
        if not isinstance(document, dict) or "inputs" not in document:
            raise InputError.at("request", document, 'an object with "inputs"')
        request_id = document.get("id")
        if request_id is not None and not isinstance(request_id, str):
            raise InputError.at("id", request_id, "text")
        if "outputs" in document or "parameters" in document:
            self._check_outputs(document)
        return self.matrix(document["inputs"]), InferHeader(request_id)

    def matrix(self, inputs: object) -> Matrix:
        """The input matrix of a parsed request's tensors: objects with name, shape, datatype and data."""
        if not isinstance(inputs, list) or not inputs:
            raise InputError.at("inputs", inputs, "a list of at least one tensor")
        for number, tensor in enumerate(inputs):
            _check_tensor(tensor, f"inputs[{number}]")
        if len(inputs) == 1 and inputs[0]["name"] == MATRIX_TENSOR and MATRIX_TENSOR not in self._known:
            return self._from_matrix_tensor(inputs[0])
        return self._from_feature_tensors(inputs)

    def encode(self, answers: Answers, request: InferHeader) -> bytes:
        """The body of the answer."""
        output = {
            "name": self._contract.output.name,
            "shape": [len(answers)],
            "datatype": "FP32",
            "data": answers,
        }
        document = {**self._answer, "id": request.request_id or str(uuid4()), "outputs": [output]}
        return orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)

    def input_metadata(self) -> list[dict[str, object]]:
        """The tensors that a request may give, as the metadata document lists them."""
        return [{"name": name, "datatype": _datatype(each), "shape": [-1]} for name, each in self._known.items()]

    def output_metadata(self) -> list[dict[str, object]]:
        """The tensor of an answer."""
        return [{"name": self._contract.output.name, "datatype": "FP32", "shape": [-1]}]

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
        problems: list[InputProblem] = []
        for tensor in tensors:
            name, shape, datatype = tensor["name"], tensor["shape"], tensor["datatype"]
            feature = self._known.get(name)
            if feature is None:
                expected = self._builder.expected_name(name)
                problems.append(InputProblem("inputs", f"a tensor named {name!r}", expected))
            elif name in columns:
                problems.append(InputProblem("inputs", f"a second tensor named {name!r}", "each feature once"))
            elif shape not in ([rows], [rows, 1]) or not rows:
                expected = f"[{rows}] or [{rows}, 1] as in the first tensor" if rows else "at least one row"
                problems.append(InputProblem(f"{name}.shape", str(shape), expected))
            elif not _fits(feature, datatype):
                problems.append(InputProblem(f"{name}.datatype", shown(datatype), _datatype(feature)))
            else:
                columns[name] = _flat(tensor, name)
        if problems:
            raise InputError(problems)
        missing = [None] * rows
        cells = [
            cell for row in zip(*(columns.get(name, missing) for name in self._known), strict=True) for cell in row
        ]
        return self._builder.from_cells(cells, rows, lambda row, feature: f"{feature}.data[{row}]")

    def _check_outputs(self, document: Mapping[str, Any]) -> None:
        outputs = document.get("outputs") or []
        if not isinstance(outputs, list) or not all(isinstance(each, dict) for each in outputs):
            raise InputError.at("outputs", outputs, "a list of objects")
        if _parameter(document, "binary_data_output") or any(_parameter(each, "binary_data") for each in outputs):
            raise BinaryOutputError
        for number, each in enumerate(outputs):
            if each.get("name") != self._contract.output.name:
                raise InputError.at(f"outputs[{number}].name", each.get("name"), repr(self._contract.output.name))


def _parameter(holder: Mapping[str, Any], name: str) -> object:
    parameters = holder.get("parameters")
    return parameters.get(name) if isinstance(parameters, dict) else None


def _check_tensor(tensor: object, place: str) -> None:
    if not isinstance(tensor, dict):
        raise InputError.at(place, tensor, "an object with name, shape, datatype and data")
    shape = tensor.get("shape")
    if not isinstance(shape, list) or not all(type(each) is int and each >= 0 for each in shape) or not shape:
        raise InputError.at(f"{place}.shape", shape, "a list of numbers of rows and columns")
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
