"""Turns the YAML nodes of a stack file into the values that Pulumi makes of them."""

import base64
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from pulumi_mlops.stack.problems import Path, Problem, dotted
from pulumi_mlops.stack.yaml_nodes import PLAIN_TAG, TEXT_TAG
from pulumi_mlops.stack.yaml_scalars import is_moment, key_text, resolved

_YAML = "tag:yaml.org,2002:"
_MERGE = "<<"
# More values than any stack has: only aliases of aliases make so many of a small file.
MOST_VALUES = 200_000


class TooManyValuesError(ValueError):
    """Aliases make more values of a file than any stack has."""


@dataclass
class ValueReader:
    """Turns the nodes of one file into values, and notes each key's line and what stood in the file.

    Attributes:
        source: What to call the file in problems.
        lines: The line of each place that was read, from 1.
        written: What stands there without quotes, where its value is something else than its text.
        problems: What Pulumi would refuse, and what it would read at random.
    """

    source: str
    lines: dict[Path, int] = field(default_factory=dict)
    written: dict[Path, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    _open: list[Node] = field(default_factory=list)
    _count: int = 0

    def value(self, node: Node, path: Path) -> object:
        """Return the value of a node.

        Args:
            node: The node.
            path: Where it stands in the file.

        Raises:
            TooManyValuesError: When its aliases make too many values of it.
        """
        self._count += 1
        if self._count > MOST_VALUES:
            raise TooManyValuesError
        if isinstance(node, ScalarNode):
            return self._scalar(node, path)
        if self._is_open(node):
            self._refuse(node, path, got="an anchor whose value holds itself", expected="an end", fix="write it out")
            return None
        self._open.append(node)
        try:
            if isinstance(node, SequenceNode):
                return [self._item(child, (*path, index)) for index, child in enumerate(node.value)]
            return {key: self.value(child, (*path, key)) for key, child in self._pairs(node, path)}
        finally:
            self._open.pop()

    def _is_open(self, node: Node) -> bool:
        return any(node is within for within in self._open)

    def _refuse(self, node: Node, path: Path, *, got: str, expected: str, fix: str) -> None:
        place = dotted(path[1:] if path[:1] == ("config",) else path)
        self.problems.append(Problem(self.source, node.start_mark.line + 1, place, got, expected, fix))

    def _item(self, node: Node, path: Path) -> object:
        self.lines[path] = node.start_mark.line + 1
        return self.value(node, path)

    def _pairs(self, node: Node, path: Path) -> Iterator[tuple[str, Node]]:
        """Yield each key of a mapping and its value; what it merges (`<<`) comes last and replaces no key."""
        seen: dict[str, int] = {}
        merged: Node | None = None
        for key_node, child in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                self._refuse(key_node, path, got="a key that is no text", expected="a text", fix="write it out")
                continue
            is_merge = key_node.value == _MERGE
            key = _MERGE if is_merge else self._key(key_node, path)
            if key in seen:
                self._refuse(
                    key_node,
                    (*path, key),
                    got=f"the key a second time (first on line {seen[key]})",
                    expected="each key once",
                    fix="name both in one list, <<: [*first, *second]" if is_merge else "remove one of the two",
                )
                continue
            seen[key] = line
            if is_merge:
                merged = child
                continue
            self.lines[(*path, key)] = line
            yield key, child
        if merged is not None:
            yield from self._merged(merged, path, seen)

    def _key(self, node: ScalarNode, path: Path) -> str:
        if str(node.tag) != PLAIN_TAG:
            return str(node.value)
        key = key_text(resolved(str(node.value)))
        if is_moment(key):
            self.written[(*path, key)] = str(node.value)
        return key

    def _merged(self, node: Node, path: Path, seen: dict[str, int]) -> Iterator[tuple[str, Node]]:
        sources = node.value if isinstance(node, SequenceNode) else [node]
        for source in sources:
            if not isinstance(source, MappingNode) or self._is_open(source):
                self._refuse(
                    source,
                    (*path, _MERGE),
                    got="what is no other mapping",
                    expected="a mapping or a list of mappings, which <<: merges into this one",
                    fix="name the anchor of a mapping, like <<: *usual",
                )
                continue
            self._open.append(source)
            # The first that has a key gives its value.
            found = [(key, child) for key, child in self._pairs(source, path) if key not in seen]
            self._open.pop()
            seen.update((key, source.start_mark.line + 1) for key, _ in found)
            yield from found

    def _scalar(self, node: ScalarNode, path: Path) -> object:
        text, tag = str(node.value), str(node.tag)
        if tag == PLAIN_TAG:
            value = resolved(text)
        elif tag.startswith(_YAML) and tag != TEXT_TAG:
            value = self._tagged(node, path, tag.removeprefix(_YAML))
        else:
            return text
        if isinstance(value, float) and not math.isfinite(value):
            self._refuse(node, path, got=text, expected="a finite number", fix="write one, or quote it for a text")
        if not isinstance(value, str) or is_moment(value):
            self.written[path] = text
        return value

    def _tagged(self, node: ScalarNode, path: Path, kind: str) -> str | int | float | bool | None:
        """Return the value of a scalar with one of YAML's own tags, such as !!int."""
        text, value = str(node.value), resolved(str(node.value))
        if kind == "binary":
            try:
                return base64.b64decode(text, validate=True).decode()
            except ValueError:
                self._refuse(node, path, got="!!binary", expected="text in base64", fix="write the text itself")
                return None
        fits = {
            "null": value is None,
            "bool": isinstance(value, bool),
            "int": isinstance(value, int) and not isinstance(value, bool),
            "float": isinstance(value, int | float) and not isinstance(value, bool),
            "timestamp": is_moment(value),
        }
        if not fits.get(kind, True):
            self._refuse(node, path, got=f"!!{kind} {text}", expected="a value of this kind", fix="leave the tag out")
        return value if kind in fits else text
