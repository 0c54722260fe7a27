"""Names for objects whose program gives none."""

import random
import secrets

from sandbox.plugins.kubernetes.objects import AUTONAMED, annotation, is_annotated, name_of, set_annotation
from sandbox.plugins.protocol.naming import Autonaming, NamingError, NamingRequest
from sandbox.plugins.protocol.values import UNKNOWN, Object

_ALPHABET = "0123456789abcdef"
_SUFFIX_LENGTH = 8
_LONGEST = 253
_MANAGER_PREFIX = "pulumi-kubernetes-"


def field_manager() -> str:
    """Return a new name under which a resource's fields are applied; only the state remembers it.

    Random as in pulumi-kubernetes (provider/pkg/provider/provider.go, fieldManagerName): what an update created that
    was killed before it wrote its state is nobody's.
    """
    return _MANAGER_PREFIX + secrets.token_hex(4)


def is_unnamed(inputs: Object) -> bool:
    """Tells whether inputs leave the name open."""
    metadata = inputs.get("metadata") or {}
    if metadata is UNKNOWN:
        return False
    return not metadata.get("name") and metadata.get("name") is not UNKNOWN


def assign_name(inputs: Object, old_inputs: Object, request: NamingRequest) -> None:
    """Names an object in place, when its inputs leave that open: as before, or anew.

    Args:
        inputs: Plain inputs.
        old_inputs: Plain inputs of the resource's last update; empty when it is new or to be replaced.
        request: How to name it anew.

    Raises:
        NamingError: Automatic names are disabled.
    """
    if not is_unnamed(inputs):
        return
    metadata = inputs.setdefault("metadata", {})
    if is_annotated(old_inputs, AUTONAMED) and name_of(old_inputs):
        metadata["name"] = name_of(old_inputs)
    else:
        metadata["name"] = _new_name(request)
    if annotation(inputs, AUTONAMED) != "true":
        set_annotation(inputs, AUTONAMED, "true")


def _new_name(request: NamingRequest) -> str:
    if request.autonaming is Autonaming.DISABLED:
        raise NamingError("metadata.name: missing, and automatic naming is disabled for this stack; give a name")
    if request.autonaming in {Autonaming.PROPOSED, Autonaming.ENFORCED} and request.proposed:
        return request.proposed
    generator = random.Random(request.seed) if request.seed else secrets.SystemRandom()  # noqa: S311 - no secret
    suffix = "".join(generator.choice(_ALPHABET) for _ in range(_SUFFIX_LENGTH))
    return f"{request.logical_name[: _LONGEST - _SUFFIX_LENGTH - 1]}-{suffix}"
