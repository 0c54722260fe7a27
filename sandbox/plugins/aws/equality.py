"""Tells whether two values of a property mean the same, as the official plugin does."""

from datetime import datetime
from typing import Any

from sandbox.plugins.aws.policies import same_policy
from sandbox.plugins.aws.shapes import Node
from sandbox.plugins.aws.table import Form
from sandbox.plugins.protocol.values import UNKNOWN


def is_empty(value: Any) -> bool:
    """Tells whether a value counts as left out: nothing, or what is nothing of its type."""
    if value is None or value is False or value == "":
        return True
    if isinstance(value, dict):
        return all(is_empty(member) for member in value.values())
    if isinstance(value, list):
        return not value
    return value == 0 and not isinstance(value, bool) and value is not UNKNOWN


def same(node: Node | None, one: Any, other: Any) -> bool:
    """Tells whether two plain values mean the same.

    Args:
        node: The property; None for something whose form nobody describes.
        one: What there is; None when that is nothing.
        other: What is wanted; None when that is left open.
    """
    if one is UNKNOWN or other is UNKNOWN:
        return False
    if one is None or other is None or (is_empty(one) and is_empty(other)):
        return is_empty(one) and is_empty(other)
    if isinstance(one, dict) and isinstance(other, dict):
        return _same_members(node, one, other)
    if isinstance(one, list) and isinstance(other, list):
        return _same_elements(node, one, other)
    return _same_leaf(node, one, other)


def pairs(node: Node, old: list[Any], new: list[Any]) -> list[tuple[Any, Any]]:
    """Put the elements of two lists side by side, in the order of the new one; None stands for no counterpart.

    Where order has no meaning, elements that mean the same stand together, and the others by position.
    """
    if not node.spec.unordered:
        size = max(len(old), len(new))
        return [(old[i] if i < len(old) else None, new[i] if i < len(new) else None) for i in range(size)]
    left = list(old)
    partners: list[Any] = []
    for item in new:
        partner = next((each for each in left if same_element(node, each, item)), None)
        if partner is not None:
            left.remove(partner)
        partners.append(partner)
    found = [
        (partner if partner is not None or not left else left.pop(0), item)
        for partner, item in zip(partners, new, strict=True)
    ]
    return [*found, *((item, None) for item in left)]


def same_element(node: Node, one: Any, other: Any) -> bool:
    """Tells whether two elements of a list mean the same."""
    if node.children and isinstance(one, dict) and isinstance(other, dict):
        return _same_members(node, one, other)
    return bool(one == other)


def _same_members(node: Node | None, one: dict[str, Any], other: dict[str, Any]) -> bool:
    children = {child.name: child for child in node.children} if node else {}
    if children:
        return all(
            same(child, one.get(name), other.get(name)) or (child.spec.computed and other.get(name) is None)
            for name, child in children.items()
        )
    return bool(one == other)


def _same_elements(node: Node | None, one: list[Any], other: list[Any]) -> bool:
    if node is None:
        return bool(one == other)
    if len(one) != len(other):
        return False
    return all(
        old is not None and new is not None and same_element(node, old, new) for old, new in pairs(node, one, other)
    )


def _same_leaf(node: Node | None, one: Any, other: Any) -> bool:
    form = node.spec.form if node else Form.PLAIN
    if form is Form.POLICY and isinstance(one, str) and isinstance(other, str):
        return same_policy(one, other)
    if node is not None and node.single is not None and node.single.type_name == "timestamp":
        return bool(_instant(one) == _instant(other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _instant(value: Any) -> Any:
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return value
