"""The Open Inference Protocol (v2) of one request whose tensors lie as raw bytes behind its JSON."""

from .binary_tensors import parsed_with_tensors
from .protocol import AnswerBody, Body
from .protocol_v2 import InferHeader, InferProtocol
from .scorer import Answers, Batch


class BinaryInferProtocol:
    """As `InferProtocol`, once the tensors are where the JSON form has them."""

    def __init__(self, infer: InferProtocol, json_bytes: bytes) -> None:
        """Set up the reader.

        Args:
            infer: Reads the JSON form.
            json_bytes: The header that says how much of the body is JSON.
        """
        self.name = infer.name
        self._infer = infer
        self.json_bytes = json_bytes

    def decode(self, body: Body) -> tuple[Batch, InferHeader]:
        """Return the rows of a request's body, and what its answer needs to know.

        Raises:
            InputError: With what is wrong with the request.
        """
        return self._infer.read(parsed_with_tensors(body, self.json_bytes))

    def given_id(self, request: InferHeader) -> str | None:
        """Return the request's `id`."""
        return self._infer.given_id(request)

    def encode(self, answers: Answers, request: InferHeader, prediction_id: str = "") -> AnswerBody:
        """Return the body of the answer."""
        return self._infer.encode(answers, request, prediction_id)

    def row_place(self, row: int, request: InferHeader) -> str:
        """Names a row in error messages."""
        return self._infer.row_place(row, request)
