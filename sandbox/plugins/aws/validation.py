"""Judges inputs by the table and by the shapes that botocore has of them."""

import difflib
import itertools
import re
from collections.abc import Iterable, Iterator
from typing import Any

from sandbox.plugins.aws.arns import is_arn
from sandbox.plugins.aws.policies import is_json
from sandbox.plugins.aws.shapes import Node
from sandbox.plugins.aws.table import Form
from sandbox.plugins.protocol.changes import Path, path_text
from sandbox.plugins.protocol.resources import Failure
from sandbox.plugins.protocol.values import UNKNOWN, Object

_NUMBERS = ("integer", "long", "float", "double")
_WHOLE = ("integer", "long")
_OF_MAPS = (Form.PAIRS, Form.KEYS)


def problems(described: Iterable[Node], value: Object, path: Path = (), also: Iterable[str] = ()) -> Iterator[Failure]:
    """Yield what is wrong with an object.

    Args:
        described: Its properties.
        value: The object, plain.
        path: Where it is.
        also: Further properties that it may have.
    """
    known = {node.name: node for node in described}
    allowed = [*known, *also]
    for name in value:
        if name not in allowed and not name.startswith("__"):
            yield Failure(path_text((*path, name)), _unknown(name, allowed))
    for name, node in known.items():
        if name in value:
            yield from _value(node, value[name], (*path, name))
        elif node.spec.required:
            yield Failure(path_text((*path, name)), "missing; it is required")


def _unknown(name: str, allowed: list[str]) -> str:
    close = difflib.get_close_matches(name, allowed, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"unknown property{hint} Expected one of {', '.join(sorted(allowed))}".replace("property Ex", "property; ex")


def _value(node: Node, value: Any, path: Path) -> Iterator[Failure]:
    if value is UNKNOWN or node.shape is None:
        return
    if node.is_list:
        yield from _list(node, value, path)
    elif node.children:
        yield from _object(node, value, path)
    elif node.spec.form in _OF_MAPS or node.shape.type_name == "map":
        yield from _map(node, value, path)
    else:
        yield from _leaf(node, value, path)


def _list(node: Node, value: Any, path: Path) -> Iterator[Failure]:
    if not isinstance(value, list):
        yield _mistyped(path, value, "a list")
        return
    if node.spec.form is Form.SINGLE:
        if len(value) > 1:
            yield Failure(path_text(path), f"got {len(value)} elements, expected one")
    else:
        yield from _limits(node.shape, len(value), path, "elements")
    for index, item in enumerate(value):
        if item is UNKNOWN:
            continue
        yield from (_object if node.children else _leaf)(node, item, (*path, index))


def _object(node: Node, value: Any, path: Path) -> Iterator[Failure]:
    if isinstance(value, dict):
        yield from problems(node.children, value, path)
    else:
        yield _mistyped(path, value, "an object")


def _map(node: Node, value: Any, path: Path) -> Iterator[Failure]:
    if not isinstance(value, dict):
        yield _mistyped(path, value, "a map of strings")
        return
    yield from _limits(node.shape, len(value), path, "entries")
    for key, item in value.items():
        if item is not UNKNOWN and not isinstance(item, str):
            yield _mistyped((*path, key), item, "a string")


def _leaf(node: Node, value: Any, path: Path) -> Iterator[Failure]:
    shape, type_name = node.single, node.single.type_name
    if type_name == "boolean":
        if not isinstance(value, bool):
            yield _mistyped(path, value, "true or false")
    elif type_name in _NUMBERS:
        if isinstance(value, bool) or not isinstance(value, int if type_name in _WHOLE else int | float):
            yield _mistyped(path, value, "a whole number" if type_name in _WHOLE else "a number")
            return
        yield from _chosen(node, value, path)
        yield from _limits(shape, value, path, "")
    elif not isinstance(value, str):
        yield _mistyped(path, value, "a string")
    elif value:
        # What is wrong in one way is often so in others.
        yield from itertools.islice(_text(node, value, path), 1)
    elif node.spec.required and not node.spec.keeps_empty:
        yield Failure(path_text(path), "got an empty string; it is required")


def _text(node: Node, value: str, path: Path) -> Iterator[Failure]:
    shape = node.single
    if node.spec.form in (Form.POLICY, Form.JSON) and not is_json(value):
        yield Failure(path_text(path), f"got {_short(value)}, expected JSON")
    if node.spec.is_arn and not is_arn(value):
        yield Failure(path_text(path), f"got {value!r}, expected an ARN, arn:aws:service:region:account:resource")
    yield from _chosen(node, value, path)
    if shape.type_name == "string":
        yield from _limits(shape, len(value), path, "characters")
    pattern = shape.metadata.get("pattern")
    if node.spec.has_pattern and pattern and not re.fullmatch(pattern, value):
        yield Failure(path_text(path), f"got {value!r}, expected text of the form {pattern}")


def _chosen(node: Node, value: Any, path: Path) -> Iterator[Failure]:
    enumerated = getattr(node.single, "enum", None) or []
    choices = node.spec.choices or ((*enumerated, *node.spec.more_choices) if enumerated else ())
    if not choices or value in choices:
        return
    close = difflib.get_close_matches(str(value), [str(each) for each in choices], n=3)
    if len(choices) > 20:
        expected = f"one like {', '.join(close)}" if close else f"one of {len(choices)} such as {choices[0]}"
    else:
        expected = f"one of {', '.join(map(str, choices))}"
    yield Failure(path_text(path), f"got {value!r}, expected {expected}")


def _limits(shape: Any, size: float, path: Path, unit: str) -> Iterator[Failure]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if (low is None or size >= low) and (high is None or size <= high):
        return
    if low is not None and high is not None:
        expected = f"{low} to {high}"
    else:
        expected = f"{low} or more" if high is None else f"{high} or fewer"
    yield Failure(path_text(path), f"got {' '.join(filter(None, [str(size), unit]))}, expected {expected}")


def _mistyped(path: Path, value: Any, expected: str) -> Failure:
    return Failure(path_text(path), f"got {_short(value)}, expected {expected}")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
