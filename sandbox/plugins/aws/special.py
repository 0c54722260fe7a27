"""The properties that resource types share: region and tags."""

from sandbox.plugins.aws.shapes import Node
from sandbox.plugins.aws.table import Property, ResourceType

DEFAULTS = "__defaults"
"""Lists, in an object, the properties that were filled in."""

REGION = "region"
TAGS = "tags"
ALL_TAGS = "tagsAll"

_REGION = Node(Property(REGION, computed=True, replaces=True), (), None)
_TAGS = Node(Property(TAGS), (), None)
_ALL_TAGS = Node(Property(ALL_TAGS), (), None)


def special_nodes(kind: ResourceType) -> tuple[Node, ...]:
    """Return those of a resource type."""
    return (*(() if kind.is_global else (_REGION,)), *((_TAGS, _ALL_TAGS) if kind.tagging else ()))
