"""From Arrow columns to the matrix of an ONNX model, column by column without a Python object for each cell.

It gives what `MatrixBuilder` gives. What it is not sure of it leaves to that: a row with anything unusual in it.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

import numpy
import numpy.typing
import pyarrow
from pyarrow import compute, types

from mlops_runtime.serving.contract import UNICODE_FORM, Feature, ServingContract
from mlops_runtime.serving.matrix import FLOAT32_MAXIMUM, Matrix

Mask = numpy.typing.NDArray[numpy.bool_]
QUICK_TYPES: Final = frozenset(("float32", "category"))
"""Types of the features of a model that takes one matrix."""


@dataclass(frozen=True)
class ArrowMatrix:
    """The matrix of some rows.

    Attributes:
        matrix: The rows' numbers; of an unsure row they are not to be used.
        unsure: The rows that `MatrixBuilder` has to judge.
        unknown: Number of unknown categories by feature, in the other rows.
    """

    matrix: Matrix
    unsure: Mask
    unknown: Counter[str]


def is_quick(contract: ServingContract) -> bool:
    """Tells whether every feature is of a type that goes into one matrix, without bounds of its own."""
    bounds = ("minimum", "maximum")
    return all(
        feature.dtype in QUICK_TYPES and all(getattr(feature, bound, None) is None for bound in bounds)
        for feature in contract.features
    )


def matrix_of(contract: ServingContract, table: pyarrow.Table) -> ArrowMatrix:
    """Read a table's columns; a feature without a column is missing in every row."""
    rows = table.num_rows
    matrix = numpy.full((rows, len(contract.features)), numpy.nan, dtype=numpy.float32)
    unsure = numpy.zeros(rows, dtype=bool)
    strange: list[tuple[str, Mask]] = []
    for place, feature in enumerate(contract.features):
        if feature.name not in table.column_names:
            unsure |= not feature.nullable
            continue
        column = table[feature.name]
        if feature.dtype == "category":
            codes, unknown = _codes(feature, column)
            matrix[:, place] = codes
            if feature.unknown_category == "missing":
                strange.append((feature.name, unknown))
            else:
                unsure |= unknown
            missing = numpy.isnan(codes) & ~unknown
        else:
            numbers = _numbers(column)
            with numpy.errstate(over="ignore", invalid="ignore"):
                matrix[:, place] = numbers
                unsure |= numpy.abs(numbers) > FLOAT32_MAXIMUM
            missing = numpy.isnan(numbers)
        if not feature.nullable:
            unsure |= missing
    counts = Counter({name: int((unknown & ~unsure).sum()) for name, unknown in strange})
    return ArrowMatrix(matrix, unsure, +counts)


def _numbers(column: pyarrow.ChunkedArray) -> numpy.typing.NDArray[Any]:
    """Return a column as floats, in which NaN is a missing value: that is how pandas and CSV write one."""
    if not types.is_floating(column.type):
        column = compute.cast(column, pyarrow.float64(), safe=False)
    elif types.is_float16(column.type):
        column = compute.cast(column, pyarrow.float32())
    return column.to_numpy()  # type: ignore[no-any-return]


def _codes(feature: Feature, column: pyarrow.ChunkedArray) -> tuple[numpy.typing.NDArray[Any], Mask]:
    """Return each category's place in the vocabulary, NaN where it has none, and which of them are in none."""
    if types.is_null(column.type):
        return numpy.full(len(column), numpy.nan), numpy.zeros(len(column), dtype=bool)
    texts = compute.cast(column, pyarrow.string())
    vocabulary = pyarrow.array(feature.vocabulary or (), pyarrow.string())
    found = compute.index_in(texts, value_set=vocabulary)
    if found.null_count > texts.null_count:
        composed = compute.utf8_normalize(texts, form=UNICODE_FORM)
        found = compute.coalesce(found, compute.index_in(composed, value_set=vocabulary))
    unknown = compute.and_(compute.is_null(found), compute.is_valid(texts))
    return compute.cast(found, pyarrow.float64()).to_numpy(), unknown.to_numpy()
