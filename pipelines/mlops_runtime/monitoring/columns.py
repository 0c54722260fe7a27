"""A column as it is met in training tables and payloads: what of it is a value, and what is missing or wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from mlops_runtime.serving.contract import in_one_unicode_form

REDACTED: Final = "<redacted>"
"""What a payload has instead of a value that must not be kept."""

Numbers = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Column:
    """The values of a column, and the rows that have none.

    Attributes:
        values: Each row's number or text; of rows that are not `is_known` it means nothing.
        is_known: Whether a row has a value of the column's type, finite where it is a number.
        is_missing: Whether a row has no value.
        is_infinite: Whether a row has an infinite number.
        is_redacted: Whether a row's value was not kept.
    """

    values: npt.NDArray[Any]
    is_known: Mask
    is_missing: Mask
    is_infinite: Mask
    is_redacted: Mask

    @property
    def is_wrong_type(self) -> Mask:
        """Whether a row has a value of another type."""
        return ~(self.is_known | self.is_missing | self.is_infinite | self.is_redacted)

    @property
    def known(self) -> npt.NDArray[Any]:
        """The values that are there."""
        return self.values[self.is_known]


def number_column(column: "pd.Series[Any]") -> Column:
    """Return a column of numbers. True and False are none, nor is a text that reads as one."""
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
        nothing = np.zeros(len(numbers), dtype=bool)
        return Column(numbers, np.isfinite(numbers), np.isnan(numbers), np.isinf(numbers), nothing)
    values, is_missing, is_redacted = _objects(column)
    is_number = _each(values, _is_number)
    numbers = np.full(len(values), np.nan)
    numbers[is_number] = [float(value) for value in values[is_number]]
    is_infinite = is_number & np.isinf(numbers)
    return Column(numbers, is_number & np.isfinite(numbers), is_missing, is_infinite, is_redacted)


def category_column(column: "pd.Series[Any]") -> Column:
    """Return a column of categories as texts: texts in one Unicode form, whole numbers, and `true` and `false`."""
    values, is_missing, is_redacted = _objects(column)
    is_category = _each(values, _is_category) & ~is_redacted
    # Many rows have the same few values: each is brought into its form once.
    forms: dict[Any, str] = {}
    texts = np.full(len(values), "", dtype=object)
    texts[is_category] = [_form(value, forms) for value in values[is_category]]
    return Column(texts, is_category, is_missing, np.zeros(len(values), dtype=bool), is_redacted)


def length_column(column: "pd.Series[Any]") -> Column:
    """Return a column of texts as their lengths in characters."""
    values, is_missing, is_redacted = _objects(column)
    is_text = _each(values, lambda value: isinstance(value, str)) & ~is_redacted
    lengths = np.full(len(values), np.nan)
    lengths[is_text] = [float(len(value)) for value in values[is_text]]
    return Column(lengths, is_text, is_missing, np.zeros(len(values), dtype=bool), is_redacted)


def norm_column(column: "pd.Series[Any]") -> Column:
    """Return a column of vectors as their Euclidean norms."""
    values, is_missing, is_redacted = _objects(column)
    is_vector = _each(values, _is_vector)
    norms = np.full(len(values), np.nan)
    norms[is_vector] = [float(np.linalg.norm(np.asarray(value, dtype=np.float64))) for value in values[is_vector]]
    is_infinite = is_vector & ~np.isfinite(norms)
    return Column(norms, is_vector & ~is_infinite, is_missing, is_infinite, is_redacted)


def datetime_column(column: "pd.Series[Any]") -> Column:
    """Return a column of times: real ones, or text in ISO 8601's form."""
    values, is_missing, is_redacted = _objects(column)
    if pd.api.types.is_datetime64_any_dtype(column):
        is_time = ~is_missing
    else:
        times = pd.to_datetime(
            pd.Series(values).where(~is_missing & ~is_redacted), errors="coerce", utc=True, format="ISO8601"
        )
        is_time = times.notna().to_numpy()
    return Column(values, is_time, is_missing, np.zeros(len(values), dtype=bool), is_redacted)


def class_columns(column: "pd.Series[Any]", classes: tuple[str, ...]) -> Mapping[str, "pd.Series[float]"]:
    """Return a column of probabilities as one for each class: each value is an object by class, or a list in order."""
    values = column.to_numpy(dtype=object)
    table = np.full((len(values), len(classes)), np.nan)
    for row, value in enumerate(values):
        if isinstance(value, Mapping):
            table[row] = [value.get(name, np.nan) for name in classes]
        elif isinstance(value, list | tuple | np.ndarray) and len(value) == len(classes):
            table[row] = value
    return {name: pd.Series(table[:, place], index=column.index) for place, name in enumerate(classes)}


def _objects(column: "pd.Series[Any]") -> tuple[npt.NDArray[np.object_], Mask, Mask]:
    values = column.to_numpy(dtype=object)
    is_missing = np.asarray(pd.isna(values), dtype=bool)
    return values, is_missing, _each(values, lambda value: isinstance(value, str) and value == REDACTED)


def _each(values: npt.NDArray[np.object_], question: Any) -> Mask:
    return np.fromiter((question(value) for value in values), dtype=bool, count=len(values))


def _is_number(value: object) -> bool:
    is_number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    return is_number and value == value  # noqa: PLR0124 - not a number is not itself


def _is_category(value: object) -> bool:
    return isinstance(value, str | int | np.integer | np.bool_)


def _is_vector(value: object) -> bool:
    return isinstance(value, list | tuple | np.ndarray) and all(map(_is_number, value))


def _form(value: Any, forms: dict[Any, str]) -> str:
    # True is 1 to a dictionary, and no category beside it.
    key = (type(value), value)
    if key not in forms:
        is_bool = isinstance(value, bool | np.bool_)
        forms[key] = str(bool(value)).lower() if is_bool else in_one_unicode_form(str(value))
    return forms[key]
