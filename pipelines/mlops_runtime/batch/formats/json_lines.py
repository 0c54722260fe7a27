"""JSON lines: an object on each line. A line that is none is set aside."""

import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy
import orjson
import pyarrow

from mlops_runtime.batch.errors import UnreadableFileError
from mlops_runtime.batch.formats import conversion
from mlops_runtime.batch.formats.chunk import Chunk, Head, RefusedRow
from mlops_runtime.batch.formats.converted import chunk_of, misfits
from mlops_runtime.batch.location import UNREADABLE, FoundFile, Location

LINE_BYTES_MAX = 64 * 1024 * 1024
HEAD_ROWS = 1000
SHOWN_BYTES = 1000
_KEY_TYPES: Mapping[type, str] = {str: "text", int: "int64", float: "float64", bool: "bool"}
Line = dict[str, Any] | RefusedRow


class JsonLinesFormat:
    """Files with a JSON object on each line; see `TableFormat`. Empty lines are no rows."""

    extension = "jsonl"

    def head(self, place: Location, file: FoundFile, wanted: Mapping[str, str], keys: Sequence[str]) -> Head:
        """Return the names and types of the first lines."""
        lines = list(islice(self._lines(place, file), HEAD_ROWS))
        objects = [line for line in lines if isinstance(line, dict)]
        if lines and not objects:
            raise UnreadableFileError(f"{file.name}: got no JSON object in its first lines, expected one on each")
        names = list(dict.fromkeys(name for line in objects for name in line))
        if not objects:
            names = list(dict.fromkeys([*keys, *wanted]))
        values = {name: [line.get(name) for line in objects] for name in wanted}
        columns = {name: conversion.from_values(name, values[name], dtype) for name, dtype in wanted.items()}
        return Head(names, misfits=misfits(columns))

    def chunks(
        self, place: Location, file: FoundFile, wanted: Mapping[str, str], keys: Sequence[str], rows: int
    ) -> Iterator[Chunk]:
        """Yield the rows of the file's lines."""
        head = [line for line in islice(self._lines(place, file), HEAD_ROWS) if isinstance(line, dict)]
        key_types = {name: _key_type(head, name) for name in keys}
        lines = self._lines(place, file)
        start = 0
        while part := list(islice(lines, rows)):
            yield _chunk(part, start, wanted, key_types)
            start += len(part)

    def to_bytes(self, table: pyarrow.Table) -> bytes:
        """Return an object for each row. NaN, which JSON has not, is null."""
        options = orjson.OPT_APPEND_NEWLINE
        return b"".join(orjson.dumps(row, option=options, default=str) for row in table.to_pylist())

    def _lines(self, place: Location, file: FoundFile) -> Iterator[Line]:
        row = 0
        try:
            with place.filesystem.open_input_stream(file.path, compression="detect") as source:
                reader = io.BufferedReader(source)
                while line := reader.readline(LINE_BYTES_MAX + 1):
                    if len(line) > LINE_BYTES_MAX:
                        expected = f"lines of at most {LINE_BYTES_MAX} bytes"
                        raise UnreadableFileError(f"{file.name}: got a longer line, expected {expected}")
                    if not line.strip():
                        continue
                    yield _parsed(line, row)
                    row += 1
        except UNREADABLE as error:
            told = (str(error).strip() or type(error).__name__).splitlines()[0][:300]
            raise UnreadableFileError(f"{file.name}: got {told}, expected JSON lines") from error


def _parsed(line: bytes, row: int) -> Line:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return RefusedRow(row, f"got no JSON ({error})", _shown(line))
    if not isinstance(found, dict):
        return RefusedRow(row, f"got {type(found).__name__}, expected a JSON object", _shown(line))
    return found


def _shown(line: bytes) -> str:
    return line[:SHOWN_BYTES].decode(errors="replace").rstrip("\n")


def _key_type(head: Sequence[Mapping[str, Any]], name: str) -> str:
    """Return the type of a column that is taken over: that of its first value."""
    first = next((line[name] for line in head if line.get(name) is not None), "")
    return _KEY_TYPES.get(type(first), "text")


def _chunk(part: Sequence[Line], start: int, wanted: Mapping[str, str], key_types: Mapping[str, str]) -> Chunk:
    refused = [line for line in part if isinstance(line, RefusedRow)]
    objects = [line for line in part if isinstance(line, dict)]
    numbers = numpy.arange(start, start + len(part), dtype=numpy.int64)
    numbers = numpy.setdiff1d(numbers, [line.row for line in refused])
    values = {name: [line.get(name) for line in objects] for name in {**key_types, **wanted}}
    features = {name: conversion.from_values(name, values[name], dtype) for name, dtype in wanted.items()}
    taken = {
        name: conversion.from_values(name, values[name], dtype)
        for name, dtype in key_types.items()
        if name not in wanted
    }
    return chunk_of(features, taken, numbers, values, refused)
