"""ONNX Runtime: a graph run on one thread."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy
import onnxruntime

from mlops_runtime.serving.answers import check_finite, output_values
from mlops_runtime.serving.columns import ColumnReader, Columns
from mlops_runtime.serving.contract import ContractError, Feature, ServingContract
from mlops_runtime.serving.matrix import Matrix, MatrixBuilder
from mlops_runtime.serving.scorer import Answers, ModelAnswerError, UnansweredRowsError

MATRIX_TYPES: Final = frozenset(("float32", "category"))
# What each type of feature may go in as, by the type of the graph's input. A text cannot be missing in a graph, nor a
# whole number or a truth: a missing number is NaN, a missing text is the empty one.
TENSORS: Final[dict[str, tuple[frozenset[str], type[numpy.generic]]]] = {
    "tensor(float)": (frozenset(("float32", "float64", "int64", "bool", "category", "vector")), numpy.float32),
    "tensor(double)": (frozenset(("float32", "float64", "int64", "bool", "category", "vector")), numpy.float64),
    "tensor(int64)": (frozenset(("int64", "bool")), numpy.int64),
    "tensor(bool)": (frozenset(("bool",)), numpy.bool_),
    "tensor(string)": (frozenset(("text", "category")), numpy.object_),
}
WITHOUT_NULL: Final = ("tensor(int64)", "tensor(bool)")


class OnnxScorer:
    """Scores with `model.onnx`: a graph that takes one matrix, or one input for each feature.

    One row costs microseconds, less than it takes to hand it to another thread: so no thread pools, no spinning. The
    arena is off because it keeps what the largest batch once needed.

    Attributes:
        platform: The runtime's name.
        takes_matrix: Whether the graph takes one matrix of all features.
    """

    platform = "onnx_onnxruntime"

    def __init__(self, path: Path, contract: ServingContract) -> None:
        """Load the graph.

        Args:
            path: The ONNX file.
            contract: What it should take and give.

        Raises:
            ContractError: The file cannot be loaded, or takes or gives something other than the contract says.
        """
        self._session = _session(path)
        self._contract = contract
        inputs = self._session.get_inputs()
        self.takes_matrix = _takes_matrix(inputs, contract)
        if self.takes_matrix:
            self._input_name = inputs[0].name
        else:
            _check_inputs(path, inputs, contract)
            self._tensor_types = {each.name: each.type for each in inputs}
        self._graph_outputs = _graph_outputs(path, self._session.get_outputs(), contract)
        self._is_one_number = contract.is_one_number
        self._name = contract.outputs[0].name

    def reader(self, count_unknown: Callable[[str, int], None] | None = None) -> MatrixBuilder | ColumnReader:
        """Return what reads requests for this graph."""
        return (MatrixBuilder if self.takes_matrix else ColumnReader)(self._contract, count_unknown)

    def score(self, batch: Matrix | Columns) -> Answers:
        """Every output for each row.

        Raises:
            UnansweredRowsError: It has no finite number for some of them.
            ModelAnswerError: The answers are not what the contract says.
        """
        inputs = self._tensors(batch) if isinstance(batch, Columns) else {self._input_name: batch}
        try:
            given = self._session.run(self._graph_outputs, inputs)
        except Exception as error:
            raise ModelAnswerError(f"got {error} from ONNX Runtime, expected an answer") from error
        if self._is_one_number:
            return {self._name: _one_number(given[0], len(batch))}
        answers = {
            output.name: output_values(output, values, len(batch))
            for output, values in zip(self._contract.outputs, given, strict=True)
        }
        check_finite(answers.values())
        return answers

    def _tensors(self, columns: Columns) -> dict[str, Any]:
        return {
            feature.name: _tensor(feature, self._tensor_types[feature.name], columns.values[feature.name])
            for feature in self._contract.features
        }


def _one_number(answers: Any, rows: int) -> Any:
    if answers.size != rows:
        raise ModelAnswerError(f"got {answers!r:.200}, expected {rows} numbers from the model")
    if not numpy.isfinite(answers).all():
        raise UnansweredRowsError(numpy.flatnonzero(~numpy.isfinite(answers)).tolist())
    return answers.reshape(-1)


def _tensor(feature: Feature, tensor_type: str, values: list[Any]) -> Any:
    kind = TENSORS[tensor_type][1]
    if feature.dtype == "vector":
        missing = [numpy.nan] * (feature.length or 0)
        return numpy.array([missing if value is None else value for value in values], dtype=kind)
    if tensor_type == "tensor(string)":
        values = ["" if value is None else value for value in values]
    elif feature.vocabulary is not None:
        codes = {category: code for code, category in enumerate(feature.vocabulary)}
        values = [None if value is None else codes[value] for value in values]
    return numpy.array(values, dtype=kind).reshape(-1, 1)


def _session(path: Path) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ContractError(f"{path}: got {error}, expected an ONNX model that loads") from error


def _takes_matrix(inputs: Sequence[Any], contract: ServingContract) -> bool:
    """Whether a graph takes all features at once, in the order of the contract."""
    width = len(contract.features)
    is_matrix = len(inputs) == 1 and inputs[0].type == "tensor(float)" and inputs[0].shape[1:] in ([width], [None])
    return is_matrix and {feature.dtype for feature in contract.features} <= MATRIX_TYPES


def _check_inputs(path: Path, inputs: Sequence[Any], contract: ServingContract) -> None:
    """Hold the inputs of a graph that takes one for each feature.

    Raises:
        ContractError: With every input that the contract does not fit.
    """
    given = {each.name: each for each in inputs}
    if given.keys() != set(contract.feature_names):
        got = ", ".join(f"{each.name} {each.type} {each.shape}" for each in inputs)
        width = len(contract.features)
        names = ", ".join(contract.feature_names[:24])
        raise ContractError(
            f"{path}: got {got}, expected one input tensor(float) of {width} columns (features of"
            f" {' and '.join(sorted(MATRIX_TYPES))}), or one input for each feature: {names}"
        )
    problems = []
    for feature in contract.features:
        tensor = given[feature.name]
        types, _ = TENSORS.get(tensor.type, (frozenset(), None))
        columns = feature.length or 1
        if feature.dtype not in types:
            expected = " or ".join(sorted(each for each, (known, _) in TENSORS.items() if feature.dtype in known))
            instead = expected or 'none: "runtime": "pyfunc"'
            problems.append(f"input {feature.name!r}: got {tensor.type} for {feature.dtype}, expected {instead}")
        elif tensor.shape[1:] not in ([columns], [None]):
            problems.append(f"input {feature.name!r}: got shape {tensor.shape}, expected [rows, {columns}]")
        elif feature.nullable and tensor.type in WITHOUT_NULL:
            problems.append(f'input {feature.name!r}: got "nullable": true, expected false: {tensor.type} has no null')
    if problems:
        raise ContractError(f"{path}: {'; '.join(problems)}")


def _graph_outputs(path: Path, given: Sequence[Any], contract: ServingContract) -> list[str]:
    """Return the names of the graph's outputs in the order of the contract's: by name, or the one where both have one.

    Raises:
        ContractError: An output of the contract is not there, or has a type of another kind.
    """
    by_name = {each.name: each for each in given}
    if len(given) == 1 == len(contract.outputs):
        by_name = {contract.outputs[0].name: given[0]}
    names, problems = [], []
    for output in contract.outputs:
        if (each := by_name.get(output.name)) is None:
            problems.append(f"got no output {output.name!r}, expected one")
        elif each.type not in (expected := _output_types(output.kind, output.classes)):
            problems.append(
                f"output {each.name!r}: got {each.type} for a {output.kind}, expected {' or '.join(expected)}"
            )
        else:
            names.append(each.name)
    if problems:
        got = ", ".join(f"{each.name} {each.type}" for each in given)
        raise ContractError(f"{path}: {'; '.join(problems)}; the graph's outputs: {got}")
    return names


def _output_types(kind: str, classes: Sequence[str | int] | None) -> tuple[str, ...]:
    numbers = ("tensor(float)", "tensor(double)")
    if kind == "label":
        return ("tensor(string)",) if classes and isinstance(classes[0], str) else ("tensor(int64)", "tensor(int32)")
    if kind == "text":
        return ("tensor(string)",)
    if kind == "probabilities":
        return (*numbers, "seq(map(string,tensor(float)))", "seq(map(int64,tensor(float)))")
    return ("tensor(float)",) if kind == "number" else numbers
