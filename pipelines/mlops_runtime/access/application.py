"""An application behind its guard: what is not open to everybody is answered to those alone who may ask."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from contextlib import suppress
from typing import Any

import orjson

from . import metrics
from .errors import AccessRefusedError, Outcome
from .guard import CREDENTIAL_HEADERS, Guard

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]
RefusalDocument = Callable[[int, str], dict[str, Any]]
"""Makes the body of a refusal from its status and reason, in the form that the callers of an application read."""

READING = frozenset(("GET", "HEAD"))
UNREAD_BODY_BYTES_MAX = 64 * 1024
"""The largest body of a refused request that is let pass, so that its connection can be used again."""
LINGER_SECONDS = 1.0
"""How long a refused caller may go on sending a larger one: whoever is cut off at once does not see the answer."""
POLICY_VIOLATION = 1008


def open_paths(model_name: str) -> frozenset[str]:
    """Return what anybody may read who reaches the server: the kubelet, Prometheus, and those who ask who serves.

    Whatever is not among them is guarded, and so is every route that comes later. A route from outside leads to none
    of them.
    """
    return frozenset(
        ("/v2/health/live", "/v2/health/ready", f"/v2/models/{model_name}/ready", "/mlops/identity", "/metrics")
    )


def error_document(_status: int, reason: str) -> dict[str, Any]:
    """Return a refusal in the form of the Open Inference Protocol."""
    return {"error": reason}


class GuardedApplication:
    """An ASGI application that hands on to another what its guard admits, without the credential."""

    def __init__(
        self,
        application: Application,
        guard: Guard,
        *,
        open_to_all: Collection[str],
        refusal_document: RefusalDocument = error_document,
    ) -> None:
        """Set up the application.

        Args:
            application: What answers.
            guard: Who judges.
            open_to_all: Paths that anybody may read.
            refusal_document: Makes the body of a refusal.
        """
        self.application = application
        self._guard = guard
        self._open_to_all = frozenset(open_to_all)
        self._refusal_document = refusal_document

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] == "lifespan":
            await self.application(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
        elif scope["method"] in READING and scope["path"] in self._open_to_all:
            await self.application(scope, receive, send)
        else:
            await self._judge(scope, receive, send)

    async def _judge(self, scope: Message, receive: Receive, send: Send) -> None:
        try:
            caller = await self._guard.admit(scope["headers"])
        except AccessRefusedError as error:
            metrics.count(error.client, error.outcome)
            await self._refuse(error, scope, receive, send)
            return
        metrics.count(caller.client, Outcome.ADMITTED)
        # Nothing behind has a use for the credential, and what is not there is not written down.
        headers = [(name, value) for name, value in scope["headers"] if name not in CREDENTIAL_HEADERS]
        await self.application({**scope, "headers": headers}, receive, send)

    async def _refuse(self, error: AccessRefusedError, scope: Message, receive: Receive, send: Send) -> None:
        body = orjson.dumps(self._refusal_document(error.status, str(error)))
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            *error.headers,
        ]
        if _has_small_body(scope):
            await send({"type": "http.response.start", "status": error.status, "headers": headers})
            await send({"type": "http.response.body", "body": body})
            return
        headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": error.status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": True})
        await _let_pass(receive)
        await send({"type": "http.response.body", "body": b""})


def _has_small_body(scope: Message) -> bool:
    """Tell whether no more of a request comes than may be let pass."""
    found = {name: value for name, value in scope["headers"] if name in (b"content-length", b"transfer-encoding")}
    if b"transfer-encoding" in found:
        return False
    length = found.get(b"content-length", b"0")
    return length.isdigit() and int(length) <= UNREAD_BODY_BYTES_MAX


async def _let_pass(receive: Receive) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while (await receive()).get("more_body"):
                pass
