"""Makes objects what was asked for, and waits for it."""

import time
from dataclasses import dataclass, field
from typing import Final

from sandbox.plugins.kubernetes.awaiters.observer import ClusterObserver
from sandbox.plugins.kubernetes.awaiters.registry import fixed_seconds, look_for
from sandbox.plugins.kubernetes.awaiters.wait import Wait
from sandbox.plugins.kubernetes.client import Answer
from sandbox.plugins.kubernetes.cluster import Cluster
from sandbox.plugins.kubernetes.errors import ApiError, InitializationError, NoMatchError, UnreachableError
from sandbox.plugins.kubernetes.kinds import GroupKind, is_built_in
from sandbox.plugins.kubernetes.managed_fields import Path, is_created_by_pulumi, other_owners, taken_over
from sandbox.plugins.kubernetes.objects import (
    PATCH_FORCE,
    TIMEOUT_SECONDS,
    annotation,
    at,
    identity,
    is_annotated,
    kind_of,
    list_at,
    name_of,
    namespace_of,
)
from sandbox.plugins.protocol.errors import ProviderError
from sandbox.plugins.protocol.report import Report
from sandbox.plugins.protocol.values import Object

DEFAULT_TIMEOUT_SECONDS: Final = 600.0
_ORDER_PATIENCE_SECONDS: Final = 20.0
_CONFLICT_GUIDE: Final = (
    "https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/"
    "managing-resources-with-server-side-apply/#handle-field-conflicts-on-existing-resources"
)
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
    """Create an object and wait for it.

    Returns:
        The object, ready.

    Raises:
        ProviderError: It was not created, for example since it exists.
        InitializationError: It was created, and has not become ready.
    """
    if wanted.is_patch and _read(cluster, wanted) is None:
        raise _missing_target(wanted)
    live = _created_in_order(cluster, wanted, report)
    return await_ready(cluster, wanted, live, report)


def try_create(cluster: Cluster, wanted: Application) -> Answer | None:
    """Tells what would come of a creation, or None where only the real one can tell.

    The cases of pulumi-kubernetes (provider/pkg/provider/provider.go, Create): the namespace is still to come, the
    server forbids it today, or the object is there, for example since its replacement is what is previewed.

    Raises:
        ApiError: The server would refuse it.
    """
    try:
        return _created(cluster, wanted, is_trial=True)
    except (NoMatchError, UnreachableError):
        return None
    except ApiError as error:
        is_early = error.is_not_found or error.status == 403 or error.is_already_exists
        if is_early or "dry run" in error.message or "field is immutable" in error.message:
            return None
        raise


def update(cluster: Cluster, wanted: Application, report: Report) -> Object:
    """Update an object and wait for it.

    Returns:
        The object, ready.

    Raises:
        ProviderError: It was not updated, for example since it is gone.
        InitializationError: It was updated, and has not become ready.
    """
    live = _required(cluster, wanted)
    entries = None if wanted.is_patch else taken_over(live, wanted.manager)
    if entries is not None:
        live = cluster.set_managers(live, entries)
    answer = _updated(cluster, wanted, live, is_trial=False)
    report.warn(answer.warnings)
    return await_ready(cluster, wanted, answer.body, report, is_update=True)


def try_update(cluster: Cluster, wanted: Application) -> Answer | None:
    """Tells what would come of an update, or None where the server forbids it today.

    Raises:
        ProviderError: The server would refuse it, or the object is gone.
    """
    try:
        return _updated(cluster, wanted, _required(cluster, wanted), is_trial=True)
    except (NoMatchError, UnreachableError):
        return None
    except ApiError as error:
        if error.status == 403 or "dry run" in error.message:
            return None
        raise


def relinquish(cluster: Cluster, body: Object, manager: str) -> None:
    """Give up every field that a manager has set; those that nobody else owns go.

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


def await_ready(
    cluster: Cluster, wanted: Application, live: Object, report: Report, *, is_update: bool = False
) -> Object:
    """Wait until an applied object is ready.

    Raises:
        InitializationError: It has not become ready.
    """
    kind = kind_of(live)
    try:
        live = _awaited(cluster, wanted, live, report, is_update=is_update)
    except InitializationError:
        raise
    except ProviderError as error:
        # Whatever ends the wait, the object exists, and the state must know it.
        raise InitializationError(live, [str(error)]) from error
    if kind.group_kind == _DEFINITION:
        cluster.forget_kinds()
    return live


def _awaited(cluster: Cluster, wanted: Application, live: Object, report: Report, *, is_update: bool) -> Object:
    look = None if wanted.is_patch else look_for(wanted.body, is_update=is_update)
    if look is None:
        return live
    kind = kind_of(live)
    ready = Wait(
        read=lambda: cluster.get(kind, namespace_of(live), name_of(live)),
        look=look,
        observer=ClusterObserver(cluster),
        pause=cluster.pause,
        tell=report.status,
        timeout_seconds=fixed_seconds(kind) or timeout_seconds(wanted.body, wanted.timeout_seconds),
    ).until_ready(live)
    report.finish()
    return ready


def timeout_seconds(body: Object, asked: float | None) -> float:
    """Return how long to wait for an object: as its resource options, its annotation or its kind say."""
    if asked:
        return asked
    text = annotation(body, TIMEOUT_SECONDS)
    try:
        return float(text) if text else DEFAULT_TIMEOUT_SECONDS
    except ValueError:
        raise ProviderError(f"{TIMEOUT_SECONDS}: got {text!r}, expected seconds such as 300") from None


def _read(cluster: Cluster, wanted: Application) -> Object | None:
    return cluster.get(kind_of(wanted.body), namespace_of(wanted.body), name_of(wanted.body))


def _required(cluster: Cluster, wanted: Application) -> Object:
    live = _read(cluster, wanted)
    if live is None and wanted.is_patch:
        raise _missing_target(wanted)
    if live is None:
        raise ProviderError(f"{kind_of(wanted.body).kind} {identity(wanted.body)} not found; run `pulumi refresh`")
    return live


def _created_in_order(cluster: Cluster, wanted: Application, report: Report) -> Object:
    """Create an object, giving its namespace or its definition time to appear."""
    until = time.monotonic() + _ORDER_PATIENCE_SECONDS
    pause_seconds = 0.25
    while True:
        try:
            answer = _created(cluster, wanted, is_trial=False)
        except (NoMatchError, ApiError) as error:
            if not _may_appear(wanted, error) or time.monotonic() + pause_seconds > until:
                raise
            report.status(f"creation failed, trying again: {error}", is_problem=True)
        else:
            report.warn(answer.warnings)
            return answer.body
        cluster.pause(pause_seconds)
        pause_seconds = min(pause_seconds * 2, 4.0)


def _may_appear(wanted: Application, error: ProviderError) -> bool:
    if isinstance(error, NoMatchError):
        return not is_built_in(kind_of(wanted.body))
    return isinstance(error, ApiError) and error.is_not_found


def _created(cluster: Cluster, wanted: Application, *, is_trial: bool) -> Answer:
    """Create, which fails where the object exists; or apply, which takes it over, where the settings say so.

    So since pulumi-kubernetes 4.29: https://github.com/pulumi/pulumi-kubernetes/pull/4278
    """
    if not wanted.is_patch and not cluster.configuration.upsert_existing_objects:
        return cluster.create(wanted.body, wanted.manager, is_trial=is_trial)
    return _applied(cluster, wanted, wanted.body, force=_forces(cluster, wanted, None, is_trial), is_trial=is_trial)


def _updated(cluster: Cluster, wanted: Application, live: Object, *, is_trial: bool) -> Answer:
    body = _without_ignored(wanted, live)
    return _applied(cluster, wanted, body, force=_forces(cluster, wanted, live, is_trial), is_trial=is_trial)


def _applied(cluster: Cluster, wanted: Application, body: Object, *, force: bool, is_trial: bool) -> Answer:
    try:
        return cluster.apply(body, wanted.manager, force=force, is_trial=is_trial)
    except ApiError as error:
        if error.is_conflict_of_managers:
            raise ApiError(error.status, error.reason, _conflict_text(wanted, error), error.causes) from error
        raise


def _conflict_text(wanted: Application, error: ApiError) -> str:
    """Says it as pulumi-kubernetes does (provider/pkg/await/await.go, handleSSAErr)."""
    return (
        f"Server-Side Apply field conflict detected. See {_CONFLICT_GUIDE} for troubleshooting help.\n"
        f'The resource managed by field manager "{wanted.manager}" had an apply conflict: {error.message}'
    )


def _forces(cluster: Cluster, wanted: Application, live: Object | None, is_trial: bool) -> bool:  # noqa: FBT001
    """Tells whether to take fields over from other managers, as pulumi-kubernetes does (await.go, patchForce)."""
    if is_annotated(wanted.body, PATCH_FORCE) or cluster.configuration.patch_force:
        return True
    # The real update first takes over what a creation owns; a preview may not write that down.
    if is_trial and (live is None or is_created_by_pulumi(live)):
        return True
    return live is not None and not list_at(live, "metadata", "managedFields")


def _without_ignored(wanted: Application, live: Object) -> Object:
    """Leaves ignored fields to their other owners; those that nobody else owns are sent as they are."""
    body = wanted.body
    for path in wanted.ignored:
        found = at(live, *path)
        is_others = bool(other_owners(live, path, wanted.manager))
        body = _changed(body, path, None if is_others or found is None else found)
    return body


def _changed(value: Object, path: Path, new: object) -> Object:
    """Return a copy with another value at a path, or nothing there; as it is when the path leads nowhere."""
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
