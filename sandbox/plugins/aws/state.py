"""What Pulumi's state keeps of an object, and what a refresh finds its inputs to be."""

from collections.abc import Iterable
from typing import Any

from sandbox.plugins.aws.convert import at, from_aws
from sandbox.plugins.aws.equality import is_empty, pairs, same
from sandbox.plugins.aws.shapes import Node, nodes
from sandbox.plugins.aws.special import ALL_TAGS, DEFAULTS, REGION, TAGS, special_nodes
from sandbox.plugins.aws.table import ResourceType
from sandbox.plugins.protocol.values import UNKNOWN, Object, marked_like


def live_properties(kind: ResourceType, answer: Object) -> Object:
    """Return what an operation that reads tells of an object, as properties."""
    found: Object = {}
    for node in nodes(kind):
        if node.shape is None or not node.spec.readable:
            continue
        if node.name in kind.read.members:
            member = kind.read.members[node.name]
            path = tuple(member.split(".")) if member else ()
        else:
            path = node.members
        value = from_aws(node, at(answer, path))
        if value is not None:
            found[node.name] = value
    for path_text, value in kind.read.empty.items():
        _fill(found, path_text.split("."), value)
    for name, member in kind.outputs.items():
        value = at(answer, member.split("."))
        if value is not None:
            found[name] = value if isinstance(value, str | list) else value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return found


def state_of(kind: ResourceType, asked: Object, live: Object) -> Object:
    """Return what the state keeps: what AWS tells, written as it was asked for where that means the same.

    Args:
        kind: The resource's type.
        asked: What was asked for or kept before, plain.
        live: What AWS tells, as properties.
    """
    kept: Object = {}
    for node in nodes(kind):
        is_told = node.shape is not None and node.spec.readable
        value = merged(node, asked.get(node.name), live.get(node.name)) if is_told else asked.get(node.name)
        if value is not None:
            kept[node.name] = value
    others = (REGION, TAGS, ALL_TAGS, "id", *kind.outputs)
    state: Object = without_defaults(kept)
    return state | {name: live[name] for name in others if name in live}


def merged(node: Node, asked: Any, live: Any) -> Any:
    """Return what AWS tells of a property, written as it was asked for where that means the same."""
    if live is None:
        return asked if is_empty(asked) else None
    if node.children and isinstance(asked, dict) and isinstance(live, dict):
        return _merged_members(node.children, asked, live)
    if node.children and isinstance(asked, list) and isinstance(live, list):
        return _merged_elements(node, asked, live)
    return asked if asked is not None and same(node, live, asked) else live


def refreshed(described: Iterable[Node], inputs: Object, state: Object) -> Object:
    """Return inputs as an object shows them today.

    What the inputs do not name is taken in only where a program would have to name it to keep it: not what AWS
    decides itself.

    Args:
        described: The properties.
        inputs: What was asked for, plain.
        state: What there is, written as it was asked for where that means the same.
    """
    found: Object = {name: inputs[name] for name in (DEFAULTS,) if name in inputs}
    for node in described:
        asked, there = inputs.get(node.name), state.get(node.name)
        if asked is None:
            is_foreign = there is not None and not is_empty(there) and not node.spec.computed
            if is_foreign and there != node.spec.default:
                found[node.name] = there
        elif there is None:
            if is_empty(asked):
                found[node.name] = asked
        else:
            found[node.name] = _refreshed_value(node, asked, there)
    return found


def imported(kind: ResourceType, state: Object) -> Object:
    """Return the inputs that would make an object that Pulumi has not made."""
    described = (*nodes(kind), *special_nodes(kind))
    return {node.name: state[node.name] for node in described if not is_empty(state.get(node.name))} | {DEFAULTS: []}


def without_defaults(value: Any) -> Any:
    """Return a copy without the lists of what was filled in, which only inputs have."""
    if isinstance(value, dict):
        return {key: without_defaults(member) for key, member in value.items() if key != DEFAULTS}
    if isinstance(value, list):
        return [without_defaults(item) for item in value]
    return value


def previewed(kind: ResourceType, news: Object, state: Object) -> Object:
    """Return the outputs that an update may be expected to lead to, without asking anybody.

    Args:
        kind: The resource's type.
        news: What is asked for, with its secrets marked.
        state: What there is; empty for a creation, whose outputs only AWS tells.
    """
    expected = without_defaults(news)
    for name in (*kind.outputs, *_derived_names(kind)):
        expected[name] = state.get(name, UNKNOWN)
    for node in (*nodes(kind), *special_nodes(kind)):
        if node.spec.computed and node.name not in expected and (node.name in state or not state):
            expected[node.name] = state.get(node.name, UNKNOWN)
    if state:
        expected["id"] = state.get("id")
    outputs: Object = expected
    return outputs


def marked(outputs: Object, inputs: Object) -> Object:
    """Return outputs that are secret wherever the inputs are."""
    found: Object = marked_like(outputs, inputs)
    return found


def _derived_names(kind: ResourceType) -> tuple[str, ...]:
    if kind.derived is None:
        return ()
    return tuple(kind.derived(dict.fromkeys(kind.id_of, ""), ""))


def _merged_members(described: Iterable[Node], asked: Object, live: Object) -> Object:
    found = {node.name: merged(node, asked.get(node.name), live.get(node.name)) for node in described}
    return {name: value for name, value in found.items() if value is not None}


def _merged_elements(node: Node, asked: list[Any], live: list[Any]) -> list[Any]:
    """Keep the order that was asked for where order has no meaning."""
    found = []
    for there, wanted in pairs(node, live, asked):
        if there is not None:
            found.append(_merged_members(node.children, wanted, there) if wanted is not None else there)
    return found


def _refreshed_value(node: Node, asked: Any, there: Any) -> Any:
    if node.children and isinstance(asked, dict) and isinstance(there, dict):
        return refreshed(node.children, asked, there)
    if node.children and isinstance(asked, list) and isinstance(there, list):
        both = zip(asked, there, strict=False)
        return [*(refreshed(node.children, a, b) for a, b in both), *there[len(asked) :]]
    return there


def _fill(target: Object, path: list[str], value: Any) -> None:
    for step in path[:-1]:
        target = target.setdefault(step, {})
    target.setdefault(path[-1], value)
