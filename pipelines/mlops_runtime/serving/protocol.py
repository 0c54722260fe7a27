"""What the request path asks of a protocol: reading a request's body and writing its answer's."""

from dataclasses import dataclass
from typing import Any, Protocol

from .scorer import Answers, Batch

JSON_CONTENT_TYPE = b"application/json"
Body = bytes | bytearray


@dataclass(frozen=True, slots=True)
class AnswerBody:
    """The body of an answer.

    Attributes:
        content: Its bytes.
        content_type: Their media type.
        json_bytes: How many of them are JSON, where raw bytes follow; None where all are.
    """

    content: bytes
    content_type: bytes = JSON_CONTENT_TYPE
    json_bytes: int | None = None


class MessageProtocol(Protocol):
    """The form of a model's requests and answers."""

    name: str

    def decode(self, body: Body, /) -> tuple[Batch, Any]:
        """Return the rows of a request's body, and what its answer needs to know.

        Raises:
            InputError: With what is wrong with the request.
        """
        ...

    def given_id(self, request: Any, /) -> str | None:
        """Return the id that the request has by the protocol; None where it has none."""
        ...

    def encode(self, answers: Answers, request: Any, prediction_id: str, /) -> AnswerBody:
        """Return the body of the answer."""
        ...

    def row_place(self, row: int, request: Any, /) -> str:
        """Names a row of the request in error messages."""
        ...
