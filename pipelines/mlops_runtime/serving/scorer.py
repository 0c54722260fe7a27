"""The model itself: an ONNX graph run on one thread."""

from collections.abc import Sequence
from pathlib import Path

import numpy
import numpy.typing

from .contract import ContractError
from .matrix import Matrix

Answers = numpy.typing.NDArray[numpy.float32]

SHOWN_ROWS = 8


class ModelAnswerError(RuntimeError):
    """The model gave something that is not one number for each row."""


class UnansweredRowsError(Exception):
    """The model has no finite number for some rows.

    Attributes:
        rows: Their numbers, from 0.
    """

    def __init__(self, rows: Sequence[int]) -> None:
        self.rows = rows
        more = f" and {len(rows) - SHOWN_ROWS} more" if len(rows) > SHOWN_ROWS else ""
        super().__init__(f"no finite number from the model for row {', '.join(map(str, rows[:SHOWN_ROWS]))}{more}")


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
        # Who only reads and writes messages needs the type of an answer, and no model.
        import onnxruntime  # noqa: PLC0415

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
            raise ContractError(f"{path}: got {error}, expected an ONNX model that loads") from error
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if len(inputs) != 1 or inputs[0].type != "tensor(float)" or inputs[0].shape[1:] not in ([width], [None]):
            got = ", ".join(f"{each.name} {each.type} {each.shape}" for each in inputs)
            raise ContractError(f"{path}: got {got}, expected one input tensor(float) of {width} columns")
        if len(outputs) != 1 or outputs[0].type != "tensor(float)":
            got = ", ".join(f"{each.name} {each.type}" for each in outputs)
            raise ContractError(f"{path}: got {got}, expected one output tensor(float)")
        self._input_name = inputs[0].name
        self._output_names = [outputs[0].name]

    def score(self, matrix: Matrix) -> Answers:
        """The model's number for each row, shape (rows,).

        Raises:
            UnansweredRowsError: It has no finite number for some of them.
            ModelAnswerError: The answers are not one number for each row.
        """
        answers = self._run(matrix)
        if not numpy.isfinite(answers).all():
            raise UnansweredRowsError(numpy.flatnonzero(~numpy.isfinite(answers)).tolist())
        return answers

    def has_answers(self, matrix: Matrix) -> bool:
        """Whether the model has a finite number for every row.

        Raises:
            ModelAnswerError: The answers are not one number for each row.
        """
        return bool(numpy.isfinite(self._run(matrix)).all())

    def _run(self, matrix: Matrix) -> Answers:
        answers = self._session.run(self._output_names, {self._input_name: matrix})[0]
        if answers.size != len(matrix):
            raise ModelAnswerError(f"got {answers!r:.200}, expected {len(matrix)} numbers from the model")
        return answers.reshape(-1)  # type: ignore[no-any-return]
