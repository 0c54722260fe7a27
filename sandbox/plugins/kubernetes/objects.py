"""Small questions about a Kubernetes object."""

from typing import Any

from sandbox.plugins.kubernetes.kinds import Kind, normal
from sandbox.plugins.protocol.values import UNKNOWN, Object

AUTONAMED = "pulumi.com/autonamed"
SKIP_AWAIT = "pulumi.com/skipAwait"
WAIT_FOR = "pulumi.com/waitFor"
TIMEOUT_SECONDS = "pulumi.com/timeoutSeconds"
REPLACE_UNREADY = "pulumi.com/replaceUnready"
PATCH_FORCE = "pulumi.com/patchForce"
PATCH_FIELD_MANAGER = "pulumi.com/patchFieldManager"
DELETION_PROPAGATION = "pulumi.com/deletionPropagationPolicy"

_UNDERSCORED = {
    name.replace("-", "_"): name
    for name in (
        "x-kubernetes-embedded-resource",
        "x-kubernetes-int-or-string",
        "x-kubernetes-list-map-keys",
        "x-kubernetes-list-type",
        "x-kubernetes-map-type",
        "x-kubernetes-preserve-unknown-fields",
        "x-kubernetes-validations",
    )
}
_DASHED = {name: underscored for underscored, name in _UNDERSCORED.items()}


def dashed(key: str) -> str:
    """Return a property's name as Kubernetes writes it."""
    return _UNDERSCORED.get(key, key)


def underscored(key: str) -> str:
    """Return a property's name as Pulumi's SDKs write it."""
    return _DASHED.get(key, key)


def at(value: Any, *path: str | int) -> Any:
    """Return what stands at a path, or None.

    Args:
        value: A plain value.
        path: Names of properties and positions in lists.
    """
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        else:
            value = value[step] if isinstance(value, list) and step < len(value) else None
    return value


def text_at(value: Any, *path: str | int) -> str:
    """Return the text at a path, or the empty one when there is none or it is not known yet."""
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def list_at(value: Any, *path: str | int) -> list[Any]:
    """Return the list at a path, or an empty one."""
    found = at(value, *path)
    return found if isinstance(found, list) else []


def dict_at(value: Any, *path: str | int) -> Object:
    """Return the object at a path, or an empty one."""
    found = at(value, *path)
    return found if isinstance(found, dict) else {}


def int_at(value: Any, *path: str | int, default: int = 0) -> int:
    """Return the whole number at a path, or the default."""
    found = at(value, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else default


def kind_of(body: Object) -> Kind:
    """Return what an object says it is."""
    return normal(Kind(text_at(body, "apiVersion"), text_at(body, "kind")))


def name_of(body: Object) -> str:
    """Return an object's name; empty when it has none yet."""
    return text_at(body, "metadata", "name")


def namespace_of(body: Object) -> str:
    """Return an object's namespace; empty when it has none."""
    return text_at(body, "metadata", "namespace")


def identity(body: Object) -> str:
    """Return an object's ID in Pulumi's state: "namespace/name", or "name" outside namespaces."""
    namespace = namespace_of(body)
    return f"{namespace}/{name_of(body)}" if namespace else name_of(body)


def from_identity(text: str) -> tuple[str, str]:
    """Split an ID in Pulumi's state into (namespace, name); the namespace may be empty."""
    namespace, _, name = text.rpartition("/")
    return namespace, name


def annotation(body: Object, key: str) -> str:
    """Return an annotation's value; empty when there is none or it is not known yet."""
    return text_at(body, "metadata", "annotations", key)


def is_annotated(body: Object, key: str) -> bool:
    """Tells whether an annotation says "true"."""
    return annotation(body, key) == "true"


def set_annotation(body: Object, key: str, value: str) -> None:
    """Set an annotation in place, unless the object's annotations are not known yet."""
    metadata = body.setdefault("metadata", {})
    if metadata is UNKNOWN:
        return
    annotations = metadata.setdefault("annotations", {})
    if annotations is not UNKNOWN:
        annotations[key] = value


def condition(body: Object, name: str) -> Object:
    """Return one of an object's status conditions, or an empty object."""
    return next((each for each in list_at(body, "status", "conditions") if at(each, "type") == name), {})
