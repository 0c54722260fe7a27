"""The Open Inference Protocol (v2): its JSON form, and answers in raw bytes behind the JSON where a request asks."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from .contract import Feature, ServingContract
from .identity import Identity
from .infer_outputs import InferOutputs, WantedOutput, answer_body
from .input_error import InputError, InputProblem, ProblemList, shown
from .prediction_ids import checked_prediction_id, new_prediction_id
from .protocol import AnswerBody, Body
from .protocol_v1 import parsed
from .scorer import Answers, Batch, BatchReader

MATRIX_TENSOR = "features"
DIMENSIONS_MAX = 2
DATATYPES = {"float32": "FP32", "float64": "FP64", "int64": "INT64", "bool": "BOOL", "vector": "FP32"}
NUMBER_DATATYPES = frozenset(
    ("FP16", "FP32", "FP64", *(f"{sign}INT{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64)))
)


@dataclass(frozen=True, slots=True)
class InferHeader:
    """What of a request its answer needs: the id that it repeats, and the outputs that it is to hold."""

    request_id: str | None
    wanted: tuple[WantedOutput, ...]

    @property
    def binary_output(self) -> bool:
        """Whether any output is to be raw bytes."""
        return any(each.is_binary for each in self.wanted)


class InferProtocol:
    """Reads and writes v2 messages for one model.

    A request gives one tensor for each feature, shape [rows] or [rows, 1], for a vector [rows, length]: numbers as
    numbers, true and false as BOOL, categories, texts and times as BYTES; a feature without a tensor counts as null.
    Or it gives one tensor named "features", shape [rows, features], that holds all of them in order as numbers,
    categories as their places in the vocabulary: where the model takes a matrix, or all features are numbers.
    """

    name = "v2"

    def __init__(self, contract: ServingContract, reader: BatchReader, identity: Identity) -> None:
        self._outputs = InferOutputs(contract.outputs)
        self._reader = reader
        self._known = {feature.name: feature for feature in contract.features}
        self._answer = {
            "model_name": identity.name,
            "model_version": identity.version,
            "parameters": {"digest": identity.digest},
        }

    def decode(self, body: Body) -> tuple[Batch, InferHeader]:
        """Return the rows of a request's body, and what its answer needs to know.

        Raises:
            InputError: With what is wrong with the request.
        """
        return self.read(parsed(body))

    def read(self, document: object) -> tuple[Batch, InferHeader]:
        """As `decode`, of a body that is parsed already."""
        if not isinstance(document, dict) or "inputs" not in document:
            raise InputError.at("request", document, 'an object with "inputs"')
        request_id = document.get("id")
        if request_id is not None and not isinstance(request_id, str):
            raise InputError.at("id", request_id, "text")
        if request_id:
            checked_prediction_id(request_id, "id")
        wanted = self._outputs.wanted(document)
        return self.batch(document["inputs"]), InferHeader(request_id, wanted)

    def batch(self, inputs: object) -> Batch:
        """Return the rows of a parsed request's tensors: objects with name, shape, datatype and data."""
        if not isinstance(inputs, list) or not inputs:
            raise InputError.at("inputs", inputs, "a list of at least one tensor")
        for number, tensor in enumerate(inputs):
            _check_tensor(tensor, f"inputs[{number}]")
        if len(inputs) == 1 and inputs[0]["name"] == MATRIX_TENSOR and MATRIX_TENSOR not in self._known:
            return self._from_matrix_tensor(inputs[0])
        return self._from_feature_tensors(inputs)

    def given_id(self, request: InferHeader) -> str | None:
        """Return the request's `id`; an empty one is none."""
        return request.request_id or None

    def encode(self, answers: Answers, request: InferHeader, prediction_id: str = "") -> AnswerBody:
        """Return the body of the answer, with the request's own id, else the prediction's, else a new one."""
        document = {**self._answer, "id": request.request_id or prediction_id or new_prediction_id()}
        return answer_body(document, request.wanted, answers)

    def row_place(self, row: int, _request: InferHeader) -> str:
        """Names a row in error messages."""
        return f"row {row} of inputs"

    def input_metadata(self) -> list[dict[str, object]]:
        """Return the tensors that a request may give, as the metadata document lists them."""
        return [
            {
                "name": name,
                "datatype": input_datatype(each),
                "shape": [-1] if each.length is None else [-1, each.length],
            }
            for name, each in self._known.items()
        ]

    def output_metadata(self) -> list[dict[str, object]]:
        """Return the tensors of an answer, with their units and classes."""
        return self._outputs.metadata()

    def _from_matrix_tensor(self, tensor: Mapping[str, Any]) -> Batch:
        shape = tensor["shape"]
        if len(shape) != 2 or shape[0] < 1 or shape[1] != self._reader.width:
            problem = InputProblem(f"{MATRIX_TENSOR}.shape", str(shape), f"[rows, {self._reader.width}]")
            raise InputError([problem])
        if tensor["datatype"] not in NUMBER_DATATYPES:
            raise InputError.at(f"{MATRIX_TENSOR}.datatype", tensor["datatype"], "FP32 or another number type")
        cells = _flat(tensor, MATRIX_TENSOR)
        return self._reader.from_cells(
            cells, shape[0], lambda row, feature: f"{MATRIX_TENSOR}.data[{row}] {feature}", encoded=True
        )

    def _from_feature_tensors(self, tensors: list[Mapping[str, Any]]) -> Batch:
        first = self._known.get(tensors[0]["name"])
        is_vector = first is not None and first.length is not None
        rows = tensors[0]["shape"][0] if is_vector else math.prod(tensors[0]["shape"])
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
            elif shape not in (shapes := _shapes(feature, rows)) or not rows:
                expected = f"{' or '.join(map(str, shapes))} as in the first tensor" if rows else "at least one row"
                problems.add(partial(InputProblem, f"{name}.shape", str(shape), expected))
            elif not _fits(feature, datatype):
                problems.add(partial(InputProblem, f"{name}.datatype", shown(datatype), input_datatype(feature)))
            else:
                columns[name] = _rows_of(_flat(tensor, name), feature)
        problems.raise_if_any()
        return self._reader.from_columns(columns, rows, lambda row, feature: f"{feature}.data[{row}]")

    def _stranger(self, name: str) -> InputProblem:
        return InputProblem("inputs", f"a tensor named {shown(name)}", self._reader.expected_name(name))


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
    """Return the tensor's values in row-major order, of which the shape promises the number."""
    data: list[Any] = tensor["data"]
    if data and type(data[0]) is list:
        if not all(type(row) is list and len(row) == tensor["shape"][-1] for row in data):
            raise InputError.at(f"{name}.data", data, f"rows of {tensor['shape'][-1]} values, as in its shape")
        data = [value for row in data for value in row]
    count = math.prod(tensor["shape"])
    if len(data) != count:
        raise InputError.at(f"{name}.data", data, f"{count} values, as in its shape {tensor['shape']}")
    return data


def input_datatype(feature: Feature) -> str:
    """Return the datatype of a feature's tensor."""
    return DATATYPES.get(feature.dtype, "BYTES")


def _fits(feature: Feature, datatype: str) -> bool:
    expected = input_datatype(feature)
    return datatype == expected if expected in ("BYTES", "BOOL") else datatype in NUMBER_DATATYPES


def _shapes(feature: Feature, rows: int) -> tuple[list[int], ...]:
    return ([rows, feature.length],) if feature.length is not None else ([rows], [rows, 1])


def _rows_of(data: list[Any], feature: Feature) -> list[Any]:
    """One value for each row: of a vector, its numbers."""
    if (length := feature.length) is None:
        return data
    return [data[start : start + length] for start in range(0, len(data), length)]
