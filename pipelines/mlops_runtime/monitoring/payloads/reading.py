"""Reading payload records back, a day at a time."""

import gzip
import zlib
from collections.abc import Iterator
from datetime import date
from typing import Any

import orjson

from mlops_runtime.monitoring.errors import MonitoringError
from mlops_runtime.monitoring.store import Store

from .partitions import PAYLOAD_SUFFIX, day_folder, day_of


def payload_files(store: Store, day: date | None = None) -> list[str]:
    """Return the names of the payloads' files, of a day or of all."""
    names = store.names("" if day is None else f"{day_folder(day)}/")
    return [name for name in names if day_of(name) is not None and name.endswith(PAYLOAD_SUFFIX)]


def payload_days(store: Store) -> list[date]:
    """Return the days that have payloads, in order."""
    return sorted({day for name in payload_files(store) if (day := day_of(name)) is not None})


def records_of(store: Store, name: str) -> Iterator[dict[str, Any]]:
    """Yield the records of a file.

    Raises:
        MonitoringError: The file holds something else.
    """
    try:
        for line in gzip.decompress(store.read(name)).splitlines():
            yield orjson.loads(line)
    except (OSError, EOFError, zlib.error, orjson.JSONDecodeError) as error:
        raise MonitoringError(
            f"{store.address}/{name}: got {error}, expected a file of payload records, fix: move it elsewhere"
        ) from error


def payload_records(store: Store, day: date | None = None) -> Iterator[dict[str, Any]]:
    """Yield the payload records of a day or of all, in the order of the files' names."""
    for name in payload_files(store, day):
        yield from records_of(store, name)
