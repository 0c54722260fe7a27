"""Compares what a program asks for with what the state says there is, as the official plugin does.

A property that the program leaves out is a change when the object has it, unless AWS decides it then.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from sandbox.plugins.aws.equality import is_empty, pairs, same
from sandbox.plugins.aws.shapes import Node, nodes
from sandbox.plugins.aws.special import DEFAULTS, special_nodes
from sandbox.plugins.aws.table import ResourceType
from sandbox.plugins.protocol.changes import Change, ChangeKind, Difference, Path, covers
from sandbox.plugins.protocol.values import UNKNOWN, Object


def difference(kind: ResourceType, state: Object, news: Object, ignored: Iterable[str] = ()) -> Difference:
    """Compare.

    Args:
        kind: The resource's type.
        state: What there is, plain.
        news: What is asked for, plain and completed.
        ignored: Paths to leave out, as Pulumi writes them.
    """
    left_out = list(ignored)
    changes = tuple(
        change
        for node in (*nodes(kind), *special_nodes(kind))
        for change in _compare(node, (node.name,), state.get(node.name), news.get(node.name))
        if not any(covers(each, change.text) for each in left_out)
    )
    return Difference(changes, deletes_first=_deletes_first(kind, news))


def _deletes_first(kind: ResourceType, news: Object) -> bool:
    """Two objects cannot have one name: unless a new one is made up, the old object has to go first.

    The official plugin does not ask whether the program has changed the name.
    """
    if kind.naming is None:
        return False
    name = kind.naming.property
    return name in news and name not in news.get(DEFAULTS, [])


def _compare(node: Node, path: Path, old: Any, new: Any) -> Iterator[Change]:
    if new is None and (node.spec.computed or is_empty(old)):
        return
    if old is None and new is not UNKNOWN and is_empty(new):
        return
    if same(node, old, new):
        return
    if old is None or new is None:
        yield _whole(node, path, old, new)
    elif node.children and isinstance(old, dict) and isinstance(new, dict):
        yield from _members(node, path, old, new)
    elif node.is_list and isinstance(old, list) and isinstance(new, list):
        yield from _elements(node, path, old, new)
    elif not node.children and isinstance(old, dict) and isinstance(new, dict):
        yield from _keys(node, path, old, new)
    else:
        yield Change(path, ChangeKind.UPDATE, _replaces(node, old) or _replaces(node, new))


def _members(node: Node, path: Path, old: Object, new: Object) -> Iterator[Change]:
    for child in node.children:
        yield from _compare(child, (*path, child.name), old.get(child.name), new.get(child.name))


def _elements(node: Node, path: Path, old: list[Any], new: list[Any]) -> Iterator[Change]:
    for index, (before, after) in enumerate(pairs(node, old, new)):
        if before is None or after is None:
            yield _whole(node, (*path, index), before, after)
        elif node.children and isinstance(before, dict) and isinstance(after, dict):
            yield from _members(node, (*path, index), before, after)
        elif before is UNKNOWN or after is UNKNOWN or before != after:
            yield Change((*path, index), ChangeKind.UPDATE, node.spec.replaces)


def _keys(node: Node, path: Path, old: Object, new: Object) -> Iterator[Change]:
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        if after is UNKNOWN or before != after:
            yield _whole(node, (*path, key), before, after)


def _whole(node: Node, path: Path, old: Any, new: Any) -> Change:
    if old is None:
        return Change(path, ChangeKind.ADD, _replaces(node, new))
    if new is None:
        return Change(path, ChangeKind.DELETE, _replaces(node, old))
    return Change(path, ChangeKind.UPDATE, node.spec.replaces)


def _replaces(node: Node, value: Any) -> bool:
    """Tells whether the coming or going of a value needs another object: for itself, or for something in it."""
    if node.spec.replaces:
        return True
    if isinstance(value, list):
        return any(_replaces(node, item) for item in value)
    if isinstance(value, dict):
        return any(
            _replaces(child, value[child.name]) for child in node.children if not is_empty(value.get(child.name))
        )
    return False
