"""Records on their way into a file: kept in memory, compressed, put down whole."""

import os
import time
import zlib
from collections.abc import Callable

from mlops_runtime.monitoring.store import Store

from .partitions import PAYLOAD_SUFFIX, hour_folder

FILE_SECONDS = 60.0
"""How long a record waits in memory at most: what a server that is killed loses."""
FILE_BYTES_MAX = 8 * 1024 * 1024
_PART_BYTES = 64 * 1024
_GZIP = 31
_LEVEL = 1


class PayloadFiles:
    """Writes records into files of their hour; a file has one writer, and its name belongs to nobody else."""

    def __init__(
        self,
        store: Store,
        pod: str,
        wall_clock: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Set up the writer.

        Args:
            store: Where the files go.
            pod: What the files' names begin with.
            wall_clock: The time, which may jump: it only names folders and files.
            clock: Seconds that only grow, for how long a record has waited.
        """
        self._store = store
        self._clock = clock
        # A container that starts again in its pod has the pod's name again, and must not write over its files.
        self._writer = f"{pod}-{int(wall_clock() * 1000):013d}{os.getpid() % 1000:03d}"
        self._sequence = 0
        self._begin()

    @property
    def records(self) -> int:
        """How many wait for their file."""
        return self._records

    def is_due(self, moment: float) -> bool:
        """Whether the file is to be written before a record of a moment, in seconds since 1970, is added."""
        return bool(self._records) and (
            self._bytes >= FILE_BYTES_MAX
            or self._clock() - self._begun >= FILE_SECONDS
            or hour_folder(moment) != self._folder
        )

    def add(self, line: bytes, moment: float) -> None:
        """Take a record of a moment, in seconds since 1970."""
        if not self._records:
            self._folder, self._begun = hour_folder(moment), self._clock()
        self._records += 1
        self._bytes += len(line)
        self._lines.append(line)
        self._waiting += len(line)
        if self._waiting >= _PART_BYTES:
            self._compress()

    def write(self) -> int:
        """Put the file down; return how many records it has.

        Raises:
            OSError: It could not be; its records are lost, and the next file begins.
        """
        records = self._records
        if not records:
            return 0
        self._compress()
        content = b"".join((*self._parts, self._compressor.flush()))
        name = f"{self._folder}/{self._writer}{self._sequence:06d}{PAYLOAD_SUFFIX}"
        self._sequence += 1
        self._begin()
        self._store.write(name, content)
        return records

    def _begin(self) -> None:
        self._compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        self._parts: list[bytes] = []
        self._lines: list[bytes] = []
        self._waiting = self._bytes = self._records = 0
        self._folder = ""
        self._begun = 0.0

    def _compress(self) -> None:
        self._parts.append(self._compressor.compress(b"".join(self._lines)))
        self._lines = []
        self._waiting = 0
