"""SageMaker's two paths in front of the endpoint's own: `/ping`, and `/invocations` for either protocol."""

import orjson

from mlops_runtime.serving.drain import Drain
from mlops_runtime.serving.prediction_ids import HEADER
from mlops_runtime.serving.request_body import FRAMING_HEADERS, Application, Message, Receive, Send
from mlops_runtime.serving.served_model import ServedModel

PING_PATH = "/ping"
INVOCATIONS_PATH = "/invocations"
ATTRIBUTES_HEADER = b"x-amzn-sagemaker-custom-attributes"
"""The only header of an answer that SageMaker passes on, as `CustomAttributes`."""


class SageMakerFront:
    """An ASGI application that answers SageMaker's health checks and names the model in each invocation's answer."""

    def __init__(self, served: ServedModel, path: Application, drain: Drain) -> None:
        """Set up the answers.

        Args:
            served: The model, which is loaded and has repeated its golden rows.
            path: Answers invocations and all else.
            drain: Tells when the server is about to stop, and must not get requests.
        """
        identity = served.identity
        self._path = path
        self._drain = drain
        self._ping = orjson.dumps(identity.to_document())
        attributes = f"mlops-model-version={identity.version};mlops-model-digest={identity.digest}"
        self._attributes = attributes.encode()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] == "http" and scope["path"] == PING_PATH and scope["method"] == "GET":
            await self._answer_ping(send)
        elif scope["type"] == "http" and scope["path"] == INVOCATIONS_PATH:
            # Whatever a caller's content type says, the body is JSON: no header leads to another reader.
            framing = [header for header in scope["headers"] if header[0] in FRAMING_HEADERS]
            await self._path({**scope, "headers": framing}, receive, self._with_attributes(send))
        else:
            await self._path(scope, receive, send)

    async def _answer_ping(self, send: Send) -> None:
        status = 503 if self._drain.is_draining else 200
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(self._ping)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": self._ping})

    def _with_attributes(self, send: Send) -> Send:
        async def send_with_attributes(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", ())]
                ids = b"".join(b";prediction-id=" + value for name, value in headers if name == HEADER)
                message = {**message, "headers": [*headers, (ATTRIBUTES_HEADER, self._attributes + ids)]}
            await send(message)

        return send_with_attributes
