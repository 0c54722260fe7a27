"""Deletes objects, and waits until they are gone."""

import time
from dataclasses import dataclass

from sandbox.plugins.kubernetes.apply import relinquish, timeout_seconds
from sandbox.plugins.kubernetes.cluster import Cluster
from sandbox.plugins.kubernetes.errors import ApiError, NoMatchError, UnreachableError
from sandbox.plugins.kubernetes.kinds import GroupKind, Kind
from sandbox.plugins.kubernetes.objects import (
    DELETION_PROPAGATION,
    SKIP_AWAIT,
    annotation,
    at,
    is_annotated,
    kind_of,
    list_at,
    text_at,
)
from sandbox.plugins.protocol.errors import CancelledError, ProviderError
from sandbox.plugins.protocol.report import Report
from sandbox.plugins.protocol.values import Object

_PROPAGATIONS = {"foreground": "Foreground", "background": "Background", "orphan": "Orphan"}
_DEFINITION = GroupKind("apiextensions.k8s.io", "CustomResourceDefinition")
_SILENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Removal:
    """An object to be deleted.

    Attributes:
        inputs: What was asked for, plain; its annotations say how to delete it.
        namespace: Where it is; may be empty.
        name: Its name.
        timeout_seconds: For the wait; None for the usual one.
    """

    inputs: Object
    namespace: str
    name: str
    timeout_seconds: float | None = None


def remove(cluster: Cluster, removal: Removal, report: Report) -> None:
    """Delete an object and wait until it is gone. An object that is not there counts as deleted.

    Raises:
        ProviderError: The server refused, or the object is still there after the timeout; says what holds it.
        CancelledError: The person asked to stop; the deletion goes on.
    """
    kind = kind_of(removal.inputs)
    live = _begun(cluster, kind, removal)
    if live is None:
        return
    if not is_annotated(removal.inputs, SKIP_AWAIT):
        _await_gone(cluster, kind, removal, live, report)
    if kind.group_kind == _DEFINITION:
        cluster.forget_kinds()


def remove_patch(cluster: Cluster, inputs: Object, manager: str) -> None:
    """Take back a patch. An object that is not there needs no patch.

    Raises:
        ProviderError: A field of the patch must stand, or the server refused.
    """
    try:
        if cluster.get(kind_of(inputs), text_at(inputs, "metadata", "namespace"), text_at(inputs, "metadata", "name")):
            relinquish(cluster, inputs, manager)
    except NoMatchError:
        return
    except ApiError as error:
        required = [cause.field for cause in error.causes if cause.reason == "FieldValueRequired"]
        if not required:
            raise
        raise ProviderError(
            f"the patch holds a field that the object must have ({', '.join(required)}), so it cannot be taken back; "
            "set the resource option `retain_on_delete`, or let somebody else own the field first"
        ) from error


def _begun(cluster: Cluster, kind: Kind, removal: Removal) -> Object | None:
    """Begins the deletion. Returns the object as it was, or None when it is not there."""
    try:
        live = cluster.get(kind, removal.namespace, removal.name)
        if live is not None:
            cluster.delete(kind, removal.namespace, removal.name, _propagation(removal.inputs))
    except NoMatchError:
        return None
    except ApiError as error:
        if error.is_not_found:
            return None
        raise
    return live


def _propagation(inputs: Object) -> str:
    asked = annotation(inputs, DELETION_PROPAGATION)
    if not asked:
        return "Foreground"
    if asked.lower() not in _PROPAGATIONS:
        raise ProviderError(f"{DELETION_PROPAGATION}: got {asked!r}, expected foreground, background or orphan")
    return _PROPAGATIONS[asked.lower()]


def _await_gone(cluster: Cluster, kind: Kind, removal: Removal, live: Object, report: Report) -> None:
    seconds = timeout_seconds(removal.inputs, removal.timeout_seconds)
    uid = text_at(live, "metadata", "uid")
    heard = started = time.monotonic()
    pause_seconds, told = 0.05, ""
    while True:
        try:
            found = cluster.get(kind, removal.namespace, removal.name)
            if found is None or text_at(found, "metadata", "uid") != uid:
                break
            live, heard = found, time.monotonic()
        except NoMatchError:
            break
        except (UnreachableError, ApiError) as error:
            if isinstance(error, ApiError) and error.status < 500:
                raise
            if time.monotonic() - heard > _SILENCE_SECONDS:
                raise
        text = _what_holds(kind, live)
        if time.monotonic() - started > seconds:
            raise ProviderError(f"{kind.kind} {removal.name}: still there after {seconds:g} s: {text}")
        if text != told:
            report.status(text, is_problem=False)
            told = text
        try:
            cluster.pause(pause_seconds)
        except CancelledError:
            raise CancelledError(f"cancelled while {kind.kind} {removal.name} was being deleted: {text}") from None
        pause_seconds = min(pause_seconds * 1.6, 1.0)
    report.finish()


def _what_holds(kind: Kind, live: Object) -> str:
    """Says what an object that is being deleted waits for."""
    if kind == Kind("v1", "Namespace"):
        messages = [
            text_at(each, "message")
            for each in list_at(live, "status", "conditions")
            if text_at(each, "status") == "True"
        ]
        if messages:
            return f"waits for what is in it: {' '.join(messages)}"
    finalizers = [str(each) for each in list_at(live, "metadata", "finalizers") if each != "foregroundDeletion"]
    if finalizers:
        return f"waits for its finalizers: {', '.join(finalizers)}"
    if at(live, "metadata", "deletionTimestamp") is None:
        return "waits for the cluster to begin"
    return "waits for what it owns to be gone"
