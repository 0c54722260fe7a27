"""The short way of a prediction: from the request's bytes to the answer's bytes, ahead of KServe's general routes.

KServe decodes a request through routing, pydantic models, numpy and its own request types before the model sees it:
about a millisecond for one row that takes the model ten microseconds. Plain JSON requests to the served model are
answered here; everything else (binary tensors, CloudEvents, metadata, health, metrics) goes on to KServe unchanged.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from time import perf_counter
from typing import Any, Protocol

import orjson

from .drain import Drain
from .input_error import InputError
from .matrix import Matrix
from .protocol_v2 import BinaryOutputError
from .request_metrics import RequestMetrics
from .scorer import Answers
from .served_model import ServedModel

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

ROWS_SCORED_IN_PLACE = 256
GENERAL_HEADERS = (b"ce-", b"inference-header-content-length")

logger = logging.getLogger("kserve.mlops")


class MessageProtocol(Protocol):
    """The form of a model's requests and answers."""

    name: str

    def decode(self, body: bytes, /) -> tuple[Matrix, Any]:
        """The input matrix of a request's body, and what its answer needs to know."""
        ...

    def encode(self, answers: Answers, request: Any, /) -> bytes:
        """The body of the answer."""
        ...


class BodyTooLargeError(Exception):
    """A request's body is larger than the server reads."""


class ClientGoneError(Exception):
    """The caller hung up before the request was whole."""


class RequestPath:
    """An ASGI application that answers predictions of one model and hands the rest to KServe's."""

    def __init__(
        self,
        served: ServedModel,
        general: Application,
        drain: Drain,
        *,
        body_limit_bytes: int = 16 * 1024 * 1024,
        more_protocols: Mapping[str, MessageProtocol] | None = None,
    ) -> None:
        """Sets up the paths.

        Args:
            served: The model.
            general: KServe's application.
            drain: Tells when the server is about to stop; answers then close their connection.
            body_limit_bytes: The largest body that is read; a larger one is answered with 413.
            more_protocols: Protocols by further paths. Defaults to none but KServe's two.
        """
        name, version = served.identity.name, served.identity.version
        versioned = f"/v2/models/{name}/versions/"
        self._general = general
        self._score = served.scorer.score
        self._drain = drain
        self._body_limit_bytes = body_limit_bytes
        self._metrics = RequestMetrics(name, version)
        self._protocols: dict[str, MessageProtocol] = {
            f"/v1/models/{name}:predict": served.predict_protocol,
            f"/v2/models/{name}/infer": served.infer_protocol,
            f"{versioned}{version}/infer": served.infer_protocol,
            **(more_protocols or {}),
        }
        self._aliases = {f"{versioned}{version}{end}": f"/v2/models/{name}{end}" for end in ("", "/ready")}
        self._headers = (
            (b"content-type", b"application/json"),
            (b"mlops-model-version", version.encode()),
            (b"mlops-model-digest", served.identity.digest.encode()),
        )

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._general(scope, receive, send)
            return
        if self._drain.is_draining:
            send = _closing(send)
        protocol = self._protocols.get(scope["path"])
        if protocol is None or scope["method"] != "POST" or _is_general(scope["headers"]):
            await self._hand_on(scope, receive, send)
            return
        try:
            body = await self._read(receive)
        except ClientGoneError:
            return
        except BodyTooLargeError:
            self._metrics.observe_request(protocol.name, 413, 0.0)
            message = f"the request's body: got more than {self._body_limit_bytes} bytes; send fewer rows at a time"
            await self._answer(_closing(send), 413, orjson.dumps({"error": message}))
            return
        start = perf_counter()
        try:
            status, answer = await self._respond(protocol, body, start)
        except BinaryOutputError:
            await self._hand_on(scope, _replaying(body, receive), send)
            return
        self._metrics.observe_request(protocol.name, status, perf_counter() - start)
        await self._answer(send, status, answer)

    async def _respond(self, protocol: MessageProtocol, body: bytes, start: float) -> tuple[int, bytes]:
        try:
            matrix, request = protocol.decode(body)
            decoded = perf_counter()
            answers = self._score(matrix) if len(matrix) <= ROWS_SCORED_IN_PLACE else await self._score_apart(matrix)
            scored = perf_counter()
            answer = protocol.encode(answers, request)
        except InputError as error:
            return 400, orjson.dumps(error.to_document())
        except BinaryOutputError:
            raise
        except Exception:
            logger.exception("a %s request could not be answered", protocol.name)
            return 500, b'{"error":"the model could not score the request; the server\'s log says why"}'
        self._metrics.observe_preprocess(decoded - start)
        self._metrics.observe_predict(scored - decoded)
        self._metrics.observe_postprocess(perf_counter() - scored)
        return 200, answer

    async def _score_apart(self, matrix: Matrix) -> Answers:
        """Scores a large batch in another thread, so that probes and single rows need not wait for it."""
        return await asyncio.get_running_loop().run_in_executor(None, self._score, matrix)

    async def _answer(self, send: Send, status: int, body: bytes) -> None:
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": status, "headers": [*self._headers, length]})
        await send({"type": "http.response.body", "body": body})

    async def _read(self, receive: Receive) -> bytes:
        """The whole body.

        Raises:
            BodyTooLargeError: It is larger than the limit; the rest is left unread.
            ClientGoneError: It never came whole.
        """
        message = await receive()
        body: bytes = message.get("body", b"")
        if message["type"] == "http.request" and message.get("more_body"):
            parts = [body]
            size = len(body)
            while message.get("more_body") and size <= self._body_limit_bytes:
                message = await receive()
                parts.append(message.get("body", b""))
                size += len(parts[-1])
            body = b"".join(parts)
        if message["type"] != "http.request":
            raise ClientGoneError
        if len(body) > self._body_limit_bytes:
            raise BodyTooLargeError
        return body

    async def _hand_on(self, scope: Message, receive: Receive, send: Send) -> None:
        path = self._aliases.get(scope["path"])
        if path is not None:
            scope = {**scope, "path": path, "raw_path": path.encode()}
        await self._general(scope, receive, send)


def _is_general(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a request has a form that only KServe reads."""
    for name, value in headers:
        if name.startswith(GENERAL_HEADERS) or (name == b"content-type" and b"cloudevents" in value):
            return True
    return False


def _closing(send: Send) -> Send:
    """Tells the caller to open its next connection elsewhere."""

    async def send_closing(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
        await send(message)

    return send_closing


def _replaying(body: bytes, receive: Receive) -> Receive:
    """Gives a body that was read once more to the next reader."""
    pending = [body]

    async def receive_again() -> Message:
        if pending:
            return {"type": "http.request", "body": pending.pop(), "more_body": False}
        return await receive()

    return receive_again
