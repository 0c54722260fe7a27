"""Some rows of a file, in the types that a model takes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy
import numpy.typing
import pyarrow

from mlops_runtime.batch.location import FoundFile, Location

RowNumbers = numpy.typing.NDArray[numpy.int64]


@dataclass(frozen=True)
class RefusedRow:
    """A row that is set aside: its number in the file from 0, why, and what it holds."""

    row: int
    reason: str
    values: Mapping[str, Any] | str
    """By column; the text of the row where it has no columns."""


@dataclass(frozen=True)
class Chunk:
    """Rows that follow one another in a file."""

    table: pyarrow.Table
    """Those that could be read, with the wanted columns."""
    rows: RowNumbers
    """Their numbers in the file, from 0."""
    refused: Sequence[RefusedRow] = ()
    """Those between them that could not be read."""

    @property
    def rows_read(self) -> int:
        """How many rows of the file these are."""
        return int(self.table.num_rows) + len(self.refused)


@dataclass(frozen=True)
class Head:
    """What the beginning of a file shows of its columns."""

    names: Sequence[str]
    types: Mapping[str, pyarrow.DataType] = field(default_factory=dict)
    """Type by column, where the file has types."""
    misfits: Mapping[str, str] = field(default_factory=dict)
    """A value by column, of those columns none of whose values is of the type that is wanted."""


class TableFormat(Protocol):
    """One format."""

    extension: str
    """Of the files that are written."""

    def head(self, place: Location, file: FoundFile, wanted: Mapping[str, str], keys: Sequence[str]) -> Head:
        """Return what the beginning of a file shows.

        Args:
            place: Where the file is.
            file: The file.
            wanted: The model's features: name to type.
            keys: Columns that are taken over.

        Raises:
            UnreadableFileError: It is no file of this format.
        """

    def chunks(
        self, place: Location, file: FoundFile, wanted: Mapping[str, str], keys: Sequence[str], rows: int
    ) -> Iterator[Chunk]:
        """Yield a file's rows, `rows` of them at a time.

        Raises:
            UnreadableFileError: It cannot be read to its end.
        """

    def to_bytes(self, table: pyarrow.Table) -> bytes:
        """Return a table as a file's content: the same for the same table."""


def regrouped(batches: Iterator[pyarrow.RecordBatch], rows: int) -> Iterator[pyarrow.Table]:
    """Yield the rows of batches of any size, `rows` of them at a time and the rest last."""
    waiting: list[pyarrow.RecordBatch] = []
    count = 0
    for batch in batches:
        waiting.append(batch)
        count += batch.num_rows
        while count >= rows:
            table = pyarrow.Table.from_batches(waiting)
            yield table.slice(0, rows)
            rest = table.slice(rows)
            waiting, count = rest.to_batches(), rest.num_rows
    if count:
        yield pyarrow.Table.from_batches(waiting)
