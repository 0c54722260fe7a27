"""CSV: a header and rows of texts. A row with another number of fields than the header is set aside."""

import io
from collections.abc import Iterator, Mapping, Sequence
from csv import reader

import numpy
import pyarrow
from pyarrow import csv

from mlops_runtime.batch.errors import UnreadableFileError
from mlops_runtime.batch.formats import conversion
from mlops_runtime.batch.formats.chunk import Chunk, Head, RefusedRow, regrouped
from mlops_runtime.batch.formats.converted import chunk_of, misfits
from mlops_runtime.batch.location import UNREADABLE, FoundFile, Location

BLOCK_BYTES = 8 * 1024 * 1024
"""What is parsed at a time; the longest row."""
HEAD_ROWS = 1000
# The header is a file's first row, and rows are counted from 1 (pyarrow.csv.InvalidRow).
_FIRST_ROW = 2


class CsvFormat:
    """Files with commas between fields, RFC 4180's quotes and a header; see `TableFormat`.

    An empty field is a missing value.
    """

    extension = "csv"

    def head(self, place: Location, file: FoundFile, wanted: Mapping[str, str], keys: Sequence[str]) -> Head:
        """Return the header, and which columns of the first rows are of another type."""
        names = self._header(place, file)
        missing = [name for name in (*keys, *wanted) if name not in names]
        if missing or len(set(names)) != len(names):
            return Head(names)
        for texts in self._texts(place, file, [*keys, *wanted], HEAD_ROWS, []):
            columns = {name: conversion.from_texts(name, texts[name], dtype) for name, dtype in wanted.items()}
            return Head(names, misfits=misfits(columns))
        return Head(names)

    def chunks(
        self, place: Location, file: FoundFile, wanted: Mapping[str, str], keys: Sequence[str], rows: int
    ) -> Iterator[Chunk]:
        """Yield the rows of the file's blocks."""
        skipped: list[RefusedRow] = []
        start = 0
        for texts in self._texts(place, file, [*keys, *wanted], rows, skipped):
            numbers, refused = _numbered(start, texts.num_rows, skipped)
            start = int(numbers[-1]) + 1
            yield _chunk(texts, numbers, refused, wanted, keys)
        if skipped:
            empty = pyarrow.table(
                {name: pyarrow.array([], pyarrow.string()) for name in dict.fromkeys([*keys, *wanted])}
            )
            yield _chunk(empty, numpy.array([], dtype=numpy.int64), skipped, wanted, keys)

    def to_bytes(self, table: pyarrow.Table) -> bytes:
        """Return the rows with a header. Lists are written as JSON."""
        sink = pyarrow.BufferOutputStream()
        csv.write_csv(table, sink, csv.WriteOptions(quoting_style="needed"))
        content: bytes = sink.getvalue().to_pybytes()
        return content

    def _header(self, place: Location, file: FoundFile) -> list[str]:
        try:
            with place.filesystem.open_input_stream(file.path, compression="detect") as source:
                text = io.TextIOWrapper(io.BufferedReader(source), encoding="utf-8-sig", newline="")
                names = next(reader(text), [])
                text.detach()
        except UNREADABLE as error:
            raise _unreadable(file, error) from error
        if not names or any(not name.isprintable() for name in names):
            raise _unreadable(file, ValueError("a header with control characters" if names else "an empty file"))
        return names

    def _texts(
        self, place: Location, file: FoundFile, columns: Sequence[str], rows: int, skipped: list[RefusedRow]
    ) -> Iterator[pyarrow.Table]:
        """Yield columns of texts; rows of another width are added to `skipped` on the way."""

        def skip(row: csv.InvalidRow) -> str:
            reason = f"got {row.actual_columns} fields, expected {row.expected_columns} as in the header"
            skipped.append(RefusedRow(row.number - _FIRST_ROW, reason, row.text))
            return "skip"

        unique = list(dict.fromkeys(columns))
        convert = csv.ConvertOptions(
            column_types=dict.fromkeys(unique, pyarrow.string()),
            include_columns=unique,
            strings_can_be_null=True,
            null_values=[""],
        )
        parse = csv.ParseOptions(newlines_in_values=True, invalid_row_handler=skip)
        read = csv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES)
        try:
            with place.filesystem.open_input_stream(file.path, compression="detect") as source:
                yield from regrouped(csv.open_csv(source, read, parse, convert), rows)
        except UNREADABLE as error:
            raise _unreadable(file, error) from error


def _numbered(
    start: int, count: int, skipped: list[RefusedRow]
) -> tuple[numpy.typing.NDArray[numpy.int64], list[RefusedRow]]:
    """Return the numbers of rows that follow, between which others were skipped; take those out of the list."""
    end = start + count
    while (needed := start + count + sum(row.row < end for row in skipped)) != end:
        end = needed
    between = [row for row in skipped if row.row < end]
    skipped[:] = [row for row in skipped if row.row >= end]
    numbers = numpy.setdiff1d(numpy.arange(start, end, dtype=numpy.int64), [row.row for row in between])
    return numbers, between


def _chunk(
    texts: pyarrow.Table,
    numbers: numpy.typing.NDArray[numpy.int64],
    refused: Sequence[RefusedRow],
    wanted: Mapping[str, str],
    keys: Sequence[str],
) -> Chunk:
    features = {name: conversion.from_texts(name, texts[name], dtype) for name, dtype in wanted.items()}
    taken = {name: conversion.from_texts(name, texts[name], "text") for name in keys if name not in wanted}
    has_bad = any(column.bad for column in features.values())
    original = {name: texts[name].to_pylist() for name in texts.column_names} if has_bad else {}
    return chunk_of(features, taken, numbers, original, refused)


def _unreadable(file: FoundFile, error: Exception) -> UnreadableFileError:
    line = (str(error).strip() or type(error).__name__).splitlines()[0][:300]
    return UnreadableFileError(f"{file.name}: got {line}, expected CSV with a header in UTF-8")
