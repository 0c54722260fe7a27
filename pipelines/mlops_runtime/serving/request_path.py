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
from functools import partial
from time import perf_counter, time
from typing import Any, TypeVar

import orjson

from mlops_runtime.features.lookup import OnlineStoreUnavailableError
from mlops_runtime.monitoring.payloads.counts import Outcome
from mlops_runtime.monitoring.payloads.log import PayloadLog
from mlops_runtime.monitoring.payloads.record import Captured

from .binary_tensors import JSON_BYTES_HEADER
from .calling import ANONYMOUS, TRACE_HEADER, Calling, calling_of
from .collections_paused import without_collections
from .columns import Columns
from .drain import Drain
from .feature_lookup import FeatureLookup
from .general_routes import GeneralRoutes
from .given_rows import GivenRows
from .input_error import InputError
from .limits import DEFAULT_TIMEOUT_SECONDS
from .pace import Pace
from .prediction_ids import HEADER as PREDICTION_ID_HEADER
from .prediction_ids import new_prediction_id
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
from .scorer import Answers, Batch
from .served_model import ServedModel
from .threads import RequestThreads
from .watching import NOBODY, Watching

DECODED_IN_PLACE_BYTES = 64 * 1024
DECODED_IN_THREAD_BYTES = 1024 * 1024
"""The largest body that is parsed in this process, where nobody else has the interpreter meanwhile."""
CLOUD_EVENT_LIMIT_BYTES = DECODED_IN_THREAD_BYTES
"""The largest body of a CloudEvent, which KServe parses in this process. Whoever passes events on need not take more
than 64 KiB: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#size-limits."""
ROWS_SCORED_IN_PLACE = 256
CAPTURED_OVERHEAD_BYTES = 1024
"""What an answered request that waits for the payload log keeps in memory besides its body, about."""
LINGER_SECONDS = 1.0
"""How long a caller who was too slow may go on sending before the connection is closed."""
OTHER_BODY_LIMIT_BYTES = 64 * 1024
"""The largest body to a path that takes no rows, such as another model's."""
WITHOUT_BODY = frozenset(("GET", "HEAD"))

Result = TypeVar("Result")
AnswerHeaders = tuple[tuple[bytes, bytes], ...]

logger = logging.getLogger("kserve.mlops")


class RequestPath:
    """An ASGI application that answers predictions of one model and hands the rest to KServe's."""

    def __init__(  # noqa: PLR0913 - each is told by its name
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
        watching: Watching = NOBODY,
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
            watching: Who is told of what was answered. Defaults to nobody.
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
        self._payloads = watching.payloads
        self._spans = watching.spans
        self._given = GivenRows(served.contract)
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
        prediction: AnswerHeaders = ()
        if _is_cloud_event(scope["headers"]):
            refusal = await self._refusal(protocol, body)
            if refusal is None:
                return await self._general.answer_to_body(self._unaliased(scope), body)
            status, answer = 400, refusal
        else:
            reader = _binary(protocol, scope["headers"]) if isinstance(protocol, InferProtocol) else protocol
            status, answer, prediction = await self._respond(reader, body, scope["headers"], start)
        self._metrics.observe_request(protocol.name, status, perf_counter() - start)
        return self._messages(status, answer, prediction)

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

    async def _respond(
        self, protocol: MessageProtocol, body: Body, headers: Headers, start: float
    ) -> tuple[int, AnswerBody, AnswerHeaders]:
        """Return the answer, and the headers that say which prediction it is."""
        calling, prediction_id = ANONYMOUS, ""
        try:
            calling = calling_of(headers)
            if self._lookup is not None and isinstance(protocol, PredictProtocol | InferProtocol):
                body = await self._lookup.filled(protocol, body, self._threads.decoder)
            batch, request = await self._decoded(protocol, body)
            prediction_id = protocol.given_id(request) or calling.prediction_id or new_prediction_id()
            decoded = perf_counter()
            if self._is_quick(batch, body):
                answer, answers, scored = self._scored(protocol, batch, request, prediction_id)
            else:
                answer, answers, scored = await self._apart(
                    self._threads.scorers, self._scored, protocol, batch, request, prediction_id
                )
        except InputError as error:
            answer = AnswerBody(orjson.dumps(error.to_document()))
            return 400, answer, self._prediction(calling, protocol, prediction_id, 400, start)[1]
        except OnlineStoreUnavailableError as error:
            logger.warning("a %s request got no features: %s", protocol.name, error)
            answer = AnswerBody(b'{"error":"the features could not be looked up; ask again, or send them along"}')
            return 503, answer, self._prediction(calling, protocol, prediction_id, 503, start)[1]
        except Exception:
            logger.exception("a %s request could not be answered", protocol.name)
            answer = AnswerBody(b'{"error":"the model could not score the request; the server\'s log says why"}')
            return 500, answer, self._prediction(calling, protocol, prediction_id, 500, start)[1]
        self._metrics.observe_preprocess(decoded - start)
        self._metrics.observe_predict(scored - decoded)
        ended = perf_counter()
        self._metrics.observe_postprocess(ended - scored)
        calling, named = self._prediction(calling, protocol, prediction_id, 200, start)
        if self._payloads is not None and self._payloads.wants(prediction_id, len(batch)):
            prediction = (prediction_id, calling, len(batch), ended - start)
            self._write_down(self._payloads, protocol, body, answers, prediction)
        return 200, answer, named

    def _prediction(
        self, calling: Calling, protocol: MessageProtocol, prediction_id: str, status: int, start: float
    ) -> tuple[Calling, AnswerHeaders]:
        """Return the answer's place in its trace, and the headers that say which prediction it is."""
        prediction_id = prediction_id or calling.prediction_id or new_prediction_id()
        if self._spans is not None:
            calling = self._spans.spanned(
                calling, protocol.name, prediction_id, status, ended=time(), seconds=perf_counter() - start
            )
        header = (PREDICTION_ID_HEADER, prediction_id.encode())
        return calling, ((header,) if calling.trace is None else (header, (TRACE_HEADER, calling.trace.header)))

    def _write_down(
        self,
        payloads: PayloadLog,
        protocol: MessageProtocol,
        body: Body,
        answers: Answers,
        prediction: tuple[str, Calling, int, float],
    ) -> None:
        """Hand an answered request to the payload log: its id, what its caller said, its rows, the seconds it took."""
        prediction_id, calling, rows, seconds = prediction
        if len(body) > DECODED_IN_THREAD_BYTES:
            # Reading it once more would hold the interpreter.
            payloads.counts.add(Outcome.DROPPED_TOO_LARGE, rows)
            return
        json_bytes = protocol.json_bytes if isinstance(protocol, BinaryInferProtocol) else None
        trace_id = None if calling.trace is None else calling.trace.trace_id
        payloads.offer(
            Captured(
                prediction_id,
                time(),
                partial(self._given.rows, body, json_bytes, answers),
                rows,
                len(body) + CAPTURED_OVERHEAD_BYTES,
                trace_id,
                calling.key,
                seconds * 1000,
            )
        )

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

    def _scored(
        self, protocol: MessageProtocol, batch: Batch, request: Any, prediction_id: str
    ) -> tuple[AnswerBody, Answers, float]:
        """Return the answer, what the model gave, and when it had."""
        start = perf_counter()
        answers = self._served.score(batch, lambda row: protocol.row_place(row, request))
        scored = perf_counter()
        self._pace.note(len(batch), scored - start)
        return protocol.encode(answers, request, prediction_id), answers, scored

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

    def _messages(self, status: int, answer: AnswerBody, prediction: AnswerHeaders = ()) -> list[Message]:
        headers = [
            (b"content-type", answer.content_type),
            *self._headers,
            *prediction,
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
