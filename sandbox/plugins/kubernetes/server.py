"""Speaks Pulumi's resource provider protocol."""
# The methods' names and arguments are the protocol's.
# ruff: noqa: N802, ARG002

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from sandbox.plugins.kubernetes import VERSION
from sandbox.plugins.kubernetes.answers import abort, configuration_difference, diff_response, naming, resource
from sandbox.plugins.kubernetes.configuration import read as read_configuration
from sandbox.plugins.kubernetes.engine import Engine
from sandbox.plugins.kubernetes.errors import ProviderError
from sandbox.plugins.kubernetes.invoke import invoke
from sandbox.plugins.kubernetes.kinds import PACKAGE
from sandbox.plugins.kubernetes.provider import Provider
from sandbox.plugins.kubernetes.values import from_struct, plain, to_struct

_CONFIGURATION_PREFIX = f"{PACKAGE}:config:"
Request = TypeVar("Request")
Response = TypeVar("Response")


def _answered(
    method: "Callable[[Servicer, Request], Response]",
) -> "Callable[[Servicer, Request, Any], Response]":
    """Counts a method's operation, and turns what it raises into the protocol's errors."""

    @wraps(method)
    def answer(self: "Servicer", request: Request, context: Any) -> Response:
        with self.counted():
            try:
                return method(self, request)
            except Exception as error:  # noqa: BLE001 - the protocol has an answer for everything
                abort(context, error)

    return answer


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Turns the engine's requests into work for the provider, and what comes of it into answers."""

    def __init__(self, engine: Engine) -> None:
        """Prepares the service; the engine configures it.

        Args:
            engine: Shows lines to the person.
        """
        self.cancelled = threading.Event()
        self._engine = engine
        self._provider: Provider | None = None
        self._lock = threading.Lock()
        self._running = 0

    @property
    def is_busy(self) -> bool:
        """Whether an operation is under way."""
        return self._running > 0

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Counts an operation for as long as it runs."""
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
        return plugin_pb2.PluginInfo(version=VERSION)

    def GetSchema(self, request: provider_pb2.GetSchemaRequest, context: Any) -> provider_pb2.GetSchemaResponse:
        """Returns a schema without types: those are in the SDKs."""
        return provider_pb2.GetSchemaResponse(schema=json.dumps({"name": PACKAGE, "version": VERSION}))

    def GetMapping(self, request: provider_pb2.GetMappingRequest, context: Any) -> provider_pb2.GetMappingResponse:
        """Says that nothing is converted from elsewhere."""
        return provider_pb2.GetMappingResponse()

    def GetMappings(self, request: provider_pb2.GetMappingsRequest, context: Any) -> provider_pb2.GetMappingsResponse:
        """Says that nothing is converted from elsewhere."""
        return provider_pb2.GetMappingsResponse()

    @_answered
    def CheckConfig(self, request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:
        """Judges the provider's settings."""
        _, problems = read_configuration(from_struct(request.news))
        failures = [provider_pb2.CheckFailure(property=each.property, reason=each.reason) for each in problems]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    @_answered
    def DiffConfig(self, request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:
        """Tells whether changed settings mean another cluster."""
        olds, news = from_struct(request.olds), from_struct(request.news)
        return configuration_difference(plain(olds), plain(news))

    @_answered
    def Configure(self, request: provider_pb2.ConfigureRequest) -> provider_pb2.ConfigureResponse:
        """Takes the settings."""
        settings = from_struct(request.args) or {
            name.removeprefix(_CONFIGURATION_PREFIX): value for name, value in request.variables.items()
        }
        configuration, problems = read_configuration(settings)
        if problems:
            raise ProviderError("; ".join(problem.reason for problem in problems))
        self._provider = Provider(configuration, self._engine, self.cancelled)
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True
        )

    @_answered
    def Invoke(self, request: provider_pb2.InvokeRequest) -> provider_pb2.InvokeResponse:
        """Calls a function."""
        provider = self._configured()
        result = invoke(request.tok, plain(from_struct(request.args)), provider.is_namespaced)
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
        raise ProviderError(
            f"{request.type}: this component needs the official pulumi-kubernetes plugin; "
            "pulumi_kubernetes.yaml.ConfigFile and ConfigGroup (not v2) work here"
        )

    @_answered
    def Check(self, request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:
        """Completes and judges a resource's inputs."""
        provider = self._configured()
        inputs, failures = provider.check(
            resource(request), from_struct(request.news), from_struct(request.olds), naming(request)
        )
        failed = [provider_pb2.CheckFailure(property=each.property, reason=each.reason) for each in failures]
        return provider_pb2.CheckResponse(inputs=to_struct(inputs), failures=failed)

    @_answered
    def Diff(self, request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:
        """Compares a resource's inputs with those before."""
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
        """Creates an object."""
        provider = self._configured()
        outcome = provider.create(resource(request), from_struct(request.properties), is_preview=request.preview)
        return provider_pb2.CreateResponse(id=outcome.id, properties=to_struct(outcome.outputs))

    @_answered
    def Update(self, request: provider_pb2.UpdateRequest) -> provider_pb2.UpdateResponse:
        """Updates an object."""
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
        """Reads an object."""
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
        """Deletes an object."""
        provider = self._configured()
        properties, inputs = from_struct(request.properties), from_struct(request.old_inputs)
        provider.delete(resource(request), request.id, properties, inputs)
        return empty_pb2.Empty()

    def Cancel(self, request: empty_pb2.Empty, context: Any) -> empty_pb2.Empty:
        """Makes every operation end soon."""
        self.cancelled.set()
        return empty_pb2.Empty()

    def _configured(self) -> Provider:
        if self._provider is None:
            raise ProviderError("the provider is not configured yet")
        return self._provider
