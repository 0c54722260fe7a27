"""Turns properties into the parameters of AWS's operations, and what AWS tells into properties."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.plugins.aws.policies import text_of
from sandbox.plugins.aws.shapes import Node
from sandbox.plugins.aws.table import Form
from sandbox.plugins.protocol.values import Object

_PAIRS = {Form.PAIRS: ("Name", "Value"), Form.KEYS: ("Key", "Value")}


def parameters(
    nodes: Iterable[Node], values: Object, *, takes: Callable[[str], bool], members: Mapping[str, str]
) -> Object:
    """Return the parameters of an operation.

    Args:
        nodes: The properties.
        values: What they are, plain.
        takes: Tells whether the operation has a parameter.
        members: Where the operation takes a property, if not where creating takes it.
    """
    found: Object = {}
    for node in nodes:
        if node.shape is None or _is_left_out(node, values):
            continue
        path = tuple(members[node.name].split(".")) if node.name in members else node.members
        if takes(path[0]):
            _put(found, path, to_aws(node, values[node.name]))
    return found


def to_aws(node: Node, value: Any) -> Any:
    """Return a property's value as AWS takes it."""
    form = node.spec.form
    if form in _PAIRS:
        name, member = _PAIRS[form]
        return [{name: key, member: value[key]} for key in sorted(value)]
    if form is Form.SINGLE:
        return _structure(node.children, value[0]) if value else {}
    if form is Form.ONLY:
        return [_structure(node.children, value)]
    if node.children and isinstance(value, list):
        return [_structure(node.children, item) for item in value]
    return _structure(node.children, value) if node.children else _leaf_to_aws(node, value)


def from_aws(node: Node, live: Any) -> Any:
    """Return a property's value as programs write it; None for what is not there."""
    if live is None:
        return None
    form = node.spec.form
    if form is not Form.PLAIN:
        return _formed(node, form, live)
    if node.children and isinstance(live, list):
        return [properties(node.children, item) for item in live] or None
    return properties(node.children, live) or None if node.children else _leaf_from_aws(live)


def _formed(node: Node, form: Form, live: Any) -> Any:
    if form in _PAIRS:
        name, member = _PAIRS[form]
        return {each[name]: each[member] for each in live} or None
    if form is Form.SINGLE:
        found = properties(node.children, live)
        return [found] if found else None
    if form is Form.ONLY:
        return properties(node.children, live[0]) if live else None
    return live if isinstance(live, str) else text_of(live)


def properties(nodes: Iterable[Node], live: Any) -> Object:
    """Return the properties of an object of AWS. Those that are not there, or are empty, are left out."""
    found = {}
    for node in nodes:
        if node.shape is not None:
            value = from_aws(node, at(live, node.members))
            if value is not None:
                found[node.name] = value
    return found


def at(value: Any, path: Iterable[str]) -> Any:
    """Return what lies at a path in an answer; None when nothing does. A `*` stands for each element of a list."""
    steps = list(path)
    for index, step in enumerate(steps):
        if step == "*":
            return [at(item, steps[index + 1 :]) for item in value or []]
        if isinstance(value, list):
            value = value[int(step)] if int(step) < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def _structure(nodes: Iterable[Node], value: Object) -> Object:
    found: Object = {}
    for node in nodes:
        if not _is_left_out(node, value):
            _put(found, node.members, to_aws(node, value[node.name]))
    return found


def _is_left_out(node: Node, values: Object) -> bool:
    """Tells whether AWS is to hear nothing of a property; empty texts and lists count as left out."""
    value = values.get(node.name)
    if node.spec.keeps_empty and value == "":
        return False
    return value is None or (value in ("", [], {}) and not (node.children and value == {}))


def _put(target: Object, path: tuple[str, ...], value: Any) -> None:
    for step in path[:-1]:
        target = target.setdefault(step, {})
    target[path[-1]] = value


def _leaf_to_aws(node: Node, value: Any) -> Any:
    if node.single is not None and node.single.type_name == "timestamp":
        return datetime.fromisoformat(value)
    return value


def _leaf_from_aws(live: Any) -> Any:
    if isinstance(live, datetime):
        return live.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(live, float) and live.is_integer():
        return int(live)
    if live in ([], {}):
        return None
    return json.loads(json.dumps(live, default=str))
