"""JSON texts, and what policies mean."""

import json
from typing import Any

_SETS = ("Action", "NotAction", "NotResource", "Resource", "AWS", "CanonicalUser", "Federated", "Service")


def text_of(value: Any) -> str:
    """Write a document as the official plugin does where a program gives an object."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def is_json(text: str) -> bool:
    """Tells whether a text is JSON."""
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def same_policy(one: str, other: str) -> bool:
    """Tells whether two policies mean the same, however they are written.

    Order and layout mean nothing, nor does whether a single action stands in a list.
    """
    if one == other:
        return True
    try:
        return bool(_normal(json.loads(one)) == _normal(json.loads(other)))
    except ValueError:
        return False


def _normal(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _normal(member, name) for name, member in value.items()}
    if isinstance(value, list):
        items = sorted((_normal(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
        return items[0] if len(items) == 1 else items
    return str(value).lower() if isinstance(value, bool) and key not in _SETS else value
