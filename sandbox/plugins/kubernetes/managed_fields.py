"""Who owns which field of an object, as the cluster records it."""

import json
from typing import Any

from sandbox.plugins.kubernetes.objects import at, dict_at, list_at, text_at
from sandbox.plugins.protocol.values import Object

Path = tuple[str | int, ...]

# pulumi-kubernetes, provider/pkg/await/await.go, fixCSAFieldManagers: (beginning of the name, operation).
_TAKEN_OVER = (
    ("kubectl", "Apply"),
    ("kubectl", "Update"),
    ("before-first-apply", "Update"),
    ("pulumi-kubernetes", "Update"),
    ("pulumi-resource-kubernetes", "Update"),
)
_OF_PULUMI = ("pulumi-kubernetes", "pulumi-resource-kubernetes")


def has_written(live: Object, manager: str) -> bool:
    """Tells whether a manager has created or applied the object."""
    return any(text_at(entry, "manager") == manager for entry in list_at(live, "metadata", "managedFields"))


def is_created_by_pulumi(live: Object) -> bool:
    """Tells whether an object was created by Pulumi and never applied since, so that Pulumi owns it by `Update`."""
    return any(
        text_at(entry, "operation") == "Update" and text_at(entry, "manager").startswith(_OF_PULUMI)
        for entry in list_at(live, "metadata", "managedFields")
    )


def taken_over(live: Object, manager: str) -> list[Any] | None:
    """Return the object's `managedFields` once a manager has what kubectl and a creation by Pulumi own.

    As pulumi-kubernetes does before it applies (provider/pkg/await/fluxssa/patch.go, PatchReplaceFieldsManagers):
    managers are told by the beginning of their names, and what a subresource such as `scale` has set stays its own.

    Returns:
        None when there is nothing to take over.
    """
    entries = list_at(live, "metadata", "managedFields")
    own = next((each for each in entries if _is(each, manager, "Apply")), None)
    others = [each for each in entries if each is not own]
    left = [each for each in others if not _is_taken_over(each)]
    if len(left) == len(others):
        return None
    for entry in others:
        if _is_taken_over(entry):
            fields, more = dict_at(own, "fieldsV1"), dict_at(entry, "fieldsV1")
            united = _union(fields, more) if fields and more else fields or more
            own = {**(own or entry), "manager": manager, "operation": "Apply", "fieldsV1": united}
    return [*left, own]


def other_owners(live: Object, path: Path, manager: str) -> list[str]:
    """Return the managers other than the given one that own what stands at a path, or something in it."""
    return sorted(
        {
            text_at(entry, "manager")
            for entry in list_at(live, "metadata", "managedFields")
            if text_at(entry, "manager") != manager and _owns(entry.get("fieldsV1"), live, path)
        }
    )


def _is(entry: Object, manager: str, operation: str) -> bool:
    return text_at(entry, "manager") == manager and text_at(entry, "operation") == operation


def _is_taken_over(entry: Object) -> bool:
    if text_at(entry, "subresource"):
        return False
    return any(
        text_at(entry, "manager").startswith(name) and text_at(entry, "operation") == operation
        for name, operation in _TAKEN_OVER
    )


def _union(one: Any, other: Any) -> Any:
    """Unites two sets of fields as Kubernetes writes them, where `{}` owns the field itself and "." marks that."""
    if not one or not other:
        members = one or other
        return {".": {}, **members} if members else {}
    return {
        key: _union(one[key], other[key]) if key in one and key in other else one.get(key, other.get(key))
        for key in (*one, *(key for key in other if key not in one))
    }


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
    """Find a list's element: by its keys, by its value, or by its position."""
    for key, inner in fields.items():
        mark, _, text = key.partition(":")
        if mark == "i" and text == str(index):
            return inner
        if mark == "v" and json.loads(text) == element:
            return inner
        if mark == "k" and isinstance(element, dict) and json.loads(text).items() <= element.items():
            return inner
    return None
