"""Tells what has become of the inputs of an object: drift, apart from what the cluster always adds or rewrites."""

import base64
import binascii
from typing import Any

from sandbox.plugins.kubernetes.objects import dict_at, text_at
from sandbox.plugins.kubernetes.state import from_kubernetes, is_secret
from sandbox.plugins.protocol.values import Object

_WRITTEN_BY_THE_CLUSTER = (
    *("creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields"),
    *("resourceVersion", "selfLink", "uid"),
)
_WRITTEN_BY_TOOLS = ("deployment.kubernetes.io/revision", "kubectl.kubernetes.io/last-applied-configuration")
_ABSENT = object()


def refreshed_inputs(inputs: Object, before: Object, now: Object) -> Object:
    """Return the inputs as the object shows them today.

    What differed between inputs and object right after the last update, such as "1000m" written as "1", is the
    cluster's way to write it; only what has changed on the object since then is drift.

    Args:
        inputs: What was asked for, plain.
        before: The object after the last update, as Kubernetes names its properties.
        now: The object today.
    """
    refreshed: Object = _merged(inputs, from_kubernetes(before), from_kubernetes(now))
    if is_secret(inputs) and isinstance(inputs.get("stringData"), dict):
        refreshed["stringData"] = _secret_texts(inputs["stringData"], dict_at(before, "data"), dict_at(now, "data"))
    return refreshed


def imported_inputs(live: Object) -> Object:
    """Return the inputs that would make an object that Pulumi has not made."""
    inputs = from_kubernetes(live)
    inputs.pop("status", None)
    metadata = {key: value for key, value in inputs["metadata"].items() if key not in _WRITTEN_BY_THE_CLUSTER}
    annotations = {key: v for key, v in dict_at(metadata, "annotations").items() if key not in _WRITTEN_BY_TOOLS}
    metadata["annotations"] = annotations or None
    inputs["metadata"] = {key: value for key, value in metadata.items() if value is not None}
    return inputs


def _merged(asked: Any, before: Any, now: Any) -> Any:
    if now is _ABSENT:
        # Never shown by the cluster, as an empty list is not; or removed by somebody.
        return asked if before is _ABSENT else _ABSENT
    if isinstance(asked, dict) and isinstance(now, dict):
        older = before if isinstance(before, dict) else {}
        merged = {k: _merged(v, older.get(k, _ABSENT), now.get(k, _ABSENT)) for k, v in asked.items()}
        return {key: value for key, value in merged.items() if value is not _ABSENT}
    if isinstance(asked, list) and isinstance(now, list):
        return _merged_list(asked, before if isinstance(before, list) else [], now)
    return asked if now == before or (before is _ABSENT and now == asked) else now


def _merged_list(asked: list[Any], before: list[Any], now: list[Any]) -> list[Any]:
    if now == before:
        return asked
    pairs = zip(_paired(asked, now), _paired(before, now), now, strict=True)
    return [element if like is _ABSENT else _merged(like, was, element) for like, was, element in pairs]


def _paired(others: list[Any], now: list[Any]) -> list[Any]:
    """Find for each element of today's list what stood for it in another one: by name, else by position."""
    found = []
    for index, element in enumerate(now):
        named = next((each for each in others if _same_element(each, element)), _ABSENT)
        if named is _ABSENT and not _name(element) and index < len(others):
            named = others[index]
        found.append(named)
    return found


def _same_element(one: Any, other: Any) -> bool:
    return bool(_name(one)) and _name(one) == _name(other)


def _name(element: Any) -> str:
    return text_at(element, "name")


def _secret_texts(texts: Object, before: Object, now: Object) -> Object:
    """Return a Secret's texts, which the cluster only shows encoded."""
    shown = {}
    for key, text in texts.items():
        if now.get(key) == before.get(key):
            shown[key] = text
        elif key in now:
            shown[key] = _decoded(str(now[key]))
    return shown


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return text
