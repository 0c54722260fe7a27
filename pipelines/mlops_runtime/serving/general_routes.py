"""KServe's own routes, for what the short way does not answer."""

import asyncio
import logging
from concurrent.futures import Executor

from .protocol import Body
from .request_body import Application, Message, Receive, Send

FAILED = b'{"error":"the request could not be answered; the server\'s log says why"}'

logger = logging.getLogger("kserve.mlops")


class GeneralRoutes:
    """KServe's application; a request with a body is answered in another thread, with an event loop of its own.

    KServe reads and checks a body in the loop that calls it, by ways that take their time with a wrong one: meanwhile
    the server's own loop answers health checks and other callers.
    """

    def __init__(self, application: Application, executor: Executor) -> None:
        """Set up the routes.

        Args:
            application: KServe's.
            executor: Where requests with a body are answered.
        """
        self._application = application
        self._executor = executor

    async def answer(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answers a request without a body, or one that is none of HTTP's."""
        await self._application(scope, receive, send)

    async def answer_to_body(self, scope: Message, body: Body) -> list[Message]:
        """Return the answer to a request whose body has been read."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._messages, scope, bytes(body))

    def _messages(self, scope: Message, body: bytes) -> list[Message]:
        messages: list[Message] = []

        async def collect(message: Message) -> None:
            messages.append(message)

        try:
            asyncio.run(self._application(scope, _giving(body), collect))  # type: ignore[arg-type]
        except Exception:
            logger.exception("a request to %s could not be answered", scope["path"])
        if not messages or messages[-1].get("more_body") or messages[-1]["type"] != "http.response.body":
            headers = [(b"content-type", b"application/json"), (b"content-length", str(len(FAILED)).encode())]
            start = {"type": "http.response.start", "status": 500, "headers": headers}
            return [start, {"type": "http.response.body", "body": FAILED}]
        return messages


def _giving(body: bytes) -> Receive:
    """Give a body that was read to its next reader, who then waits for a caller who stays."""
    pending = [body]

    async def receive() -> Message:
        if not pending:
            await asyncio.get_running_loop().create_future()
        return {"type": "http.request", "body": pending.pop(), "more_body": False}

    return receive
