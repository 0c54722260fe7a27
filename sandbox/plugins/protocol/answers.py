"""Reads the protocol's requests and writes its answers."""

import sys
import traceback
from collections.abc import Iterable
from typing import Any, NoReturn

import grpc
from google.protobuf import any_pb2
from pulumi.runtime.proto import provider_pb2, status_pb2

from sandbox.plugins.protocol.changes import Change, ChangeKind
from sandbox.plugins.protocol.errors import CancelledError, FailedOutcomeError, ProviderError
from sandbox.plugins.protocol.naming import Autonaming, NamingRequest
from sandbox.plugins.protocol.resources import Failure, Resource
from sandbox.plugins.protocol.values import to_struct

_DETAILS = "grpc-status-details-bin"
_AUTONAMING = {
    provider_pb2.CheckRequest.AutonamingOptions.PROPOSE: Autonaming.PROPOSED,
    provider_pb2.CheckRequest.AutonamingOptions.ENFORCE: Autonaming.ENFORCED,
    provider_pb2.CheckRequest.AutonamingOptions.DISABLE: Autonaming.DISABLED,
}
_DIFF_KINDS = {
    (ChangeKind.ADD, False): provider_pb2.PropertyDiff.ADD,
    (ChangeKind.ADD, True): provider_pb2.PropertyDiff.ADD_REPLACE,
    (ChangeKind.DELETE, False): provider_pb2.PropertyDiff.DELETE,
    (ChangeKind.DELETE, True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    (ChangeKind.UPDATE, False): provider_pb2.PropertyDiff.UPDATE,
    (ChangeKind.UPDATE, True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


def resource(request: Any) -> Resource:
    """Return which resource a request is about."""
    token = request.type or request.urn.split("::")[2].rpartition("$")[2]
    name = request.name or request.urn.rpartition("::")[2]
    return Resource(request.urn, token, name, getattr(request, "timeout", 0.0) or None, getattr(request, "id", ""))


def naming(request: provider_pb2.CheckRequest) -> NamingRequest:
    """Return how a resource is to be named."""
    name = resource(request).name
    if not request.HasField("autonaming"):
        return NamingRequest(name, request.randomSeed)
    mode = _AUTONAMING.get(request.autonaming.mode, Autonaming.DEFAULT)
    return NamingRequest(name, request.randomSeed, mode, request.autonaming.proposed_name)


def check_failures(failures: Iterable[Failure]) -> list[provider_pb2.CheckFailure]:
    """Write what cannot be taken."""
    return [provider_pb2.CheckFailure(property=each.property, reason=each.reason) for each in failures]


def diff_response(changes: Iterable[Change], *, deletes_first: bool) -> provider_pb2.DiffResponse:
    """Write what differs."""
    found = list(changes)
    some = provider_pb2.DiffResponse.DIFF_SOME if found else provider_pb2.DiffResponse.DIFF_NONE
    details = {
        change.text: provider_pb2.PropertyDiff(kind=_DIFF_KINDS[change.kind, change.replaces], inputDiff=True)
        for change in found
    }
    return provider_pb2.DiffResponse(
        changes=some,
        replaces=[change.text for change in found if change.replaces],
        diffs=sorted({str(change.path[0]) for change in found if change.path}),
        deleteBeforeReplace=deletes_first,
        detailedDiff=details,
        hasDetailedDiff=True,
    )


def abort(context: Any, error: Exception) -> NoReturn:
    """Answers with an error.

    Raises:
        Exception: Always; gRPC ends the request with it.
    """
    if isinstance(error, FailedOutcomeError):
        _abort_unready(context, error)
    code = grpc.StatusCode.CANCELLED if isinstance(error, CancelledError) else grpc.StatusCode.UNKNOWN
    if isinstance(error, ProviderError | ValueError):
        context.abort(code, str(error))
    # The texts of unforeseen errors may hold properties; where they arose is enough to mend the plugin.
    sys.stderr.write("".join(traceback.format_tb(error.__traceback__)))
    context.abort(grpc.StatusCode.INTERNAL, f"fault in the plugin: {type(error).__name__}; its trace is in the log")
    raise error


def _abort_unready(context: Any, error: FailedOutcomeError) -> NoReturn:
    detail = any_pb2.Any()
    detail.Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=error.outcome.id,
            properties=to_struct(error.outcome.outputs),
            reasons=error.reasons,
            inputs=to_struct(error.outcome.inputs),
        )
    )
    code = grpc.StatusCode.UNKNOWN
    status = status_pb2.Status(code=code.value[0], message=str(error), details=[detail])
    context.set_trailing_metadata(((_DETAILS, status.SerializeToString()),))
    context.abort(code, str(error))
    raise error
