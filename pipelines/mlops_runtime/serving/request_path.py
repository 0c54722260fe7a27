"""The short way of a prediction: from the request's bytes to the answer's bytes, ahead of KServe's general routes.

KServe decodes a request through routing, pydantic models, numpy and its own request types before the model sees it:
about a millisecond for one row that takes the model ten microseconds. Requests to the served model are answered here,
JSON or binary tensors; everything else (CloudEvents, metadata, health, metrics) goes on to KServe.

What a request costs is bounded by its size, whether it is right or wrong, and a large one costs nobody else anything:
it is decoded in a thread beside, one at a time, while the event loop answers health checks and single rows. Parsing
the largest would hold the interpreter: it is done in a process beside. What takes the model more than a moment is
scored in threads of its own. Each request has its time, after which it is answered all the same; a thread that is
still at work on it is no longer waited for.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from time import perf_counter
from typing import Any, TypeVar

import orjson

from mlops_runtime.features.lookup import OnlineStoreUnavailableError

from .binary_tensors import JSON_BYTES_HEADER
from .collections_paused import without_collections
from .columns import Columns
from .drain import Drain
from .feature_lookup import FeatureLookup
from .general_routes import GeneralRoutes
from .input_error import InputError
from .limits import DEFAULT_TIMEOUT_SECONDS
from .pace import Pace
from .protocol import AnswerBody, Body, MessageProtocol
from .protocol_v1 import PredictProtocol, parsed
from .protocol_v2 import InferProtocol
from .protocol_v2_binary import BinaryInferProtocol
from .request_body import (
    Application,
    BodyRefusedError,
    ClientGoneError,
    Headers,
    Message,
    Receive,
    Send,
    let_pass,
    read_body,
)
from .request_metrics import RequestMetrics
from .scorer import Batch
from .served_model import ServedModel
from .threads import RequestThreads

DECODED_IN_PLACE_BYTES = 64 * 1024
DECODED_IN_THREAD_BYTES = 1024 * 1024
"""The largest body that is parsed in this process, where nobody else has the interpreter meanwhile."""
CLOUD_EVENT_LIMIT_BYTES = DECODED_IN_THREAD_BYTES
"""The largest body of a CloudEvent, which KServe parses in this process. Whoever passes events on need not take more
than 64 KiB: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#size-limits."""
ROWS_SCORED_IN_PLACE = 256
LINGER_SECONDS = 1.0
"""How long a caller who was too slow may go on sending before the connection is closed."""
OTHER_BODY_LIMIT_BYTES = 64 * 1024
"""The largest body to a path that takes no rows, such as another model's."""
WITHOUT_BODY = frozenset(("GET", "HEAD"))

Result = TypeVar("Result")

logger = logging.getLogger("kserve.mlops")


class RequestPath:
    """An ASGI application that answers predictions of one model and hands the rest to KServe's."""

    def __init__(
        self,
        served: ServedModel,
        general: Application,
        drain: Drain,
        threads: RequestThreads,
        *,
        body_limit_bytes: int = 16 * 1024 * 1024,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
        more_protocols: Mapping[str, MessageProtocol] | None = None,
        lookup: FeatureLookup | None = None,
    ) -> None:
        """Set up the paths.

        Args:
            served: The model.
            general: KServe's application.
            drain: Tells when the server is about to stop; answers then close their connection.
            threads: Where large requests are decoded, and scored what takes its time.
            body_limit_bytes: The largest body that is read; a larger one is answered with 413.
            timeout_seconds: How long a request may take from its head to its answer, which is then 504; 408 if its
                body has not come whole.
            more_protocols: Protocols by further paths. Defaults to none but KServe's two.
            lookup: Looks up features that requests leave out. Defaults to none: they count as null.
        """
        name, version = served.identity.name, served.identity.version
        versioned = f"/v2/models/{name}/versions/"
        self._threads = threads
        self._pace = Pace()
        self._general = GeneralRoutes(general, threads.decoder)
        self._served = served
        self._drain = drain
        self._body_limit_bytes = body_limit_bytes
        self._lookup = lookup
        self._timeout_seconds = timeout_seconds
        self._metrics = RequestMetrics(name, version)
        self._protocols: dict[str, MessageProtocol] = {
            f"/v1/models/{name}:predict": served.predict_protocol,
            f"/v2/models/{name}/infer": served.infer_protocol,
            f"{versioned}{version}/infer": served.infer_protocol,
            **(more_protocols or {}),
        }
        self._aliases = {f"{versioned}{version}{end}": f"/v2/models/{name}{end}" for end in ("", "/ready", "/infer")}
        self._headers = (
            (b"mlops-model-version", version.encode()),
            (b"mlops-model-digest", served.identity.digest.encode()),
        )

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._general.answer(scope, receive, send)
            return
        if self._drain.is_draining:
            send = _closing(send)
        if scope["method"] in WITHOUT_BODY:
            await self._general.answer(self._unaliased(scope), receive, send)
            return
        await self._answer_with_body(scope, receive, send)

    async def _answer_with_body(self, scope: Message, receive: Receive, send: Send) -> None:
        protocol = self._protocols.get(scope["path"]) if scope["method"] == "POST" else None
        limit = self._limit_bytes(protocol, scope["headers"])
        body: Body | None = None
        try:
            async with asyncio.timeout(self._timeout_seconds):
                body = await read_body(scope["headers"], receive, limit)
                if protocol is None:
                    messages = await self._general.answer_to_body(scope, body)
                else:
                    messages = await self._predict(protocol, body, scope)
        except ClientGoneError:
            return
        except BodyRefusedError as error:
            if protocol is not None:
                self._metrics.observe_request(protocol.name, error.status, 0.0)
            send, messages = _closing(send), self._error(error.status, str(error))
        except TimeoutError:
            messages = self._too_late(protocol, is_whole=body is not None)
            if body is None:
                await _send_lingering(_closing(send), receive, messages)
                return
        for message in messages:
            await send(message)

    async def _predict(self, protocol: MessageProtocol, body: Body, scope: Message) -> list[Message]:
        start = perf_counter()
        if _is_cloud_event(scope["headers"]):
            refusal = await self._refusal(protocol, body)
            if refusal is None:
                return await self._general.answer_to_body(self._unaliased(scope), body)
            status, answer = 400, refusal
        else:
            reader = _binary(protocol, scope["headers"]) if isinstance(protocol, InferProtocol) else protocol
            status, answer = await self._respond(reader, body, start)
        self._metrics.observe_request(protocol.name, status, perf_counter() - start)
        return self._messages(status, answer)

    def _limit_bytes(self, protocol: MessageProtocol | None, headers: Headers) -> int:
        """Return the size of the largest body that is read."""
        if protocol is None:
            return OTHER_BODY_LIMIT_BYTES
        if _is_cloud_event(headers):
            return min(CLOUD_EVENT_LIMIT_BYTES, self._body_limit_bytes)
        return self._body_limit_bytes

    def _too_late(self, protocol: MessageProtocol | None, *, is_whole: bool) -> list[Message]:
        """Return the answer to a request whose time is over."""
        status, seconds = 504 if is_whole else 408, self._timeout_seconds
        if protocol is not None:
            self._metrics.observe_request(protocol.name, status, seconds)
        if not is_whole:
            reason = f"the request's body: got only a part of it within {seconds:g} seconds"
            return self._error(status, f"{reason}; send it faster, or fewer rows at a time")
        name = "general" if protocol is None else protocol.name
        working = self._threads.working
        logger.warning("a %s request got no answer within %g seconds; threads at work: %d", name, seconds, working)
        fix = "send fewer rows at a time, or raise the endpoint's request_timeout_seconds"
        return self._error(status, f"the request: got no answer within {seconds:g} seconds; {fix}")

    async def _respond(self, protocol: MessageProtocol, body: Body, start: float) -> tuple[int, AnswerBody]:
        try:
            if self._lookup is not None and isinstance(protocol, PredictProtocol | InferProtocol):
                body = await self._lookup.filled(protocol, body, self._threads.decoder)
            batch, request = await self._decoded(protocol, body)
            decoded = perf_counter()
            if self._is_quick(batch, body):
                answer, scored = self._scored(protocol, batch, request)
            else:
                answer, scored = await self._apart(self._threads.scorers, self._scored, protocol, batch, request)
        except InputError as error:
            return 400, AnswerBody(orjson.dumps(error.to_document()))
        except OnlineStoreUnavailableError as error:
            logger.warning("a %s request got no features: %s", protocol.name, error)
            return 503, AnswerBody(b'{"error":"the features could not be looked up; ask again, or send them along"}')
        except Exception:
            logger.exception("a %s request could not be answered", protocol.name)
            return 500, AnswerBody(b'{"error":"the model could not score the request; the server\'s log says why"}')
        self._metrics.observe_preprocess(decoded - start)
        self._metrics.observe_predict(scored - decoded)
        self._metrics.observe_postprocess(perf_counter() - scored)
        return 200, answer

    async def _decoded(self, protocol: MessageProtocol, body: Body) -> tuple[Batch, Any]:
        if len(body) <= DECODED_IN_PLACE_BYTES:
            return protocol.decode(body)
        if len(body) <= DECODED_IN_THREAD_BYTES:
            return await self._apart(self._threads.decoder, without_collections(protocol.decode), body)
        process = self._threads.decoding_process
        return await self._apart(self._threads.decoder, process.call, protocol.decode, body)

    def _is_quick(self, batch: Batch, body: Body) -> bool:
        """Whether the rows are few, and the model is quick with as many; of a long text, no count of rows tells."""
        is_small = not isinstance(batch, Columns) or len(body) <= DECODED_IN_PLACE_BYTES
        return is_small and len(batch) <= ROWS_SCORED_IN_PLACE and self._pace.is_quick(len(batch))

    def _scored(self, protocol: MessageProtocol, batch: Batch, request: Any) -> tuple[AnswerBody, float]:
        """Return the answer, and when the model had given its outputs."""
        start = perf_counter()
        answers = self._served.score(batch, lambda row: protocol.row_place(row, request))
        scored = perf_counter()
        self._pace.note(len(batch), scored - start)
        return protocol.encode(answers, request), scored

    async def _refusal(self, protocol: MessageProtocol, body: Body) -> AnswerBody | None:
        """Return what is wrong with a request that KServe is to read; its own checks have no bound."""
        check = parsed if protocol is self._served.predict_protocol else protocol.decode
        try:
            await self._apart(self._threads.decoder, without_collections(check), body)
        except InputError as error:
            return AnswerBody(orjson.dumps(error.to_document()))
        return None

    async def _apart(self, executor: Executor, function: Callable[..., Result], *arguments: object) -> Result:
        """Call a function in another thread."""
        return await asyncio.get_running_loop().run_in_executor(executor, function, *arguments)

    def _error(self, status: int, reason: str) -> list[Message]:
        return self._messages(status, AnswerBody(orjson.dumps({"error": reason})))

    def _messages(self, status: int, answer: AnswerBody) -> list[Message]:
        headers = [
            (b"content-type", answer.content_type),
            *self._headers,
            (b"content-length", str(len(answer.content)).encode()),
        ]
        if answer.json_bytes is not None:
            headers.append((JSON_BYTES_HEADER, str(answer.json_bytes).encode()))
        return [
            {"type": "http.response.start", "status": status, "headers": headers},
            {"type": "http.response.body", "body": answer.content},
        ]

    def _unaliased(self, scope: Message) -> Message:
        path = self._aliases.get(scope["path"])
        return scope if path is None else {**scope, "path": path, "raw_path": path.encode()}


def _is_cloud_event(headers: Headers) -> bool:
    return any(
        name.startswith(b"ce-") or (name == b"content-type" and b"cloudevents" in value) for name, value in headers
    )


def _binary(protocol: InferProtocol, headers: Headers) -> MessageProtocol:
    """Return the reader of a request whose tensors lie behind its JSON, where a header says so."""
    for name, value in headers:
        if name == JSON_BYTES_HEADER:
            return BinaryInferProtocol(protocol, value)
    return protocol


async def _send_lingering(send: Send, receive: Receive, messages: list[Message]) -> None:
    """Send an answer of two messages to a caller who is not done with the request."""
    start, body = messages
    await send(start)
    await send({**body, "more_body": True})
    await let_pass(receive, LINGER_SECONDS)
    await send({"type": "http.response.body", "body": b""})


def _closing(send: Send) -> Send:
    """Tells the caller to open its next connection elsewhere."""

    async def send_closing(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
        await send(message)

    return send_closing
