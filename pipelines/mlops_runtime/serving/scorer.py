"""The model itself: an ONNX graph run on one thread."""

from pathlib import Path

import numpy
import numpy.typing
import onnxruntime

from .contract import ContractError
from .matrix import Matrix

Answers = numpy.typing.NDArray[numpy.float32]


class ModelAnswerError(RuntimeError):
    """The model gave something that is not one finite number for each row."""


class OnnxScorer:
    """Scores matrices with `model.onnx`.

    One row costs microseconds, less than it takes to hand it to another thread: so no thread pools, no spinning. The
    arena is off because it keeps what the largest batch once needed.
    """

    def __init__(self, path: Path, width: int) -> None:
        """Loads the graph.

        Args:
            path: The ONNX file.
            width: Number of features that the contract names.

        Raises:
            ContractError: The file cannot be loaded, or takes or gives something other than the contract says.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise ContractError(f"{path}: expected an ONNX model that loads, got {error}") from error
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if len(inputs) != 1 or inputs[0].type != "tensor(float)" or inputs[0].shape[1:] not in ([width], [None]):
            got = ", ".join(f"{each.name} {each.type} {each.shape}" for each in inputs)
            raise ContractError(f"{path}: expected one input tensor(float) of {width} columns, got {got}")
        if len(outputs) != 1 or outputs[0].type != "tensor(float)":
            got = ", ".join(f"{each.name} {each.type}" for each in outputs)
            raise ContractError(f"{path}: expected one output tensor(float), got {got}")
        self._input_name = inputs[0].name
        self._output_names = [outputs[0].name]

    def score(self, matrix: Matrix) -> Answers:
        """The model's number for each row, shape (rows,).

        Raises:
            ModelAnswerError: The answers are not one finite number for each row.
        """
        answers = self._session.run(self._output_names, {self._input_name: matrix})[0]
        if answers.size != len(matrix) or not numpy.isfinite(answers).all():
            raise ModelAnswerError(f"expected {len(matrix)} finite numbers from the model, got {answers!r:.200}")
        return answers.reshape(-1)  # type: ignore[no-any-return]
