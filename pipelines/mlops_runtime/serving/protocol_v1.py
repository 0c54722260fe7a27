"""KServe's v1 predict protocol: `{"instances": […]}` in, `{"predictions": […]}` out."""

from typing import Any

import orjson

from .answers import predictions
from .contract import ServingContract
from .input_error import InputError
from .protocol import AnswerBody, Body
from .scorer import Answers, Batch, BatchReader

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class PredictProtocol:
    """Reads and writes v1 messages for one model."""

    name = "v1"

    def __init__(self, contract: ServingContract, reader: BatchReader) -> None:
        self._outputs = contract.outputs
        self._reader = reader

    def decode(self, body: Body) -> tuple[Batch, None]:
        """Return the rows of a request's body; nothing else is needed to answer it.

        Raises:
            InputError: With everything that is wrong with the request.
        """
        return self.batch(parsed(body)), None

    def batch(self, document: object) -> Batch:
        """Return the rows of a parsed request."""
        if not isinstance(document, dict) or "instances" not in document:
            raise InputError.at("request", document, 'an object with "instances"')
        instances = document["instances"]
        if not isinstance(instances, list) or not instances:
            raise InputError.at("instances", instances, "a list of at least one row")
        return self._reader.from_rows(instances, _place)

    def given_id(self, _request: None) -> None:
        """Return the id that the request has by the protocol, which has none."""

    def encode(self, answers: Answers, _request: None, _prediction_id: str = "") -> AnswerBody:
        """Return the body of the answer, which has no place for the prediction's id."""
        return AnswerBody(
            orjson.dumps({"predictions": predictions(self._outputs, answers)}, option=orjson.OPT_SERIALIZE_NUMPY)
        )

    def row_place(self, row: int, _request: None) -> str:
        """Names a row in error messages."""
        return _place(row, "")


def parsed(body: Body) -> Any:
    """Return the body as JSON. A byte order mark, which some systems put in front of a text file, is ignored.

    Raises:
        InputError: It is not JSON.
    """
    if body.startswith(BYTE_ORDER_MARK):  # noqa: FURB188 - which would copy every body that is a bytearray
        body = body[len(BYTE_ORDER_MARK) :]
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InputError.at("request", body[:80].decode(errors="replace"), f"JSON ({error})") from error


def _place(row: int, feature: str) -> str:
    return f"instances[{row}].{feature}" if feature else f"instances[{row}]"
