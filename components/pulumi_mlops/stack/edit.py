"""Changes one value of a stack file and leaves every other byte of it as it is. Pure: text in, text out.

A dump of what a YAML library has read would change the layout of other lines. Here the library says where the value
stands, and the text is exchanged there. What comes of it is read again and held against what was meant.
"""

import copy
import json
import re
from collections.abc import Mapping, Sequence

from ruamel.yaml.error import YAMLError

from pulumi_mlops._shared.problems import told
from pulumi_mlops.stack.problems import Path, dotted
from pulumi_mlops.stack.yaml_nodes import parsed
from pulumi_mlops.stack.yaml_scalars import resolved
from pulumi_mlops.stack.yaml_spans import AliasSpan, MappingSpan, ScalarSpan, SequenceSpan, Span, root_of
from pulumi_mlops.stack.yaml_values import TooManyValuesError, ValueReader

_MERGE = "<<"
_MARK = "\ufeff"
# Texts that need no quotes wherever they stand, and those that need none in a block.
_NAME = re.compile(r"[A-Za-z_][\w./-]*", re.ASCII)
_PLAIN = re.compile(r"[A-Za-z0-9_][\w./:@+-]*[\w./@+-]", re.ASCII)


class EditError(ValueError):
    """A value cannot be changed where it stands. Its text says where, and why."""


def with_value(text: str, path: Sequence[str | int], value: object, *, before: Sequence[str] = ()) -> str:
    """Change one value of a YAML text.

    A value that is there is exchanged where it stands, in its own quotes. One that is not is written in one line: at
    the end of what holds it, or in front of others.

    Args:
        text: The text, such as that of a stack file.
        path: The value's keys from the outermost on, as `config`, `mlops:workloads`, `flights`, `model`; a number is
            a place in a list.
        value: The new value: a text, a number, true or false, None, or a mapping or list of these.
        before: The keys that a new one is to stand in front of.

    Returns:
        The text; the same one where it says so already.

    Raises:
        EditError: When it is no YAML, when the value stands in what others share, or when the path leads nowhere.
    """
    place = tuple(path)
    mark, text = (_MARK, text[1:]) if text.startswith(_MARK) else ("", text)
    held = values_of(text)
    wanted = _changed(held, place, value)
    if json.dumps(held, sort_keys=True) == json.dumps(wanted, sort_keys=True):
        return mark + text
    edited = _edited(text, place, value, before)
    if values_of(edited) != wanted:
        raise _error(place, "a value that others share, or one in a form of its own", "a value of its own")
    return mark + edited


def values_of(text: str) -> object:
    """Return the values of a YAML text, as Pulumi reads them.

    Args:
        text: The text, such as that of a stack file.

    Raises:
        EditError: When it is no YAML.
    """
    try:
        root = parsed(text)
        return {} if root is None else ValueReader("the text").value(root, ())
    except YAMLError as error:
        raise _error((), f"no YAML ({' '.join(str(error).split())})", "a stack file") from error
    except TooManyValuesError as error:
        raise _error((), "aliases that make too many values", "a stack file") from error


def _changed(values: object, path: Path, value: object) -> object:
    """Return values with one of them changed; what is missing on the way is made."""
    if not path:
        return value
    first, *rest = path
    if isinstance(first, int):
        if not isinstance(values, list) or not 0 <= first < len(values):
            raise _error(path, "no such place", "a list with it")
        return [_changed(item, tuple(rest), value) if at == first else item for at, item in enumerate(values)]
    if values is not None and not isinstance(values, dict):
        raise _error(path, "what is no mapping around it", "a mapping")
    held = copy.copy(values) if isinstance(values, dict) else {}
    held[first] = _changed(held.get(first), tuple(rest), value)
    return held


def _edited(text: str, path: Path, value: object, before: Sequence[str]) -> str:
    span = root_of(text)
    if span is None:
        raise _error(path, "an empty text", "a mapping")
    for depth, part in enumerate(path):
        if isinstance(span, AliasSpan):
            raise _error(path, f"the alias {text[span.start : span.end]} on the way", "values of its own")
        if isinstance(span, SequenceSpan) and isinstance(part, int):
            span = span.items[part]
            continue
        if not isinstance(span, MappingSpan):
            # Nothing stands there yet.
            return _replaced(text, span, _nested(path[depth:], value))
        at = span.position(str(part))
        if at is None:
            if _MERGE in span.keys and depth < len(path) - 1:
                raise _error(path, f"{part} by way of <<", "values of its own")
            return _added(text, span, str(part), _nested(path[depth + 1 :], value), before)
        span = span.pairs[at][1]
    if isinstance(span, MappingSpan) and isinstance(value, Mapping) and set(span.keys) == set(value):
        for key, item in value.items():
            text = _edited(text, (*path, key), item, before)
        return text
    return _replaced(text, span, value)


def _nested(path: Path, value: object) -> object:
    for part in reversed(path):
        value = {part: value}
    return value


def _replaced(text: str, span: Span, value: object) -> str:
    """Write a value in the place of another."""
    written = _written(value)
    if isinstance(span, ScalarSpan):
        if isinstance(value, str):
            written = _quoted_like(span.quote, value)
        if span.start == span.end:
            written = f" {written}"
    elif text[: span.start].rpartition("\n")[2].strip() == "":
        # What begins a line of its own stands further in than its key, also where a list's hyphens do not.
        written = f" {written}"
    return text[: span.start] + written + text[span.end :]


def _quoted_like(quote: str, value: str) -> str:
    if quote == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    if not quote and _PLAIN.fullmatch(value) and resolved(value) == value:
        return value
    return _written(value) if quote != '"' else json.dumps(value, ensure_ascii=False)


def _added(text: str, mapping: MappingSpan, key: str, value: object, before: Sequence[str]) -> str:
    """Write a key that is not there yet."""
    entry = f"{_written_key(key)}: {_written(value)}"
    ahead = next((at for at, known in enumerate(mapping.keys) if known in before and at > 0), len(mapping.pairs))
    if mapping.is_flow:
        if not mapping.pairs:
            return text[: mapping.end - 1] + entry + text[mapping.end - 1 :]
        place = mapping.pairs[ahead - 1][1].end
        return f"{text[:place]}, {entry}{text[place:]}"
    place = _end_of_lines(text, mapping, ahead)
    newline = "\r\n" if "\r\n" in text else "\n"
    line = " " * mapping.column + entry
    if text[:place].endswith("\n"):
        return text[:place] + line + newline + text[place:]
    return text[:place] + newline + line + text[place:]


def _end_of_lines(text: str, mapping: MappingSpan, ahead: int) -> int:
    """Return where the lines of a block's pair end, with the comments below it that are its own."""
    is_last = ahead == len(mapping.pairs)
    place = _next_line(text, mapping.pairs[ahead - 1][1].end)
    seen = place
    while seen < len(text):
        following = _next_line(text, seen)
        line = text[seen:following]
        column = len(line) - len(line.lstrip())
        if line.strip() and not (
            line.lstrip().startswith("#") and (column > mapping.column or (is_last and column == mapping.column > 0))
        ):
            break
        seen = following
        if line.strip():
            place = seen
    return place


def _next_line(text: str, index: int) -> int:
    end = text.find("\n", index)
    return len(text) if end < 0 else end + 1


def _written(value: object) -> str:
    """Write a value in one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_written_key(str(key))}: {_written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_written, value)) + "]"
    if isinstance(value, str) and _NAME.fullmatch(value) and resolved(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False)


def _written_key(key: str) -> str:
    return key if _PLAIN.fullmatch(key) and resolved(key) == key else _written(key)


def _error(path: Path, got: str, expected: str) -> EditError:
    return EditError(told(dotted(path), got, expected, "write it into the file by hand"))
