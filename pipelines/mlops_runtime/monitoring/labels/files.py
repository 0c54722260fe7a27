"""Files of labels: JSON lines, compressed or not, and Parquet; written whole into the folder of their day."""

import gzip
import io
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import orjson

from mlops_runtime.monitoring.errors import MonitoringError
from mlops_runtime.monitoring.payloads.partitions import day_folder, day_of
from mlops_runtime.monitoring.store import Store

from .record import FIELDS, Label, labels_of, read_time

SUFFIXES: Final = (".jsonl", ".jsonl.gz", ".parquet")


def label_files(store: Store, day: date | None = None) -> list[str]:
    """Return the names of the labels' files, received on a day or on any."""
    names = store.names("" if day is None else f"{day_folder(day)}/")
    return [name for name in names if day_of(name) is not None and name.endswith(SUFFIXES)]


def read_records(content: bytes, name: str) -> list[Any]:
    """Return the records of a file, by the ending of its name.

    Raises:
        MonitoringError: It is no such file.
    """
    if not name.endswith(SUFFIXES):
        raise MonitoringError(f"{name}: got another kind of file, expected one of {', '.join(SUFFIXES)}")
    try:
        if name.endswith(".parquet"):
            return _from_parquet(content)
        text = gzip.decompress(content) if name.endswith(".gz") else content
        return [orjson.loads(line) for line in text.removeprefix(b"\xef\xbb\xbf").splitlines() if line.strip()]
    except (OSError, EOFError, ValueError) as error:
        raise MonitoringError(f"{name}: got {error}, expected labels, fix: write an object on each line") from error


def stored_labels(store: Store, day: date | None = None) -> Iterator[Label]:
    """Yield the labels that were received on a day, or on any.

    Raises:
        MonitoringError: A file holds something else.
    """
    for name in label_files(store, day):
        place = f"{store.address}/{name}"
        received = datetime.combine(day_of(name) or date.min, datetime.min.time(), UTC)
        yield from labels_of(read_records(store.read(name), place), place, received, is_new=False)


def encoded(records: Iterable[Label | dict[str, Any]], name: str) -> bytes:
    """Return a file's content, by the ending of its name."""
    documents = [record.document() if isinstance(record, Label) else record for record in records]
    if name.endswith(".parquet"):
        return _to_parquet(documents)
    text = b"".join(orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE) for document in documents)
    return gzip.compress(text, mtime=0) if name.endswith(".gz") else text


def add_labels(store: Store, labels: Iterable[Label]) -> list[str]:
    """Write labels into files of their own, in the folders of the days that they were received; return their names."""
    by_day: dict[date, list[Label]] = {}
    for label in labels:
        by_day.setdefault(label.received.date(), []).append(label)
    file = f"{time.time_ns():020d}-{os.urandom(4).hex()}.jsonl.gz"
    names = [f"{day_folder(day)}/{file}" for day in sorted(by_day)]
    for day, name in zip(sorted(by_day), names, strict=True):
        store.write(name, encoded(by_day[day], name))
    return names


def add_file(
    store: Store, path: Path, *, source: str | None = None, now: datetime | None = None
) -> tuple[list[str], int]:
    """Check a file of labels and put them into the store; all of them, or none.

    Args:
        store: Where labels go.
        path: The file.
        source: Who says so, where a record does not.
        now: When they are received. Defaults to now.

    Returns:
        The names of the files that were written, and how many labels they have.

    Raises:
        MonitoringError: With everything that is wrong.
    """
    moment = now or datetime.now(UTC)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise MonitoringError(f"{path}: got {error.strerror}, expected a file of labels") from error
    labels = labels_of(read_records(content, str(path)), str(path), moment, source=source)
    if not labels:
        raise MonitoringError(f"{path}: got no record, expected at least one label")
    return add_labels(store, labels), len(labels)


def _from_parquet(content: bytes) -> list[dict[str, Any]]:
    import pyarrow  # noqa: PLC0415 - JSON lines are read without it
    from pyarrow import parquet  # noqa: PLC0415

    try:
        rows = parquet.read_table(io.BytesIO(content)).to_pylist()
    except pyarrow.ArrowException as error:
        raise ValueError(str(error)) from error
    # A column that a row has nothing in is a key that it does not have.
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


def _to_parquet(documents: Sequence[dict[str, Any]]) -> bytes:
    import pyarrow  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    columns: dict[str, list[Any]] = {name: [document.get(name) for document in documents] for name in FIELDS}
    for name in ("event_time", "received"):
        columns[name] = [read_time(value) for value in columns[name]]
    file = io.BytesIO()
    given = {name: values for name, values in columns.items() if any(value is not None for value in values)}
    parquet.write_table(pyarrow.table(given), file)
    return file.getvalue()
