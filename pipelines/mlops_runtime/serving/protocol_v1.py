"""KServe's v1 predict protocol: `{"instances": […]}` in, `{"predictions": […]}` out."""

from typing import Any

import orjson

from .input_error import InputError
from .matrix import Matrix, MatrixBuilder
from .scorer import Answers


class PredictProtocol:
    """Reads and writes v1 messages for one model."""

    name = "v1"

    def __init__(self, builder: MatrixBuilder) -> None:
        self._builder = builder

    def decode(self, body: bytes) -> tuple[Matrix, None]:
        """The input matrix of a request's body; nothing else is needed to answer it.

        Raises:
            InputError: With everything that is wrong with the request.
        """
        return self.matrix(parsed(body)), None

    def matrix(self, document: object) -> Matrix:
        """The input matrix of a parsed request."""
        if not isinstance(document, dict) or "instances" not in document:
            raise InputError.at("request", document, 'an object with "instances"')
        instances = document["instances"]
        if not isinstance(instances, list) or not instances:
            raise InputError.at("instances", instances, "a list of at least one row")
        return self._builder.from_rows(instances, _place)

    def encode(self, answers: Answers, _request: None) -> bytes:
        """The body of the answer."""
        return orjson.dumps({"predictions": answers}, option=orjson.OPT_SERIALIZE_NUMPY)


def parsed(body: bytes) -> Any:
    """The body as JSON.

    Raises:
        InputError: It is not JSON.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InputError.at("request", body[:80].decode(errors="replace"), f"JSON ({error})") from error


def _place(row: int, feature: str) -> str:
    return f"instances[{row}].{feature}" if feature else f"instances[{row}]"
