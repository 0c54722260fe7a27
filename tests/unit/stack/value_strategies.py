"""Values for a setting: those at the edges of its rule, right ones with a slip in them, and any others."""

import re
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as some

# What people type beside the right text, and what Unicode has that looks like it.
_SLIPS = ("", " ", "\n", "\t", "-", "_", ".", "/", ":", "@", "*", "?", "0", "9", "a", "Z", "é", "٣", "'", "\x00")
_OF_ANOTHER_TYPE: tuple[Any, ...] = (True, 0, 1, 7, 1.5, "", "1", "true", [], {}, ["a"], {"a": "b"})
# YAML has no lone surrogates.
_TEXT = some.text(some.characters(exclude_categories=["Cs"]), max_size=80)


def edges_of(schema: Mapping[str, Any], right: tuple[Any, Any]) -> list[Any]:
    """Return the values at the edges of a rule, those just past them, and some of another type."""
    bounds = [schema[key] for key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum") if key in schema]
    whole = [int(bound) + step for bound in bounds for step in (-1, 0, 1)]
    kinds: list[Any] = [*right, *whole]
    if schema.get("type") == "number":
        kinds += [bound + step for bound in bounds for step in (-0.001, 0.001)]
        kinds += [float("inf"), float("-inf"), float("nan")]
    if isinstance(right[0], str):
        longest = schema.get("maxLength", 63)
        kinds += [_stretched(right[0], length) for length in (1, longest, longest + 1)]
        kinds += [f"0{right[0]}", f" {right[0]}", f"{right[0]}\n", f"{right[0]}.", right[0].upper()]
    return [*kinds, *schema.get("enum", ()), *_OF_ANOTHER_TYPE]


def values_of(schema: Mapping[str, Any], right: tuple[Any, Any]) -> some.SearchStrategy[Any]:
    """Return what makes values for a setting."""
    if isinstance(right[0], bool):
        return some.sampled_from([True, False, *_OF_ANOTHER_TYPE])
    if isinstance(right[0], int | float):
        return _numbers(schema)
    slipped = some.builds(_slipped, some.sampled_from(right), some.integers(0, 200), some.sampled_from(_SLIPS), _REST)
    matching = [some.from_regex(re.compile(schema["pattern"]), fullmatch=True)] if "pattern" in schema else []
    return some.one_of(slipped, *matching, _TEXT)


_REST = some.integers(0, 3)


def _numbers(schema: Mapping[str, Any]) -> some.SearchStrategy[Any]:
    most = int(schema.get("maximum", 10**9)) * 2
    whole = some.integers(-5, most).map(lambda number: number - number % schema.get("multipleOf", 1))
    any_whole = some.integers(-(10**15), 10**15)
    if schema.get("type") == "integer":
        # A whole number that is written 3.0 is the component protocol's 3, and in a stack file a slip.
        return some.one_of(whole, any_whole, some.floats().filter(lambda number: not number.is_integer()))
    return some.one_of(whole, any_whole, some.floats())


def _slipped(text: str, place: int, slip: str, left_out: int) -> str:
    place %= len(text) + 1
    return text[:place] + slip + text[place + left_out :]


def _stretched(text: str, length: int) -> str:
    """Return a text of a length, right as long as only its length counts."""
    return (text + text[-1] * length)[:length]
