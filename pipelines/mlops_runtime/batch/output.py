"""A partition's output: the key columns and the model's answers as a table, and the rows that were set aside."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy
import orjson
import pyarrow

from mlops_runtime.batch.formats.chunk import Chunk, RefusedRow
from mlops_runtime.batch.scoring import Scored

ROW_COLUMN: Final = "row"
"""The row's number in its file, where no column of the input is taken over."""


def table_of(chunk: Chunk, scored: Scored, keys: Sequence[str], *, flat: bool) -> pyarrow.Table:
    """Return the rows that were scored.

    Args:
        chunk: The rows.
        scored: What became of them.
        keys: Columns that are taken over; without any, the row's number stands in their place.
        flat: Whether the format has no lists: they are written as JSON.
    """
    kept = chunk.table if len(scored.kept) == chunk.table.num_rows else chunk.table.take(scored.kept)
    columns: dict[str, Any] = {name: kept[name] for name in keys}
    if not keys:
        columns[ROW_COLUMN] = pyarrow.array(chunk.rows[list(scored.kept)])
    for name, values in scored.outputs.items():
        columns[name] = _array(values, flat=flat)
    return pyarrow.table(columns)


def _array(values: Any, *, flat: bool) -> pyarrow.Array:
    found = numpy.asarray(values)
    if found.ndim == 1:
        return pyarrow.array(found.tolist() if found.dtype == object else found)
    if flat:
        return pyarrow.array([orjson.dumps(row, option=orjson.OPT_SERIALIZE_NUMPY).decode() for row in found])
    return pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(found.reshape(-1)), found.shape[1])


def refused_rows(chunk: Chunk, scored: Scored) -> list[RefusedRow]:
    """Return the rows that were set aside, by their numbers."""
    places = sorted(scored.refused)
    values = chunk.table.take(places).to_pylist() if places else []
    found = [
        RefusedRow(int(chunk.rows[place]), scored.refused[place], row)
        for place, row in zip(places, values, strict=True)
    ]
    return sorted([*chunk.refused, *found], key=lambda each: each.row)


def rejected_lines(file: str, rows: Iterable[RefusedRow]) -> bytes:
    """Return the text of a file in `rejected/`: a JSON object for each row."""
    return b"".join(
        orjson.dumps(
            {"file": file, "row": each.row, "reason": each.reason, "values": each.values},
            option=orjson.OPT_APPEND_NEWLINE,
            default=str,
        )
        for each in rows
    )
