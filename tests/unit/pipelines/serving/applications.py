"""A model's server without a port: its application, and requests to it."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from mlops_runtime.serving.drain import Drain
from mlops_runtime.serving.endpoint_server import EndpointRestServer, EndpointServer
from mlops_runtime.serving.model import EndpointModel
from mlops_runtime.serving.request_body import Application
from mlops_runtime.serving.self_check import ask_self
from mlops_runtime.serving.served_model import ServedModel

BODY_LIMIT_BYTES = 16 * 1024 * 1024


def application_of(served: ServedModel, kind: type[EndpointServer] = EndpointServer) -> Application:
    """The application of a server that has asked itself what the truth check will ask."""
    server = kind(served, port=8080, drain=Drain(60), grace_seconds=1, body_limit_bytes=BODY_LIMIT_BYTES)
    server.register_model(EndpointModel(served))
    rest_server = EndpointRestServer(server.dataplane, server)
    with pytest.MonkeyPatch.context() as patch:
        # KServe has one application in each process, whose first routes stay: those of another test's model.
        patch.setattr("kserve.model_server.app", FastAPI())
        rest_server.create_application()
    application: Application = rest_server.config.app
    ask_self(application, served)
    return application


def ask(
    application: Application,
    path: str,
    document: object = None,
    *,
    content: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    """Asks once: with GET where there is neither a document nor content."""

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app=application)
        async with httpx.AsyncClient(transport=transport, base_url="http://endpoint") as client:
            if document is None and content is None:
                return await client.get(path, headers=headers)
            body: dict[str, Any] = {"json": document} if content is None else {"content": content}
            return await client.post(path, headers=headers, **body)

    return asyncio.run(run())
