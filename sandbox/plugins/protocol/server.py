"""Speaks Pulumi's resource provider protocol for whichever provider is behind it."""
# The methods' names and arguments are the protocol's.
# ruff: noqa: N802, ARG002

import json
import threading
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from sandbox.plugins.protocol.answers import abort, check_failures, diff_response, naming, resource
from sandbox.plugins.protocol.changes import Difference
from sandbox.plugins.protocol.engine import Engine
from sandbox.plugins.protocol.errors import ProviderError
from sandbox.plugins.protocol.naming import NamingRequest
from sandbox.plugins.protocol.resources import Failure, Outcome, Resource
from sandbox.plugins.protocol.values import Object, from_struct, plain, to_struct


class ResourceProvider(Protocol):
    """What a configured provider does for its resources."""

    def check(
        self, resource: Resource, news: Object, olds: Object, naming: NamingRequest
    ) -> tuple[Object, list[Failure]]:
        """Completes and judges inputs."""

    def diff(
        self, resource: Resource, old_inputs: Object, olds: Object, news: Object, ignored: list[str]
    ) -> Difference:
        """Compare inputs with what there is."""

    def create(self, resource: Resource, news: Object, *, is_preview: bool) -> Outcome:
        """Create an object, or tell what would come of that."""

    def update(
        self, resource: Resource, olds: Object, news: Object, ignored: list[str], *, is_preview: bool
    ) -> Outcome:
        """Update an object, or tell what would come of that."""

    def read(self, resource: Resource, identifier: str, olds: Object, old_inputs: Object) -> Outcome | None:
        """Read an object; None for one that is not there."""

    def delete(self, resource: Resource, identifier: str, olds: Object, old_inputs: Object) -> None:
        """Delete an object."""


Configured = TypeVar("Configured", bound=ResourceProvider)
Request = TypeVar("Request")
Response = TypeVar("Response")


def _answered(
    method: "Callable[[Servicer[Configured], Request], Response]",
) -> "Callable[[Servicer[Configured], Request, Any], Response]":
    """Count a method's operation, and turn what it raises into the protocol's errors."""

    @wraps(method)
    def answer(self: "Servicer[Configured]", request: Request, context: Any) -> Response:
        with self.counted():
            try:
                return method(self, request)
            except Exception as error:  # noqa: BLE001 - the protocol has an answer for everything
                abort(context, error)

    return answer


class Servicer(provider_pb2_grpc.ResourceProviderServicer, Generic[Configured]):
    """Turns the engine's requests into work for the provider, and what comes of it into answers.

    Attributes:
        package: The plugin's name.
        version: Of the release whose programs it serves.
    """

    package: ClassVar[str]
    version: ClassVar[str]

    def __init__(self, engine: Engine) -> None:
        """Prepare the service; the engine configures it.

        Args:
            engine: Shows lines to the person.
        """
        self.cancelled = threading.Event()
        self._engine = engine
        self._provider: Configured | None = None
        self._lock = threading.Lock()
        self._running = 0

    @abstractmethod
    def judge(self, settings: Object) -> list[Failure]:
        """Tells which of the provider's settings cannot be taken."""

    @abstractmethod
    def compare(self, olds: Object, news: Object) -> provider_pb2.DiffResponse:
        """Tells which of the provider's settings differ, and whether they mean that its resources are made anew."""

    @abstractmethod
    def make_provider(self, settings: Object) -> Configured:
        """Make the provider that the settings describe.

        Raises:
            ProviderError: The settings cannot be taken.
        """

    @abstractmethod
    def call_function(self, provider: Configured, token: str, arguments: Object) -> Object:
        """Call a function of the provider."""

    @abstractmethod
    def component_problem(self, token: str) -> str:
        """Says why a component that the official plugin brings cannot be had."""

    @property
    def is_busy(self) -> bool:
        """Whether an operation is under way."""
        return self._running > 0

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count an operation for as long as it runs."""
        with self._lock:
            self._running += 1
        try:
            yield
        finally:
            with self._lock:
                self._running -= 1

    def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: Any
    ) -> provider_pb2.ProviderHandshakeResponse:
        """Agrees on what both sides can do."""
        self._engine.attach(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, supports_autonaming_configuration=True)

    def Attach(self, request: plugin_pb2.PluginAttach, context: Any) -> empty_pb2.Empty:
        """Learns the address of an engine that has not started this process."""
        self._engine.attach(request.address)
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: Any) -> plugin_pb2.PluginInfo:
        """Tells the version."""
        return plugin_pb2.PluginInfo(version=self.version)

    def GetSchema(self, request: provider_pb2.GetSchemaRequest, context: Any) -> provider_pb2.GetSchemaResponse:
        """Return a schema without types: those are in the SDKs."""
        schema = {"name": self.package, "version": self.version}
        return provider_pb2.GetSchemaResponse(schema=json.dumps(schema))

    def GetMapping(self, request: provider_pb2.GetMappingRequest, context: Any) -> provider_pb2.GetMappingResponse:
        """Says that nothing is converted from elsewhere."""
        return provider_pb2.GetMappingResponse()

    def GetMappings(self, request: provider_pb2.GetMappingsRequest, context: Any) -> provider_pb2.GetMappingsResponse:
        """Says that nothing is converted from elsewhere."""
        return provider_pb2.GetMappingsResponse()

    @_answered
    def CheckConfig(self, request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:
        """Judges the provider's settings."""
        failures = self.judge(from_struct(request.news))
        return provider_pb2.CheckResponse(inputs=request.news, failures=check_failures(failures))

    @_answered
    def DiffConfig(self, request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:
        """Tells what changed settings mean."""
        return self.compare(plain(from_struct(request.olds)), plain(from_struct(request.news)))

    @_answered
    def Configure(self, request: provider_pb2.ConfigureRequest) -> provider_pb2.ConfigureResponse:
        """Take the settings."""
        prefix = f"{self.package}:config:"
        self._provider = self.make_provider(
            from_struct(request.args) or {name.removeprefix(prefix): value for name, value in request.variables.items()}
        )
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True
        )

    @_answered
    def Invoke(self, request: provider_pb2.InvokeRequest) -> provider_pb2.InvokeResponse:
        """Call a function."""
        result = self.call_function(self._configured(), request.tok, plain(from_struct(request.args)))
        answer = provider_pb2.InvokeResponse()
        # The field is called `return`, which is no name in Python.
        getattr(answer, "return").CopyFrom(to_struct(result))
        return answer

    @_answered
    def Call(self, request: provider_pb2.CallRequest) -> provider_pb2.CallResponse:
        """Refuses methods: none of the resources served here has any."""
        raise ProviderError(f"{request.tok}: this plugin has no methods")

    @_answered
    def Construct(self, request: provider_pb2.ConstructRequest) -> provider_pb2.ConstructResponse:
        """Refuses the components that the official plugin brings."""
        raise ProviderError(self.component_problem(request.type))

    @_answered
    def Check(self, request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:
        """Completes and judges a resource's inputs."""
        provider = self._configured()
        inputs, failures = provider.check(
            resource(request), from_struct(request.news), from_struct(request.olds), naming(request)
        )
        return provider_pb2.CheckResponse(inputs=to_struct(inputs), failures=check_failures(failures))

    @_answered
    def Diff(self, request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:
        """Compare a resource's inputs with those before."""
        provider = self._configured()
        found = provider.diff(
            resource(request),
            from_struct(request.old_inputs),
            from_struct(request.olds),
            from_struct(request.news),
            list(request.ignoreChanges),
        )
        return diff_response(found.changes, deletes_first=found.deletes_first)

    @_answered
    def Create(self, request: provider_pb2.CreateRequest) -> provider_pb2.CreateResponse:
        """Create an object."""
        provider = self._configured()
        outcome = provider.create(resource(request), from_struct(request.properties), is_preview=request.preview)
        return provider_pb2.CreateResponse(id=outcome.id, properties=to_struct(outcome.outputs))

    @_answered
    def Update(self, request: provider_pb2.UpdateRequest) -> provider_pb2.UpdateResponse:
        """Update an object."""
        provider = self._configured()
        outcome = provider.update(
            resource(request),
            from_struct(request.olds),
            from_struct(request.news),
            list(request.ignoreChanges),
            is_preview=request.preview,
        )
        return provider_pb2.UpdateResponse(properties=to_struct(outcome.outputs))

    @_answered
    def Read(self, request: provider_pb2.ReadRequest) -> provider_pb2.ReadResponse:
        """Read an object."""
        provider = self._configured()
        properties, inputs = from_struct(request.properties), from_struct(request.inputs)
        outcome = provider.read(resource(request), request.id, properties, inputs)
        if outcome is None:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(
            id=outcome.id, properties=to_struct(outcome.outputs), inputs=to_struct(outcome.inputs)
        )

    @_answered
    def Delete(self, request: provider_pb2.DeleteRequest) -> empty_pb2.Empty:
        """Delete an object."""
        provider = self._configured()
        properties, inputs = from_struct(request.properties), from_struct(request.old_inputs)
        provider.delete(resource(request), request.id, properties, inputs)
        return empty_pb2.Empty()

    def Cancel(self, request: empty_pb2.Empty, context: Any) -> empty_pb2.Empty:
        """Make every operation end soon."""
        self.cancelled.set()
        return empty_pb2.Empty()

    def _configured(self) -> Configured:
        if self._provider is None:
            raise ProviderError("the provider is not configured yet")
        return self._provider
