"""Who owns which field of an object, as the cluster records it."""

import json
from typing import Any

from sandbox.plugins.kubernetes.objects import at, list_at, text_at
from sandbox.plugins.protocol.values import Object

Path = tuple[str | int, ...]


def has_applied(live: Object, manager: str) -> bool:
    """Tells whether a manager has applied the object."""
    return any(
        text_at(entry, "manager") == manager and text_at(entry, "operation") == "Apply"
        for entry in list_at(live, "metadata", "managedFields")
    )


def other_owners(live: Object, path: Path, manager: str) -> list[str]:
    """Returns the managers other than the given one that own what stands at a path, or something in it."""
    return sorted(
        {
            text_at(entry, "manager")
            for entry in list_at(live, "metadata", "managedFields")
            if text_at(entry, "manager") != manager and _owns(entry.get("fieldsV1"), live, path)
        }
    )


def _owns(fields: Any, value: Any, path: Path) -> bool:
    for step in path:
        if not isinstance(fields, dict):
            return False
        if isinstance(step, str):
            fields, value = fields.get(f"f:{step}"), at(value, step)
        else:
            value = at(value, step)
            fields = _element_fields(fields, value, step)
    return fields is not None


def _element_fields(fields: dict[str, Any], element: Any, index: int) -> Any:
    """Finds a list's element: by its keys, by its value, or by its position."""
    for key, inner in fields.items():
        mark, _, text = key.partition(":")
        if mark == "i" and text == str(index):
            return inner
        if mark == "v" and json.loads(text) == element:
            return inner
        if mark == "k" and isinstance(element, dict) and json.loads(text).items() <= element.items():
            return inner
    return None
