"""What the truth check will ask, asked by the server of itself before it takes a request.

A version that fails only there never becomes ready, and takes no traffic from the one before.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import httpx

from .asking import TruthError
from .golden import GoldenScore
from .served_model import ServedModel, UnservableModelError
from .truth_check import Pinned

Message = MutableMapping[str, Any]
Application = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]


class InProcessTransport(httpx.BaseTransport):
    """Hands a client's requests to an application in this process. No connection, no port."""

    def __init__(self, application: Application, runner: asyncio.Runner) -> None:
        self._transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
        self._runner = runner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answers one request."""
        return self._runner.run(self._answer(request))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        answer = await self._transport.handle_async_request(request)
        return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())


def ask_self(application: Application, served: ServedModel) -> list[GoldenScore]:
    """Asks an application for its identity, its metadata and its golden rows by both protocols.

    Args:
        application: What will answer requests.
        served: The model that it must answer for.

    Returns:
        The golden score of each protocol.

    Raises:
        UnservableModelError: With the first answer that differs.
    """
    identity = served.identity
    pinned = Pinned(identity.name, identity.version, identity.digest, served.contract, served.golden)
    with asyncio.Runner() as runner:
        transport = InProcessTransport(application, runner)
        with httpx.Client(base_url="http://endpoint", transport=transport, trust_env=False) as client:
            try:
                return pinned.ask(client)
            except TruthError as error:
                raise UnservableModelError(
                    f"{identity.name} version {identity.version} does not answer as the truth check will ask: {error}"
                ) from error
