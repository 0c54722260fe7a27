"""The form of SageMaker's invocations, which is that of either protocol."""

from typing import TYPE_CHECKING, Any

from mlops_runtime.serving.input_error import InputError
from mlops_runtime.serving.protocol import AnswerBody, Body, MessageProtocol
from mlops_runtime.serving.protocol_v1 import parsed
from mlops_runtime.serving.scorer import Answers, Batch

if TYPE_CHECKING:
    # The process that reads large requests needs this protocol, and no model.
    from mlops_runtime.serving.served_model import ServedModel


class InvocationProtocol:
    """Reads a request by what it holds: `instances` as a v1 one, `inputs` as a v2 one; answers in the same protocol."""

    name = "invocations"

    def __init__(self, served: "ServedModel") -> None:
        self._predict = served.predict_protocol
        self._infer = served.infer_protocol
        self._protocols: dict[str, MessageProtocol] = {each.name: each for each in (self._predict, self._infer)}

    def decode(self, body: Body, /) -> tuple[Batch, tuple[str, Any]]:
        """Return the rows of a request's body, and how it is answered.

        Raises:
            InputError: With everything that is wrong with the request.
        """
        document = parsed(body)
        keys = {"instances", "inputs"} & document.keys() if isinstance(document, dict) else set()
        if len(keys) != 1:
            expected = 'an object with either "instances" (v1) or "inputs" (v2)'
            raise InputError.at("request", " and ".join(sorted(keys)) if keys else document, expected)
        if keys == {"instances"}:
            return self._predict.batch(document), (self._predict.name, None)
        batch, request = self._infer.read(document)
        if request.binary_output:
            expected = "answers in JSON: SageMaker passes on no header that tells where binary data begins"
            raise InputError.at("request", "binary output", expected)
        return batch, (self._infer.name, request)

    def given_id(self, request: tuple[str, Any], /) -> str | None:
        """Return the id that the request has by its protocol."""
        name, own = request
        return self._protocols[name].given_id(own)

    def encode(self, answers: Answers, request: tuple[str, Any], prediction_id: str, /) -> AnswerBody:
        """Return the body of the answer."""
        name, own = request
        return self._protocols[name].encode(answers, own, prediction_id)

    def row_place(self, row: int, request: tuple[str, Any], /) -> str:
        """Names a row in error messages."""
        name, own = request
        return self._protocols[name].row_place(row, own)
