"""Makes objects what was asked for, and waits for it."""

import time
from dataclasses import dataclass, field
from typing import Final

from sandbox.plugins.kubernetes.awaiters.observer import ClusterObserver
from sandbox.plugins.kubernetes.awaiters.registry import look_for
from sandbox.plugins.kubernetes.awaiters.wait import Wait
from sandbox.plugins.kubernetes.client import Answer
from sandbox.plugins.kubernetes.cluster import Cluster
from sandbox.plugins.kubernetes.errors import ApiError, InitializationError, NoMatchError, UnreachableError
from sandbox.plugins.kubernetes.kinds import GroupKind, is_built_in
from sandbox.plugins.kubernetes.managed_fields import Path, has_applied, other_owners
from sandbox.plugins.kubernetes.objects import (
    PATCH_FORCE,
    TIMEOUT_SECONDS,
    annotation,
    at,
    identity,
    kind_of,
    name_of,
    namespace_of,
)
from sandbox.plugins.protocol.errors import ProviderError
from sandbox.plugins.protocol.report import Report
from sandbox.plugins.protocol.values import Object

DEFAULT_TIMEOUT_SECONDS: Final = 600.0
_ORDER_PATIENCE_SECONDS: Final = 20.0
_LEAVING_PATIENCE_SECONDS: Final = 120.0
_DEFINITION = GroupKind("apiextensions.k8s.io", "CustomResourceDefinition")


@dataclass(frozen=True)
class Application:
    """An object to be applied.

    Attributes:
        body: The object, plain, as Kubernetes names its properties.
        manager: Who its fields will belong to.
        is_patch: Whether only fields of an object of somebody else are set.
        timeout_seconds: For the wait; None for the kind's usual one.
        ignored: Paths that are left as they are on the object.
    """

    body: Object = field(repr=False)
    manager: str
    is_patch: bool = False
    timeout_seconds: float | None = None
    ignored: tuple[Path, ...] = ()


def create(cluster: Cluster, wanted: Application, report: Report) -> Object:
    """Creates an object and waits for it.

    Returns:
        The object, ready.

    Raises:
        ProviderError: It was not created.
        InitializationError: It was created, and has not become ready.
    """
    _refuse_existing(cluster, wanted, report)
    live = _applied_in_order(cluster, wanted, report)
    return await_ready(cluster, wanted, live, report)


def try_create(cluster: Cluster, wanted: Application, report: Report) -> Answer | None:
    """Tells what would come of a creation, or None where only the real one can tell.

    What refuses the object today, such as a quota, may be changed by the same update: it is a warning.

    Raises:
        ApiError: The server would refuse it, whatever else the update does before.
    """
    try:
        return cluster.apply(wanted.body, wanted.manager, force=True, is_trial=True)
    except (NoMatchError, UnreachableError):
        return None
    except ApiError as error:
        # The namespace is still to come; or the object stands where its replacement will; or it may not be tried.
        if error.status == 403 and not error.is_of_rights:
            report.warn([f"the cluster would refuse it today: {error}"])
        is_early = error.is_not_found or error.status in {403, 409} or "dry run" in error.message
        if is_early or _would_be_replaced(cluster, wanted):
            return None
        raise


def update(cluster: Cluster, wanted: Application, report: Report) -> Object:
    """Updates an object and waits for it. An object that was deleted meanwhile is created.

    Returns:
        The object, ready.

    Raises:
        ProviderError: It was not updated.
        InitializationError: It was updated, and has not become ready.
    """
    live = _read(cluster, wanted)
    if live is None and wanted.is_patch:
        raise _missing_target(wanted)
    body = _without_ignored(wanted, live) if live else wanted.body
    answer = _applied(cluster, wanted, body, force=_forces(cluster, wanted, live), is_trial=False)
    report.warn(answer.warnings)
    return await_ready(cluster, wanted, answer.body, report)


def try_update(cluster: Cluster, wanted: Application) -> Answer | None:
    """Tells what would come of an update, or None where only the real one can tell.

    Raises:
        ProviderError: The server would refuse it.
    """
    try:
        live = _read(cluster, wanted)
        body = _without_ignored(wanted, live) if live else wanted.body
        return _applied(cluster, wanted, body, force=_forces(cluster, wanted, live), is_trial=True)
    except (NoMatchError, UnreachableError):
        return None
    except ApiError as error:
        if error.is_not_found or error.is_of_rights or "dry run" in error.message:
            return None
        raise


def relinquish(cluster: Cluster, body: Object, manager: str) -> None:
    """Gives up every field that a manager has set; those that nobody else owns go.

    Raises:
        ApiError: The server refused, for example since a field must stand.
    """
    bare = {"name": name_of(body), "namespace": namespace_of(body)}
    empty = {
        "apiVersion": body["apiVersion"],
        "kind": body["kind"],
        "metadata": {key: value for key, value in bare.items() if value},
    }
    cluster.apply(empty, manager, force=False)


def await_ready(cluster: Cluster, wanted: Application, live: Object, report: Report) -> Object:
    """Waits until an applied object is ready.

    Raises:
        InitializationError: It has not become ready.
    """
    kind = kind_of(live)
    try:
        live = _awaited(cluster, wanted, live, report)
    except InitializationError:
        raise
    except ProviderError as error:
        # Whatever ends the wait, the object exists, and the state must know it.
        raise InitializationError(live, [str(error)]) from error
    if kind.group_kind == _DEFINITION:
        cluster.forget_kinds()
    return live


def _awaited(cluster: Cluster, wanted: Application, live: Object, report: Report) -> Object:
    look = None if wanted.is_patch else look_for(wanted.body)
    if look is None:
        return live
    kind = kind_of(live)
    ready = Wait(
        read=lambda: cluster.get(kind, namespace_of(live), name_of(live)),
        look=look,
        observer=ClusterObserver(cluster),
        pause=cluster.pause,
        tell=report.status,
        timeout_seconds=timeout_seconds(wanted.body, wanted.timeout_seconds),
    ).until_ready(live)
    report.finish()
    return ready


def timeout_seconds(body: Object, asked: float | None) -> float:
    """Returns how long to wait for an object: as its resource options, its annotation or its kind say."""
    if asked:
        return asked
    text = annotation(body, TIMEOUT_SECONDS)
    try:
        return float(text) if text else DEFAULT_TIMEOUT_SECONDS
    except ValueError:
        raise ProviderError(f"{TIMEOUT_SECONDS}: got {text!r}, expected seconds such as 300") from None


def _read(cluster: Cluster, wanted: Application) -> Object | None:
    return cluster.get(kind_of(wanted.body), namespace_of(wanted.body), name_of(wanted.body))


def _refuse_existing(cluster: Cluster, wanted: Application, report: Report) -> None:
    """Makes sure that a creation takes nothing over from others, and that a patch has something to change."""
    try:
        live = _read(cluster, wanted)
    except NoMatchError:
        live = None
    if wanted.is_patch:
        if live is None:
            raise _missing_target(wanted)
        return
    if live and at(live, "metadata", "deletionTimestamp"):
        live = _awaited_leaving(cluster, wanted, report)
    is_own = live is not None and has_applied(live, wanted.manager)
    if live is None or is_own or cluster.configuration.upsert_existing_objects:
        return
    what = f"{kind_of(wanted.body).kind} {identity(wanted.body)}"
    raise ProviderError(
        f"{what} already exists and was not created by this resource; give it another name, import it "
        f'(`ResourceOptions(import_="{identity(wanted.body)}")`), or set kubernetes:upsertExistingObjects to true'
    )


def _awaited_leaving(cluster: Cluster, wanted: Application, report: Report) -> Object | None:
    """Waits until an object that is being deleted is gone."""
    until = time.monotonic() + _LEAVING_PATIENCE_SECONDS
    live = _read(cluster, wanted)
    while live and at(live, "metadata", "deletionTimestamp") and time.monotonic() < until:
        report.status(f"{identity(wanted.body)}: waits until the old object is gone", is_problem=False)
        cluster.pause(0.5)
        live = _read(cluster, wanted)
    return live


def _applied_in_order(cluster: Cluster, wanted: Application, report: Report) -> Object:
    """Applies a new object, giving its namespace, its definition or its service account time to appear."""
    until = time.monotonic() + _ORDER_PATIENCE_SECONDS
    pause_seconds = 0.25
    while True:
        try:
            answer = _applied(cluster, wanted, wanted.body, force=_forces(cluster, wanted, None), is_trial=False)
        except (NoMatchError, ApiError) as error:
            if not _may_appear(wanted, error) or time.monotonic() + pause_seconds > until:
                raise
            report.status(f"waits for what it needs: {error}", is_problem=True)
        else:
            report.warn(answer.warnings)
            return answer.body
        cluster.pause(pause_seconds)
        pause_seconds = min(pause_seconds * 2, 4.0)


def _may_appear(wanted: Application, error: ProviderError) -> bool:
    if isinstance(error, NoMatchError):
        return not is_built_in(kind_of(wanted.body))
    if not isinstance(error, ApiError):
        return False
    return error.is_not_found or (error.status == 403 and "error looking up service account" in error.message)


def _applied(cluster: Cluster, wanted: Application, body: Object, *, force: bool, is_trial: bool) -> Answer:
    try:
        return cluster.apply(body, wanted.manager, force=force, is_trial=is_trial)
    except ApiError as error:
        if error.is_conflict_of_managers:
            raise ApiError(error.status, error.reason, _conflict_text(wanted, error), error.causes) from error
        raise


def _conflict_text(wanted: Application, error: ApiError) -> str:
    fields = "; ".join(f"{cause.field}: {cause.message}" for cause in error.causes)
    return (
        f"fields of {kind_of(wanted.body).kind} {identity(wanted.body)} belong to another manager: {fields}. Leave "
        f'them out of the program, or take them over with the annotation {PATCH_FORCE}: "true"'
    )


def _forces(cluster: Cluster, wanted: Application, live: Object | None) -> bool:
    text = annotation(wanted.body, PATCH_FORCE)
    if text:
        return text == "true"
    if cluster.configuration.patch_force:
        return True
    # An import says that the object is Pulumi's from now on.
    return live is not None and not wanted.is_patch and not has_applied(live, wanted.manager)


def _without_ignored(wanted: Application, live: Object) -> Object:
    """Leaves ignored fields to their other owners; those that nobody else owns are sent as they are."""
    body = wanted.body
    for path in wanted.ignored:
        found = at(live, *path)
        is_others = bool(other_owners(live, path, wanted.manager))
        body = _changed(body, path, None if is_others or found is None else found)
    return body


def _changed(value: Object, path: Path, new: object) -> Object:
    """Returns a copy with another value at a path, or nothing there; as it is when the path leads nowhere."""
    step, rest = path[0], path[1:]
    if isinstance(value, dict) and isinstance(step, str):
        if not rest:
            others = {key: member for key, member in value.items() if key != step}
            return others if new is None else {**others, step: new}
        return {**value, step: _changed(value[step], rest, new)} if step in value else value
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        inner = _changed(value[step], rest, new) if rest else new
        return [inner if index == step else each for index, each in enumerate(value)]
    return value


def _missing_target(wanted: Application) -> ProviderError:
    return ProviderError(
        f"{kind_of(wanted.body).kind} {identity(wanted.body)}: there is no such object to patch; create it first, or "
        "make the patch depend on what creates it"
    )


def _would_be_replaced(cluster: Cluster, wanted: Application) -> bool:
    """Tells whether an object with this name exists: a creation is then the second half of a replacement."""
    try:
        return _read(cluster, wanted) is not None
    except (ApiError, NoMatchError, UnreachableError):
        return False
