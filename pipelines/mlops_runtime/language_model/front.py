"""What callers of a language model reach: its OpenAI-compatible routes, who answers, and whether it is ready."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import orjson
from prometheus_client import generate_latest
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from mlops_runtime.monitoring.payloads.log import PayloadLog
from mlops_runtime.serving.calling import ANONYMOUS, TRACE_HEADER, Calling, calling_of
from mlops_runtime.serving.contract import LANGUAGE_MODEL
from mlops_runtime.serving.drain import Drain
from mlops_runtime.serving.input_error import InputError
from mlops_runtime.serving.prediction_ids import HEADER, new_prediction_id

from .asking import COMPLETIONS
from .beside import HEALTH, EngineBeside
from .connected import while_connected
from .contract import LanguageModelContract
from .engine import Engine
from .payloads import captured
from .rows import CHAT, PREDICTIONS, RowRequest, interface_of, requests_of

CONNECT_SECONDS = 5.0
HEALTH_SECONDS = 1.5
"""How long the engine's word that it is well is waited for: less than the kubelet waits for ours."""
METRICS_SECONDS = 5.0
MEDIA_TYPE_OF_STREAMS = "text/event-stream"
STREAM_BYTES_KEPT = 256 * 1024
"""How much of a stream is kept until its end, for the payload log."""

logger = logging.getLogger("mlops.language_model")


@dataclass(frozen=True, slots=True)
class LanguageModelIdentity:
    """Which model answers: registered name and version, digest of the files, golden prompts, and what runs it."""

    name: str
    version: str
    digest: str
    golden_prompts: int
    engine: str

    def to_document(self) -> dict[str, object]:
        """Return the answer of `GET /mlops/identity`."""
        return {
            "name": self.name,
            "version": self.version,
            "digest": self.digest,
            "runtime": LANGUAGE_MODEL,
            "engine": self.engine,
            "golden": {"prompts": self.golden_prompts},
        }

    @property
    def headers(self) -> dict[str, str]:
        """Headers of every answer."""
        return {"mlops-model-version": self.version, "mlops-model-digest": self.digest}


@dataclass(frozen=True, slots=True)
class Prediction:
    """One request: its id, what its headers say, and when it came."""

    prediction_id: str
    calling: Calling = ANONYMOUS
    start: float = field(default_factory=time.perf_counter)

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers of its answer."""
        named = {HEADER.decode(): self.prediction_id}
        trace = self.calling.trace
        return named if trace is None else {**named, TRACE_HEADER.decode(): trace.header.decode()}


Answering = Callable[[dict[str, Any], float, Prediction], Coroutine[Any, Any, Response]]
"""Answers a request's document by a moment of the event loop's clock."""


class Front:
    """Hands requests on to the engine, and answers for the endpoint itself."""

    def __init__(
        self,
        identity: LanguageModelIdentity,
        engine: Engine | EngineBeside,
        drain: Drain,
        *,
        contract: LanguageModelContract,
        body_limit_bytes: int,
        timeout_seconds: float,
        payloads: PayloadLog | None = None,
    ) -> None:
        """Set up the routes.

        Args:
            identity: Who answers.
            engine: What computes.
            drain: Whether the server has been told to stop.
            contract: What the model has an answer for.
            body_limit_bytes: The largest request body that is read.
            timeout_seconds: How long a request may take to the end of its answer, a stream's too.
            payloads: Where prompts and answers are written down. Defaults to nowhere.
        """
        self._identity = identity
        self._engine = engine
        self._drain = drain
        self._contract = contract
        # Rows of one request: more at a time would only keep other callers waiting.
        self._places = asyncio.Semaphore(contract.parallel_requests)
        self._limit = body_limit_bytes
        self._timeout_seconds = timeout_seconds
        self._payloads = payloads
        # No limit of connections: the engine lets requests wait for their turn, in their order.
        self._client = httpx.AsyncClient(
            base_url=engine.address,
            timeout=httpx.Timeout(None, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=32),
            trust_env=False,
        )
        name = identity.name
        routes = (COMPLETIONS, CHAT) if contract.chat else (COMPLETIONS,)
        self.application = Starlette(
            routes=[
                *(Route(route, self._complete, methods=["POST"]) for route in routes),
                Route(f"/v1/models/{name}:predict", self._predict, methods=["POST"]),
                Route("/v1/models", self._models, methods=["GET"]),
                Route("/metrics", self._metrics, methods=["GET"]),
                Route("/mlops/identity", self._who, methods=["GET"]),
                Route("/v2/health/live", self._live, methods=["GET"]),
                Route("/v2/health/ready", self._ready, methods=["GET"]),
                Route(f"/v2/models/{name}", self._metadata, methods=["GET"]),
                Route(f"/v2/models/{name}/ready", self._ready, methods=["GET"]),
            ]
        )

    async def _complete(self, request: Request) -> Response:
        path = request.url.path
        return await self._answered(
            request, lambda document, deadline, prediction: self._forward(path, document, deadline, prediction)
        )

    async def _predict(self, request: Request) -> Response:
        return await self._answered(request, self._rows_answered)

    async def _answered(self, request: Request, answer: Answering) -> Response:
        try:
            calling = calling_of(request.headers.raw)
        except InputError as error:
            return self._refusal(400, str(error))
        prediction = Prediction(calling.prediction_id or new_prediction_id(), calling)
        found = await self._answered_in_time(request, answer, prediction)
        found.headers.update(prediction.headers)
        return found

    async def _answered_in_time(self, request: Request, answer: Answering, prediction: Prediction) -> Response:
        # One deadline for the body and its answer: a server that stops waits for no longer.
        deadline = asyncio.get_running_loop().time() + self._timeout_seconds
        try:
            async with asyncio.timeout_at(deadline):
                body = await self._body(request)
            if isinstance(body, Response):
                return body
            return await while_connected(request.receive, answer(body, deadline, prediction))
        except TimeoutError:
            reason = f"got only a part of the request's body within {self._timeout_seconds:g} seconds"
            return self._refusal(408, f"{reason}, fix: send it faster")
        except ClientDisconnect:
            return Response(status_code=499)

    async def _body(self, request: Request) -> dict[str, Any] | Response:
        """Read a request's body as far as it may go, and what of it is the endpoint's to check."""
        content = bytearray()
        async for chunk in request.stream():
            content += chunk
            if len(content) > self._limit:
                return self._refusal(
                    413, f"the request's body: got more than {self._limit} bytes, expected at most that"
                )
        try:
            document = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            return self._refusal(
                400, f"the request's body: got {content[:80].decode(errors='replace')!r} ({error}), expected JSON"
            )
        if not isinstance(document, dict):
            return self._refusal(400, "the request's body: got no JSON object, expected one")
        model = document.get("model", self._identity.name)
        if model != self._identity.name:
            expected = f"{self._identity.name!r}, the one model that this endpoint serves"
            return self._refusal(404, f"model: got {str(model)[:80]!r}, expected {expected}", code="model_not_found")
        return {**document, "model": self._identity.name}

    async def _rows_answered(self, document: dict[str, Any], deadline: float, prediction: Prediction) -> Response:
        try:
            rows = requests_of(document, self._identity.name, self._contract)
        except InputError as error:
            return self._refusal(400, str(error))
        try:
            async with asyncio.timeout_at(deadline):
                answers = await asyncio.gather(*map(self._row_answered, rows))
        except TimeoutError:
            return self._too_late()
        except httpx.HTTPError as error:
            return self._no_engine(error)
        for number, answer in enumerate(answers):
            if answer.status_code != httpx.codes.OK:
                return self._refusal(answer.status_code, f"instances[{number}]: {_reason(answer)}")
        for number, (row, answer) in enumerate(zip(rows, answers, strict=True)):
            of_row = replace(prediction, prediction_id=f"{prediction.prediction_id}/{number}")
            self._write_down(dict(row.document), answer.content, of_row)
        texts = [row.text_of(answer.json()) for row, answer in zip(rows, answers, strict=True)]
        return JSONResponse({PREDICTIONS: texts}, headers=self._identity.headers)

    async def _row_answered(self, row: RowRequest) -> httpx.Response:
        async with self._places:
            return await self._client.post(row.path, json=row.document)

    async def _forward(self, path: str, document: dict[str, Any], deadline: float, prediction: Prediction) -> Response:
        sent = self._client.build_request(
            "POST", path, content=orjson.dumps(document), headers={"content-type": "application/json"}
        )
        try:
            async with asyncio.timeout_at(deadline):
                answer = await self._client.send(sent, stream=True)
                if answer.headers.get("content-type", "").startswith(MEDIA_TYPE_OF_STREAMS):
                    return self._stream(answer, deadline, document, prediction)
                content = await answer.aread()
        except TimeoutError:
            return self._too_late()
        except httpx.HTTPError as error:
            return self._no_engine(error)
        if answer.status_code == httpx.codes.OK:
            self._write_down(document, content, prediction)
        return Response(content, answer.status_code, self._identity.headers, media_type="application/json")

    def _write_down(self, document: dict[str, Any], content: bytes, prediction: Prediction) -> None:
        if self._payloads is None or not self._payloads.wants(prediction.prediction_id, 1):
            return
        seconds = time.perf_counter() - prediction.start
        self._payloads.offer(
            captured(document, content, prediction.prediction_id, prediction.calling, time.time(), seconds)
        )

    def _stream(
        self, answer: httpx.Response, deadline: float, document: dict[str, Any], prediction: Prediction
    ) -> StreamingResponse:
        async def chunks() -> AsyncIterator[bytes]:
            kept = bytearray()
            try:
                async with asyncio.timeout_at(deadline):
                    async for part in answer.aiter_raw():
                        kept += part[: STREAM_BYTES_KEPT - len(kept)]
                        yield part
            except TimeoutError:
                yield _event(error_document(504, self._late_reason()))
            except httpx.HTTPError as error:
                logger.exception("a stream broke off")
                yield _event(error_document(502, f"the engine: got {type(error).__name__} in the middle of an answer"))
            finally:
                self._write_down(document, bytes(kept), prediction)
                # Also when the caller is gone: the engine stops computing for a closed connection.
                await answer.aclose()

        headers = {**self._identity.headers, "cache-control": "no-cache"}
        # A caller may be gone before the first part is asked for, and then nothing above ends.
        closed = BackgroundTask(answer.aclose)
        return StreamingResponse(chunks(), answer.status_code, headers, MEDIA_TYPE_OF_STREAMS, closed)

    def _no_engine(self, error: httpx.HTTPError) -> Response:
        logger.error("the engine did not answer: %s: %s", type(error).__name__, error)
        return self._refusal(502, f"the engine: got no answer ({type(error).__name__}); the server's log says why")

    def _late_reason(self) -> str:
        fix = "ask for fewer tokens (max_tokens), or raise the endpoint's request_timeout_seconds"
        return f"the request: got no whole answer within {self._timeout_seconds:g} seconds, fix: {fix}"

    def _too_late(self) -> Response:
        return self._refusal(504, self._late_reason())

    def _refusal(self, status: int, reason: str, code: str | None = None) -> JSONResponse:
        return JSONResponse(error_document(status, reason, code), status, self._identity.headers)

    async def _models(self, _request: Request) -> Response:
        listed = {"id": self._identity.name, "object": "model", "owned_by": "mlops", **self._identity.to_document()}
        return JSONResponse({"object": "list", "data": [listed]}, headers=self._identity.headers)

    async def _metrics(self, _request: Request) -> Response:
        labels = f'name="{self._identity.name}",version="{self._identity.version}",digest="{self._identity.digest}"'
        head = "# HELP mlops_model_info The model that is served.\n# TYPE mlops_model_info gauge\n"
        own = f"{head}mlops_model_info{{{labels}}} 1\n{generate_latest().decode()}"
        try:
            engine = (await self._client.get("/metrics", timeout=METRICS_SECONDS)).text
        except httpx.HTTPError:
            engine = ""
        payloads = "" if self._payloads is None else self._payloads.exposition()
        return Response(own + payloads + engine, media_type="text/plain; version=0.0.4")

    async def _who(self, _request: Request) -> Response:
        return JSONResponse(self._identity.to_document(), headers=self._identity.headers)

    async def _metadata(self, _request: Request) -> Response:
        document = {"name": self._identity.name, "versions": [self._identity.version], "platform": LANGUAGE_MODEL}
        return JSONResponse({**document, **interface_of(self._contract)}, headers=self._identity.headers)

    async def _live(self, _request: Request) -> Response:
        # A dead process never comes back by itself: the pod is started anew. A container beside, the kubelet restarts.
        return JSONResponse({"live": self._engine.is_alive}, 200 if self._engine.is_alive else 503)

    async def _ready(self, _request: Request) -> Response:
        ready = self._engine.is_alive and not self._drain.is_draining and await self._is_well()
        return JSONResponse({"name": self._identity.name, "ready": ready}, 200 if ready else 503)

    async def _is_well(self) -> bool:
        """Ask an engine that is no process of ours: of its end nobody else tells."""
        if not isinstance(self._engine, EngineBeside):
            return True
        try:
            return (await self._client.get(HEALTH, timeout=HEALTH_SECONDS)).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False


def error_document(status: int, reason: str, code: str | None = None) -> dict[str, Any]:
    """Return an error as OpenAI's clients read it."""
    kind = "invalid_request_error" if status < 500 else "server_error"
    return {"error": {"message": reason, "type": kind, "code": code or status}}


def _reason(answer: httpx.Response) -> str:
    """Return what the engine says of a request that it refuses."""
    try:
        return str(answer.json()["error"]["message"])
    except (ValueError, LookupError, TypeError):
        return answer.text[:200]


def _event(document: dict[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(document) + b"\n\n"
