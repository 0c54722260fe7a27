"""What Pulumi's state keeps of an object: what was asked for and what came of it."""

import base64
from dataclasses import dataclass
from typing import Any

from sandbox.plugins.kubernetes.kinds import Kind
from sandbox.plugins.kubernetes.objects import dashed, dict_at, kind_of, text_at, underscored
from sandbox.plugins.protocol.values import Object, Secret, marked_like, plain, renamed_keys

INPUTS = "__inputs"
API_VERSION = "__initialApiVersion"
FIELD_MANAGER = "__fieldManager"
_SECRET = Kind("v1", "Secret")


@dataclass(frozen=True)
class State:
    """The outputs of a resource.

    Attributes:
        inputs: What was asked for, plain, with properties named as SDKs do.
        live: What the cluster made of it, plain, named as Kubernetes does.
        api_version: The version with which the object was created.
        manager: The field manager; empty when the state does not say.
    """

    inputs: Object
    live: Object
    api_version: str
    manager: str


def parse(outputs: Object) -> State:
    """Read outputs, be they this plugin's or the official one's."""
    members = plain(outputs)
    inputs = members.pop(INPUTS, {})
    api_version = members.pop(API_VERSION, "")
    manager = members.pop(FIELD_MANAGER, "")
    live = to_kubernetes(members)
    return State(inputs=inputs, live=live, api_version=api_version or text_at(inputs, "apiVersion"), manager=manager)


def outputs(inputs: Object, live: Object, api_version: str, manager: str) -> Object:
    """Write outputs, in which everything is secret that is so among the inputs.

    Args:
        inputs: With their marks.
        live: The object, plain, as Kubernetes names its properties.
        api_version: The version with which it was created.
        manager: The field manager.
    """
    members: Object = marked_like(from_kubernetes(live), inputs)
    if is_secret(live) and "data" in members:
        members["data"] = _whole(members["data"])
    members[INPUTS] = secretive(inputs)
    members[API_VERSION] = api_version
    members[FIELD_MANAGER] = manager
    return members


def secretive(inputs: Object) -> Object:
    """Return inputs in which a Secret's content is secret, whether the program said so or not."""
    if not is_secret(plain(inputs)):
        return inputs
    return {key: _whole(value) if key in {"data", "stringData"} else value for key, value in inputs.items()}


def is_secret(body: Object) -> bool:
    """Tells whether an object is a Kubernetes Secret."""
    return kind_of(body) == _SECRET


def to_kubernetes(inputs: Object) -> Object:
    """Return a plain object with properties named as Kubernetes does."""
    named: Object = renamed_keys(plain(inputs), dashed)
    return named


def from_kubernetes(live: Object) -> Object:
    """Return an object with properties named as SDKs do."""
    named: Object = renamed_keys(live, underscored)
    return named


def body(inputs: Object) -> Object:
    """Return what is sent to the cluster: the inputs without what only the cluster writes.

    A Secret's `stringData` goes into `data`, for the cluster would else never remove a key that is gone from it.
    """
    sent = to_kubernetes(inputs)
    sent.pop("status", None)
    if is_secret(sent) and isinstance(sent.get("stringData"), dict):
        texts = sent.pop("stringData")
        encoded = {key: base64.b64encode(str(text).encode()).decode() for key, text in texts.items()}
        sent["data"] = {**dict_at(sent, "data"), **encoded}
    return sent


def _whole(value: Any) -> Secret:
    return value if isinstance(value, Secret) else Secret(plain(value))
