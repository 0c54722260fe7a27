"""What a trial run tells about an object that is still to come, and what it cannot tell."""

from typing import Any

from sandbox.plugins.kubernetes.objects import at, text_at
from sandbox.plugins.protocol.values import UNKNOWN, Object

_PER_OBJECT = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid")
_SERVICE_ADDRESSES = ("clusterIP", "clusterIPs", "healthCheckNodePort")


def of_creation(inputs: Object, tried: Object) -> Object:
    """Returns the outcome of a trial creation, unknown where the real one will differ.

    Args:
        inputs: What is applied, plain.
        tried: What the cluster made of it in the trial.
    """
    uid = text_at(tried, "metadata", "uid")
    outcome: Object = _without(tried, uid) if uid else dict(tried)
    outcome["metadata"] = {**outcome["metadata"], **dict.fromkeys(_PER_OBJECT, UNKNOWN)}
    outcome["status"] = UNKNOWN
    if text_at(tried, "kind") == "Service" and text_at(tried, "apiVersion") == "v1":
        outcome["spec"] = _with_unknown_addresses(inputs, outcome.get("spec", {}))
    return outcome


def of_update(tried: Object) -> Object:
    """Returns the outcome of a trial update, unknown where the real one will differ."""
    unknown = dict.fromkeys(("managedFields", "resourceVersion"), UNKNOWN)
    return {**tried, "metadata": {**tried["metadata"], **unknown}}


def _without(value: Any, uid: str) -> Any:
    """Replaces the trial's own identity, which a Job for example repeats in its labels."""
    if isinstance(value, dict):
        return {key: _without(member, uid) for key, member in value.items()}
    if isinstance(value, list):
        return [_without(item, uid) for item in value]
    return UNKNOWN if value == uid else value


def _with_unknown_addresses(inputs: Object, spec: Object) -> Object:
    found = {
        name: UNKNOWN if name in _SERVICE_ADDRESSES and at(inputs, "spec", name) is None else value
        for name, value in spec.items()
    }
    found["ports"] = [
        {**port, "nodePort": UNKNOWN}
        if "nodePort" in port and not at(inputs, "spec", "ports", index, "nodePort")
        else port
        for index, port in enumerate(spec.get("ports", []))
    ]
    return found
