"""Chunks of text formats: typed columns of the rows that fit, and why the others do not."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy
import pyarrow

from mlops_runtime.batch.formats.chunk import Chunk, RefusedRow, RowNumbers
from mlops_runtime.batch.formats.conversion import Column


def chunk_of(
    features: Mapping[str, Column],
    keys: Mapping[str, Column],
    numbers: RowNumbers,
    original: Mapping[str, Sequence[Any]],
    refused: Sequence[RefusedRow] = (),
) -> Chunk:
    """Put converted columns together.

    Args:
        features: The features' columns by name.
        keys: The columns that are taken over.
        numbers: The rows' numbers in the file.
        original: The columns as they were before, for the rows that do not fit.
        refused: Rows between these that had no columns at all.
    """
    table = pyarrow.table({name: column.array for name, column in {**keys, **features}.items()})
    reasons: dict[int, list[str]] = {}
    for column in {**keys, **features}.values():
        for row, reason in column.bad.items():
            reasons.setdefault(row, []).append(reason)
    if not reasons:
        return Chunk(table, numbers, tuple(refused))
    found = [
        RefusedRow(int(numbers[row]), "; ".join(told), {name: values[row] for name, values in original.items()})
        for row, told in reasons.items()
    ]
    keep = numpy.ones(len(numbers), dtype=bool)
    keep[list(reasons)] = False
    return Chunk(
        table.filter(pyarrow.array(keep)), numbers[keep], tuple(sorted([*refused, *found], key=lambda each: each.row))
    )


def misfits(columns: Mapping[str, Column]) -> dict[str, str]:
    """Return what is wrong with each column none of whose values is of its type."""
    return {name: next(iter(column.bad.values())) for name, column in columns.items() if column.is_misfit}
