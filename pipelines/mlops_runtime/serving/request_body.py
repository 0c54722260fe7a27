"""Reading a request's body, of which no more is taken in than the limit, whatever its headers say."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextlib import suppress
from typing import Any

from .protocol import Body

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]

FRAMING_HEADERS = frozenset((b"content-length", b"content-encoding", b"expect"))
DISCARDED_BYTES_MAX = 64 * 1024 * 1024


class BodyRefusedError(Exception):
    """A request's body is not read; holds the answer's status and says why."""

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        super().__init__(reason)


class ClientGoneError(Exception):
    """The caller hung up before the request was whole."""


async def read_body(headers: Headers, receive: Receive, limit_bytes: int) -> Body:
    """Return the whole body.

    Raises:
        BodyRefusedError: It is larger than the limit, or says so, or is compressed.
        ClientGoneError: It never came whole.
    """
    refusal = _refusal(headers, limit_bytes)
    if refusal is not None:
        if not any(name == b"expect" for name, _ in headers):
            await _discard(await receive(), receive)
        raise refusal
    message = await receive()
    body: Body = message.get("body", b"")
    if message["type"] == "http.request" and message.get("more_body"):
        body = bytearray(body)
        while message.get("more_body") and len(body) <= limit_bytes:
            message = await receive()
            body += message.get("body", b"")
    if message["type"] != "http.request":
        raise ClientGoneError
    if len(body) > limit_bytes:
        await _discard(message, receive)
        raise _too_large(limit_bytes)
    return body


def _refusal(headers: Headers, limit_bytes: int) -> BodyRefusedError | None:
    for name, value in headers:
        if name == b"content-length" and int(value) > limit_bytes:
            return _too_large(limit_bytes)
        if name == b"content-encoding" and value.strip().lower() not in (b"", b"identity"):
            got = value[:40].decode("latin-1")
            return BodyRefusedError(
                415, f"Content-Encoding: got {got!r}, expected none, fix: send the body uncompressed"
            )
    return None


async def _discard(message: Message, receive: Receive) -> None:
    """Lets a refused body pass by: a caller who is cut off while it sends does not see the answer."""
    discarded = 0
    while message.get("more_body") and discarded <= DISCARDED_BYTES_MAX:
        message = await receive()
        discarded += len(message.get("body", b""))


async def let_pass(receive: Receive, seconds: float) -> None:
    """Lets what the caller is still sending pass by for a moment, so that the answer is seen: RFC 9112, section 9.6."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await _discard({"more_body": True}, receive)


def _too_large(limit_bytes: int) -> BodyRefusedError:
    reason = f"the request's body: got more than {limit_bytes} bytes; send fewer rows at a time"
    return BodyRefusedError(413, reason)
