"""KServe's model server for exactly one pinned model."""

import gc
import logging
import math
import os
from collections.abc import Mapping
from typing import NoReturn

from fastapi import FastAPI
from fastapi.routing import APIRoute
from kserve import ModelRepository, ModelServer
from kserve.constants.constants import FASTAPI_APP_IMPORT_STRING
from kserve.protocol.dataplane import DataPlane
from kserve.protocol.rest.server import RESTServer
from uvicorn.importer import import_from_string

from mlops_runtime.access.application import GuardedApplication, open_paths
from mlops_runtime.access.guard import Guard
from mlops_runtime.monitoring.payloads.settings import PayloadSettings

from .drain import Drain, DrainingServer
from .feature_lookup import FeatureLookup
from .http_protocol import FIRST_REQUEST_SECONDS, UpgradeIgnoringProtocol
from .limits import DEFAULT_TIMEOUT_SECONDS
from .model import EndpointModel
from .payload_log import kept, payload_log_of
from .protocol import MessageProtocol
from .protocol_embeddings import PATH as EMBEDDINGS_PATH
from .protocol_embeddings import EmbeddingsProtocol, makes_embeddings
from .request_body import Application
from .request_path import RequestPath
from .self_check import ask_self
from .served_model import ServedModel
from .spans import spans_of
from .threads import RequestThreads
from .watching import Watching

logger = logging.getLogger("kserve.mlops")


class PinnedRepository(ModelRepository):  # type: ignore[misc]  # KServe has no types
    """Models that stay as they are: which one is served is decided by the stack, not by a request."""

    def load(self, name: str) -> NoReturn:
        """Refuses a request to load."""
        raise NotImplementedError(f"{name!r} cannot be loaded by a request: this endpoint serves one pinned version")

    def unload(self, name: str) -> NoReturn:
        """Refuses a request to unload."""
        raise NotImplementedError(f"{name!r} cannot be unloaded by a request: this endpoint serves one pinned version")


class EndpointDataPlane(DataPlane):  # type: ignore[misc]
    """Tells the version in the metadata, and not to be ready while draining."""

    def __init__(self, repository: ModelRepository, served: ServedModel, drain: Drain) -> None:
        super().__init__(model_registry=repository)
        self._version = served.identity.version
        self._platform = served.scorer.platform
        self._drain = drain

    async def model_metadata(self, model_name: str) -> dict[str, object]:
        """Return the metadata document of the Open Inference Protocol."""
        document: dict[str, object] = await super().model_metadata(model_name)
        return {**document, "versions": [self._version], "platform": self._platform}

    async def ready(self) -> bool:
        """Whether requests should be sent here."""
        return not self._drain.is_draining

    async def model_ready(self, model_name: str, disable_predictor_health_check: bool = False) -> bool:  # noqa: FBT001, FBT002
        """As `ready`; KServe's routes also ask it, with the flag set, whether a request that came can be answered."""
        if self._drain.is_draining and not disable_predictor_health_check:
            return False
        loaded: bool = await super().model_ready(model_name, disable_predictor_health_check)
        return loaded


class EndpointRestServer(RESTServer):  # type: ignore[misc]
    """KServe's REST application with the short way for predictions in front, and without a log line per request."""

    def __init__(self, data_plane: DataPlane, server: "EndpointServer") -> None:
        super().__init__(
            FASTAPI_APP_IMPORT_STRING,
            data_plane,
            server.model_repository_extension,
            server.http_port,
            grace_period=server.grace_period,
            event_loop="uvloop",
            timeout_keep_alive=server.timeout_keep_alive,
        )
        self._endpoint = server
        # Every address, of IPv4 and of IPv6. KServe's 0.0.0.0 is IPv4 alone, and to asyncio "::" is IPv6 alone.
        self.config.host = ""
        self.config.access_log = False
        self.config.proxy_headers = False
        self.config.server_header = False
        self.config.http = UpgradeIgnoringProtocol
        self.config.ws = "none"
        self._server = DrainingServer(self.config, server.drain)
        self._front: Application | None = None

    def create_application(self) -> None:
        """Build KServe's application and puts the short way in front of it, and the guard in front of both."""
        super().create_application()
        application: FastAPI = import_from_string(FASTAPI_APP_IMPORT_STRING)
        # Ahead of KServe's own, whose form of the document has no place for units and classes.
        path = f"/v2/models/{self._endpoint.served.identity.name}"
        application.router.routes.insert(0, APIRoute(path, self._metadata, methods=["GET"], response_model=None))
        application.add_api_route("/mlops/identity", self._endpoint.served.identity.to_document, methods=["GET"])
        self._front = self._endpoint.front(application)
        self.config.app = self._endpoint.guarded(self._front)

    async def _metadata(self) -> dict[str, object]:
        return await self._endpoint.dataplane.model_metadata(self._endpoint.served.identity.name)

    def run(self) -> None:
        """Serve, once it has asked itself what the truth check will ask.

        Raises:
            UnservableModelError: An answer differs; nothing has listened then.
        """
        self.create_application()
        assert self._front is not None  # noqa: S101
        ask_self(self._front, self._endpoint.served)
        # What is there now stays: no later collection needs to look at it.
        gc.collect()
        gc.freeze()
        self._server.run()

    def _add_middlewares(self, app: FastAPI) -> None:
        """KServe's times every route of every request into its log; the histograms of `/metrics` say as much."""


class EndpointServer(ModelServer):  # type: ignore[misc]
    """Serves one loaded model until it is told to stop."""

    def __init__(  # noqa: PLR0913 - each is told by its name
        self,
        served: ServedModel,
        *,
        port: int,
        drain: Drain,
        grace_seconds: int,
        body_limit_bytes: int,
        request_timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
        lookup: FeatureLookup | None = None,
        guard: Guard | None = None,
        payloads: PayloadSettings | None = None,
    ) -> None:
        """Set up the server; `run` starts it.

        Args:
            served: The model, loaded and proved.
            port: The port to listen on, at every address.
            drain: How long to go on after SIGTERM.
            grace_seconds: How long answers may take after the drain before they are cut off.
            body_limit_bytes: The largest request body that is read.
            request_timeout_seconds: How long a request may take from its head to its answer.
            lookup: Looks up features that requests leave out.
            guard: Who may call. Defaults to anybody who reaches the server.
            payloads: What is written down of the requests. Defaults to nothing.

        Raises:
            UnservableModelError: What is written down cannot be redacted as it should be.
        """
        super().__init__(
            http_port=port,
            registered_models=PinnedRepository(),
            workers=1,
            enable_grpc=False,
            enable_latency_logging=False,
            # The last requests begin this much later: see http_protocol.
            grace_period=grace_seconds + math.ceil(FIRST_REQUEST_SECONDS),
        )
        self.served = served
        self.drain = drain
        self.body_limit_bytes = body_limit_bytes
        self.request_timeout_seconds = request_timeout_seconds
        self.lookup = lookup
        self._guard = guard
        self.payloads = payload_log_of(served, payloads)
        self.spans = spans_of(served.identity, os.environ)
        self.threads = RequestThreads()
        self.dataplane = EndpointDataPlane(self.registered_models, served, drain)

    def front(self, general: Application) -> Application:
        """Return the short way, with KServe's application behind it."""
        return self.request_path(general)

    def guarded(self, application: Application) -> Application:
        """Return an application behind the guard; the application itself where there is none."""
        if self._guard is None:
            return application
        return GuardedApplication(application, self._guard, open_to_all=open_paths(self.served.identity.name))

    def request_path(
        self, general: Application, more_protocols: Mapping[str, MessageProtocol] | None = None
    ) -> RequestPath:
        """Return the short way, for paths beside the endpoint's own as well."""
        return RequestPath(
            self.served,
            general,
            self.drain,
            self.threads,
            body_limit_bytes=self.body_limit_bytes,
            timeout_seconds=self.request_timeout_seconds,
            more_protocols={**self._embeddings(), **(more_protocols or {})},
            lookup=self.lookup,
            watching=Watching(self.payloads, self.spans),
        )

    def _embeddings(self) -> dict[str, MessageProtocol]:
        """Return OpenAI's embeddings by their path, where the model makes some."""
        served = self.served
        if not makes_embeddings(served.contract):
            return {}
        return {EMBEDDINGS_PATH: EmbeddingsProtocol(served.contract, served.reader, served.identity.name)}

    def run(self) -> None:
        """Serve; return once drained.

        Raises:
            UnservableModelError: It does not answer as the truth check will ask.
            AccessError: There are no keys to judge callers by.
        """
        if self._guard is not None:
            self._guard.load()
        self.register_model(EndpointModel(self.served))
        try:
            with kept(self.payloads, self.served):
                EndpointRestServer(self.dataplane, self).run()
        finally:
            if self.spans is not None:
                self.spans.close()
            self.threads.close()
