"""Where each value of a YAML text begins and ends: one can be exchanged, and the rest stays as it was written."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from pulumi_mlops.stack.yaml_nodes import events
from pulumi_mlops.stack.yaml_scalars import key_text, resolved


@dataclass(frozen=True)
class Span:
    """Where one value stands in a text.

    Attributes:
        start: The index of its first character: of its anchor or tag, where it has one.
        end: The index after its last character.
        column: How far its first character stands from the beginning of its line.
    """

    start: int
    end: int
    column: int


@dataclass(frozen=True)
class ScalarSpan(Span):
    """A text, a number or another value that holds no others.

    Attributes:
        quote: What stands around it: a single or a double quote, `|` or `>`; empty for a plain one.
        key: What it is as a key of a mapping.
    """

    quote: str
    key: str


@dataclass(frozen=True)
class AliasSpan(Span):
    """A reference to a value that stands elsewhere."""


@dataclass(frozen=True)
class MappingSpan(Span):
    """A mapping.

    Attributes:
        is_flow: Whether it is written in braces.
        pairs: Its keys and values, in order.
    """

    is_flow: bool
    pairs: list[tuple[Span, Span]] = field(default_factory=list)

    @property
    def keys(self) -> list[str | None]:
        """The keys as they are read, in order; None for one that is no text."""
        return [key.key if isinstance(key, ScalarSpan) else None for key, _ in self.pairs]

    def position(self, key: str) -> int | None:
        """Return which pair has a key; None where none has."""
        return self.keys.index(key) if key in self.keys else None


@dataclass(frozen=True)
class SequenceSpan(Span):
    """A list.

    Attributes:
        is_flow: Whether it is written in brackets.
        items: Its entries, in order.
    """

    is_flow: bool
    items: list[Span] = field(default_factory=list)


def root_of(text: str) -> Span | None:
    """Return the value of a text's first document; None where it has none.

    Args:
        text: The text.

    Raises:
        YAMLError: When it is no YAML.
    """
    found: Iterator[Any] = events(text)
    for event in found:
        if isinstance(event, ScalarEvent | AliasEvent | MappingStartEvent | SequenceStartEvent):
            return _span(event, found, text)
        if isinstance(event, DocumentEndEvent):
            break
    return None


def _span(event: Any, rest: Iterator[Any], text: str) -> Span:
    start, column = event.start_mark.index, event.start_mark.column
    if isinstance(event, ScalarEvent):
        # The end of a block scalar is where the next token begins.
        end = max(start, len(text[: event.end_mark.index].rstrip()) if event.end_mark.index > start else start)
        key = str(event.value) if event.style else key_text(resolved(str(event.value)))
        return ScalarSpan(start, end, column, event.style or "", key)
    if isinstance(event, AliasEvent):
        return AliasSpan(start, event.end_mark.index, column)
    if isinstance(event, MappingStartEvent):
        pairs = []
        while not isinstance(following := next(rest), MappingEndEvent):
            name = _span(following, rest, text)
            pairs.append((name, _behind(name, _span(next(rest), rest, text), text)))
        end = following.end_mark.index if event.flow_style else pairs[-1][1].end
        return MappingSpan(start, end, column, bool(event.flow_style), pairs)
    items = []
    while not isinstance(following := next(rest), SequenceEndEvent):
        items.append(_span(following, rest, text))
    end = following.end_mark.index if event.flow_style else items[-1].end
    return SequenceSpan(start, end, column, bool(event.flow_style), items)


def _behind(key: Span, value: Span, text: str) -> Span:
    """Place a value of which nothing is written behind its key's colon: the library places it at the next token."""
    colon = text.find(":", key.end)
    if value.start < value.end or not isinstance(value, ScalarSpan) or colon < 0:
        return value
    return replace(value, start=colon + 1, end=colon + 1)
