"""Parquet: columns have types, and a file says how many rows it has."""

from collections.abc import Iterator, Mapping, Sequence

import numpy
import pyarrow
from pyarrow import parquet

from mlops_runtime.batch.errors import UnreadableFileError
from mlops_runtime.batch.formats.chunk import Chunk, Head, regrouped
from mlops_runtime.batch.location import UNREADABLE, FoundFile, Location


class ParquetFormat:
    """Files of Apache Parquet; see `TableFormat`."""

    extension = "parquet"

    def head(self, place: Location, file: FoundFile, wanted: Mapping[str, str], keys: Sequence[str]) -> Head:  # noqa: ARG002 - a file has all of its columns
        """Return the file's own schema."""
        try:
            with place.filesystem.open_input_file(file.path) as source:
                schema = parquet.read_schema(source)
        except UNREADABLE as error:
            raise UnreadableFileError(f"{file.name}: got {_line(error)}, expected a Parquet file") from error
        return Head(schema.names, dict(zip(schema.names, schema.types, strict=True)))

    def chunks(
        self, place: Location, file: FoundFile, wanted: Mapping[str, str], keys: Sequence[str], rows: int
    ) -> Iterator[Chunk]:
        """Yield the rows of the file's row groups."""
        start = 0
        columns = list(dict.fromkeys([*keys, *wanted]))
        try:
            with place.filesystem.open_input_file(file.path) as source:
                batches = parquet.ParquetFile(source, pre_buffer=False).iter_batches(rows, columns=columns)
                for table in regrouped(batches, rows):
                    numbers = numpy.arange(start, start + table.num_rows, dtype=numpy.int64)
                    yield Chunk(table.select(columns), numbers)
                    start += table.num_rows
        except UNREADABLE as error:
            raise UnreadableFileError(f"{file.name}: got {_line(error)}, expected a Parquet file") from error

    def to_bytes(self, table: pyarrow.Table) -> bytes:
        """Return a file of one row group."""
        sink = pyarrow.BufferOutputStream()
        parquet.write_table(table, sink, row_group_size=max(1, table.num_rows))
        content: bytes = sink.getvalue().to_pybytes()
        return content


def _line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]
