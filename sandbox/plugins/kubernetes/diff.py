"""Compares what a program asks for with what it asked for before, or what has become of that."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sandbox.plugins.kubernetes.configuration import Configuration
from sandbox.plugins.kubernetes.immutable import Path, is_replacing, patterns
from sandbox.plugins.kubernetes.kinds import is_built_in, is_patch
from sandbox.plugins.kubernetes.objects import AUTONAMED, is_annotated, kind_of, name_of, namespace_of
from sandbox.plugins.protocol.changes import Change, ChangeKind, Difference, covers
from sandbox.plugins.protocol.values import UNKNOWN, Object

_ABSENT = object()


@dataclass(frozen=True)
class DiffRequest:
    """What is compared.

    Attributes:
        token: The resource's type.
        old: The inputs before, plain.
        new: The inputs now, plain.
        live: The object as the state has it, plain.
        is_applied: Whether this resource's manager has ever applied the object; not so after an import.
        ignored: Paths to leave out, as Pulumi writes them.
    """

    token: str
    old: Object
    new: Object
    live: Object
    is_applied: bool = True
    ignored: tuple[str, ...] = ()


def difference(request: DiffRequest, configuration: Configuration) -> Difference:
    """Compare inputs and tell what a change means.

    Right after an import, a property that the program does not name is left as it is: it belongs to somebody else.
    An empty list is none: Kubernetes' own kinds leave it out when they are written down, and pulumi-kubernetes brings
    inputs into that form before it compares them (provider/pkg/provider/provider.go, normalizeInputs).
    """
    kind = kind_of(request.new)
    fixed = patterns(kind, request.new, configuration, is_patch=is_patch(request.token, kind.kind))
    changes = []
    for change, old, new in _compare((), request.old, request.new):
        if change.kind is ChangeKind.DELETE and not request.is_applied:
            continue
        if any(covers(ignored, change.text) for ignored in request.ignored):
            continue
        if is_built_in(kind) and _is_empty_list(old) and _is_empty_list(new):
            continue
        changes.append(replace(change, replaces=is_replacing(change.path, old, new, fixed)))
    return Difference(tuple(changes), deletes_first=_deletes_first(request))


def _deletes_first(request: DiffRequest) -> bool:
    """Two objects cannot have one name: unless a new one is made up, the old object has to go first."""
    named = name_of(request.new)
    return (
        bool(named)
        and not is_annotated(request.new, AUTONAMED)
        and named == name_of(request.live)
        and namespace_of(request.new) == namespace_of(request.live)
    )


def _compare(path: Path, old: Any, new: Any) -> Iterator[tuple[Change, Any, Any]]:
    if old is _ABSENT:
        yield Change(path, ChangeKind.ADD), None, new
    elif new is _ABSENT:
        yield Change(path, ChangeKind.DELETE), old, None
    elif isinstance(old, dict) and isinstance(new, dict):
        for key in (*old, *(key for key in new if key not in old)):
            yield from _compare((*path, key), old.get(key, _ABSENT), new.get(key, _ABSENT))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            before = old[index] if index < len(old) else _ABSENT
            after = new[index] if index < len(new) else _ABSENT
            yield from _compare((*path, index), before, after)
    elif not _same(old, new):
        yield Change(path, ChangeKind.UPDATE), old, new


def _is_empty_list(value: Any) -> bool:
    return value is None or value == []


def _same(old: Any, new: Any) -> bool:
    if old is UNKNOWN or new is UNKNOWN:
        return False
    if isinstance(old, bool) != isinstance(new, bool):
        return False
    return bool(old == new)
