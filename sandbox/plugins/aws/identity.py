"""The ID of an object, and what it says."""

from sandbox.plugins.aws.names import unique_id
from sandbox.plugins.aws.special import REGION
from sandbox.plugins.aws.table import ResourceType
from sandbox.plugins.protocol.errors import ProviderError
from sandbox.plugins.protocol.values import Object


def id_of(kind: ResourceType, properties: Object) -> str:
    """Return the ID of an object."""
    return kind.id_separator.join(str(properties[name]) for name in kind.id_of)


def named(kind: ResourceType, inputs: Object) -> Object:
    """Return inputs with everything that is made up only when the object is created."""
    found = dict(inputs)
    naming = kind.naming
    if naming and not found.get(naming.property) and found.get(naming.prefix_property):
        found[naming.property] = unique_id(str(found[naming.prefix_property]))
    return kind.completed(found) if kind.completed else found


def identified(kind: ResourceType, identifier: str, region: str) -> Object:
    """Return the properties that an ID names: for an import, of which nothing else is known.

    Args:
        kind: The resource's type.
        identifier: As the person gives it. It may end in "@" and a region.
        region: For an ID that names none.

    Raises:
        ProviderError: It has another form.
    """
    names = kind.id_of
    text = identifier
    if not kind.is_global and "@" in identifier:
        text, _, region = identifier.rpartition("@")
    parts = text.split(kind.id_separator) if len(names) > 1 else [text]
    if len(parts) != len(names) or not all(parts):
        raise ProviderError(f"{identifier}: got {len(parts)} parts, expected {kind.id_separator.join(names)}")
    found: Object = dict(zip(names, parts, strict=True))
    return found if kind.is_global else found | {REGION: region}
