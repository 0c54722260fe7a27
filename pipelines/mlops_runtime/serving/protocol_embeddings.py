"""OpenAI's embeddings protocol, for a model that makes one vector of one text: what clients of embeddings speak.

https://platform.openai.com/docs/api-reference/embeddings/create
"""

import base64
from typing import Any

import numpy
import orjson

from .contract import ServingContract
from .input_error import InputError
from .protocol import AnswerBody, Body
from .protocol_v1 import parsed
from .scorer import Answers, Batch, BatchReader

PATH = "/v1/embeddings"
FLOAT, BASE64 = "float", "base64"
INPUTS_MAX = 2048
"""As many texts as OpenAI's own takes in one request."""


def makes_embeddings(contract: ServingContract) -> bool:
    """Tell whether a model takes one text and gives one vector, and nothing else."""
    kinds = [feature.dtype for feature in contract.features], [output.kind for output in contract.outputs]
    return kinds == (["text"], ["vector"])


class EmbeddingsProtocol:
    """Reads and writes embeddings of one model.

    There is no `usage` in its answers: how many tokens a text is, the model alone knows.
    """

    name = "embeddings"

    def __init__(self, contract: ServingContract, reader: BatchReader, model_name: str) -> None:
        """Set up the protocol.

        Args:
            contract: That of a model which `makes_embeddings`.
            reader: Reads its rows.
            model_name: What requests and answers call the model.
        """
        (self._feature,) = contract.feature_names
        (output,) = contract.outputs
        self._output, self._length = output.name, output.length
        self._reader = reader
        self._model_name = model_name

    def decode(self, body: Body) -> tuple[Batch, str]:
        """Return the texts of a request's body as rows, and how the answer's numbers are written.

        Raises:
            InputError: With what is wrong with the request.
        """
        document = parsed(body)
        if not isinstance(document, dict):
            raise InputError.at("request", document, 'an object with "input"')
        model, form = document.get("model", self._model_name), document.get("encoding_format", FLOAT)
        if model != self._model_name:
            raise InputError.at("model", model, f"{self._model_name!r}, the one model that this endpoint serves")
        if form not in (FLOAT, BASE64):
            raise InputError.at("encoding_format", form, f"{FLOAT} or {BASE64}")
        dimensions = document.get("dimensions", self._length)
        if dimensions != self._length:
            raise InputError.at("dimensions", dimensions, f"{self._length}, which the model has; vectors are not cut")
        given = document.get("input")
        texts = [given] if isinstance(given, str) else given
        if not isinstance(texts, list) or not 1 <= len(texts) <= INPUTS_MAX:
            raise InputError.at("input", given, f"a text, or a list of 1 to {INPUTS_MAX} texts")
        return self._reader.from_rows([{self._feature: text} for text in texts], _place), str(form)

    def given_id(self, _form: str) -> str | None:
        """Return None: OpenAI's requests have no id."""
        return None

    def encode(self, answers: Answers, form: str, _prediction_id: str) -> AnswerBody:
        """Return the body of the answer: a vector for each text, in their order."""
        vectors = answers[self._output]
        data = [
            {"object": "embedding", "index": index, "embedding": _written(vector, form)}
            for index, vector in enumerate(vectors)
        ]
        document = {"object": "list", "model": self._model_name, "data": data}
        return AnswerBody(orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY))

    def row_place(self, row: int, _form: str) -> str:
        """Names a row in error messages."""
        return _place(row, "")


def _written(vector: Any, form: str) -> Any:
    """Return a vector as numbers, or as the bytes of little-endian float32, which OpenAI's own client asks for."""
    if form == FLOAT:
        return vector
    return base64.b64encode(numpy.ascontiguousarray(vector, dtype="<f4").tobytes()).decode("ascii")


def _place(row: int, _column: str) -> str:
    return f"input[{row}]"
