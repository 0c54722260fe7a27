"""From texts and JSON values to columns of the types that a model takes; what does not fit is told row by row."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any, Final

import pyarrow
from pyarrow import compute

from mlops_runtime.serving.input_error import shown

Bad = dict[int, str]
"""What is wrong, by row."""

ARROW_TYPES: Final[Mapping[str, pyarrow.DataType]] = {
    "float32": pyarrow.float64(),
    "float64": pyarrow.float64(),
    "int64": pyarrow.int64(),
    "bool": pyarrow.bool_(),
    "category": pyarrow.string(),
    "text": pyarrow.string(),
    "datetime": pyarrow.string(),
    "vector": pyarrow.list_(pyarrow.float64()),
}
"""By a feature's type. A text format's float32 is read as float64: too large a number must not become infinity."""
EXPECTED: Final[Mapping[str, str]] = {
    "float32": "a number",
    "float64": "a number",
    "int64": "a whole number",
    "bool": "true or false",
    "category": "text",
    "text": "text",
    "datetime": "a date and time as text",
    "vector": "a list of numbers",
}
_JSON_TYPES: Final[Mapping[str, frozenset[type]]] = {
    "float32": frozenset((int, float)),
    "float64": frozenset((int, float)),
    "int64": frozenset((int,)),
    "bool": frozenset((bool,)),
    "category": frozenset((str,)),
    "text": frozenset((str,)),
    "datetime": frozenset((str,)),
    "vector": frozenset((list,)),
}
_INT64 = range(-(2**63), 2**63)


@dataclass(frozen=True)
class Column:
    """A column that was converted."""

    array: pyarrow.Array
    """Null where a value is bad."""
    bad: Bad
    is_misfit: bool
    """Whether none of its values, of which there is at least one, is of its type."""


def from_texts(name: str, texts: pyarrow.ChunkedArray | pyarrow.Array, dtype: str) -> Column:
    """Convert a column of texts, in which null is a missing value.

    Args:
        name: The column's.
        texts: Its values.
        dtype: The feature's type.
    """
    wanted = ARROW_TYPES[dtype]
    if wanted == texts.type:
        return Column(_whole(texts), {}, is_misfit=False)
    if dtype != "vector":
        try:
            return Column(_whole(compute.cast(texts, wanted)), {}, is_misfit=False)
        except pyarrow.ArrowInvalid:
            pass
    return _one_by_one(name, texts.to_pylist(), dtype, _PARSERS[dtype])


def from_values(name: str, values: Sequence[Any], dtype: str) -> Column:
    """Convert a column of JSON values; see `from_texts`."""
    if set(map(type, values)) <= _JSON_TYPES[dtype] | {NoneType}:
        try:
            return Column(pyarrow.array(values, ARROW_TYPES[dtype]), {}, is_misfit=False)
        except (pyarrow.ArrowException, OverflowError):
            pass

    def checked(value: Any) -> Any:
        return _checked(value, dtype)

    return _one_by_one(name, values, dtype, checked)


def _one_by_one(name: str, values: Sequence[Any], dtype: str, convert: Callable[[Any], Any]) -> Column:
    bad: Bad = {}
    converted: list[Any] = []
    for row, value in enumerate(values):
        try:
            converted.append(None if value is None else convert(value))
        except (ValueError, TypeError, OverflowError):
            bad[row] = f"{name}: got {shown(value)}, expected {EXPECTED[dtype]}"
            converted.append(None)
    present = sum(value is not None for value in values)
    return Column(pyarrow.array(converted, ARROW_TYPES[dtype]), bad, is_misfit=bool(present) and len(bad) == present)


def _checked(value: Any, dtype: str) -> Any:
    if type(value) not in _JSON_TYPES[dtype] or (dtype == "int64" and value not in _INT64):
        raise ValueError(value)
    if dtype == "vector":
        return [_checked(item, "float64") for item in value]
    return float(value) if dtype in ("float32", "float64") else value


def _number(text: str) -> float:
    if "_" in text:
        raise ValueError(text)
    return float(text)


def _integer(text: str) -> int:
    number = _number(text)
    if not math.isfinite(number) or not number.is_integer():
        raise ValueError(text)
    whole = int(text) if text.strip().lstrip("+-").isdecimal() else int(number)
    if whole not in _INT64:
        raise ValueError(text)
    return whole


def _boolean(text: str) -> bool:
    return {"true": True, "false": False, "1": True, "0": False}[text.strip().lower()]


def _boolean_or_error(text: str) -> bool:
    try:
        return _boolean(text)
    except KeyError:
        raise ValueError(text) from None


def _vector(text: str) -> list[float]:
    found: list[float] = _checked(json.loads(text), "vector")
    return found


_PARSERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "float32": _number,
    "float64": _number,
    "int64": _integer,
    "bool": _boolean_or_error,
    "vector": _vector,
}


def _whole(array: pyarrow.ChunkedArray | pyarrow.Array) -> pyarrow.Array:
    return array.combine_chunks() if isinstance(array, pyarrow.ChunkedArray) else array
