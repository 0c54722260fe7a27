"""Fills in what programs leave open: region, tags, name, defaults."""

from collections.abc import Iterable
from typing import Any

from sandbox.plugins.aws.configuration import Configuration
from sandbox.plugins.aws.names import new_name
from sandbox.plugins.aws.policies import text_of
from sandbox.plugins.aws.shapes import Node, nodes
from sandbox.plugins.aws.special import ALL_TAGS, DEFAULTS, REGION, TAGS
from sandbox.plugins.aws.table import Form, ResourceType
from sandbox.plugins.aws.tags import all_tags
from sandbox.plugins.protocol.naming import NamingRequest
from sandbox.plugins.protocol.values import UNKNOWN, Object, Secret, has_secret, has_unknown, plain


def completed(
    kind: ResourceType, news: Object, olds: Object, naming: NamingRequest, configuration: Configuration
) -> Object:
    """Return a program's inputs with everything filled in; what was, stands in `__defaults`.

    Args:
        kind: The resource's type.
        news: Its inputs; secrets may be marked.
        olds: Its inputs at the last update; empty when it is new or to be replaced.
        naming: How to name it.
        configuration: The provider's.

    Raises:
        NamingError: It cannot be named.
    """
    inputs = _with_defaults(nodes(kind), {key: value for key, value in news.items() if key != DEFAULTS})
    if not kind.is_global and REGION not in inputs:
        inputs[REGION] = configuration.region or UNKNOWN
    if kind.tagging:
        inputs[ALL_TAGS] = all_tags(inputs.get(TAGS), configuration.tags)
    _name(kind, inputs, olds, naming)
    return inputs


def _name(kind: ResourceType, inputs: Object, olds: Object, request: NamingRequest) -> None:
    naming = kind.naming
    if naming is None or inputs.get(naming.property) not in (None, "") or inputs.get(naming.prefix_property):
        return
    was_made_up = naming.property in plain(olds).get(DEFAULTS, [])
    is_kept = was_made_up and olds.get(naming.property)
    inputs[naming.property] = olds[naming.property] if is_kept else new_name(naming, request)
    inputs[DEFAULTS] = sorted({*inputs[DEFAULTS], naming.property})


def _with_defaults(described: Iterable[Node], value: Object) -> Object:
    inputs: Object = {key: member for key, member in value.items() if member is not None}
    filled = []
    for node in described:
        if node.name in inputs:
            inputs[node.name] = _inside(node, inputs[node.name])
        elif node.spec.default is not None:
            inputs[node.name] = node.spec.default
            filled.append(node.name)
    inputs[DEFAULTS] = sorted(filled)
    return inputs


def _inside(node: Node, value: Any) -> Any:
    if node.spec.form in (Form.POLICY, Form.JSON):
        return _as_text(value)
    if not node.children:
        return value
    if isinstance(value, Secret):
        return Secret(_inside(node, value.value))
    if isinstance(value, list):
        return [_inside(node, item) for item in value]
    return _with_defaults(node.children, value) if isinstance(value, dict) else value


def _as_text(value: Any) -> Any:
    """Write a document that the program gives as an object as the text that AWS takes."""
    inner = plain(value)
    if not isinstance(inner, dict | list):
        return value
    if has_unknown(inner):
        return UNKNOWN
    return Secret(text_of(inner)) if has_secret(value) else text_of(inner)
