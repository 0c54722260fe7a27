"""The payload log of a server: takes what was answered without waiting for anything, and writes it beside.

A request only puts a reference into a bounded queue, which nobody is woken for. A thread looks into it twenty times a
second, reads the rows out of what it finds and writes them, a little at a time: it shares Python's interpreter with
the requests. Whatever goes wrong there, a full volume or one that does not answer, costs records and no request.
"""

import logging
import os
import socket
import time
from collections import deque
from collections.abc import Callable
from threading import Event, Thread

from mlops_runtime.monitoring.store import Store, store_of

from .counts import Counts, Outcome
from .files import PayloadFiles
from .record import Captured, RecordWriter, ServedVersion
from .sampling import Sample
from .settings import MIB, PayloadSettings

PAUSE_SECONDS = 0.05
SLICE_SECONDS = 0.001
LOG_PAUSE_SECONDS = 60.0
CLOSE_SECONDS = 3.0
"""How long the last file may take: a pod that was told to stop is killed soon after its last answer."""


class PayloadLog:
    """Keeps the answered requests of one model: a sample, redacted and bounded."""

    def __init__(
        self,
        served: ServedVersion,
        settings: PayloadSettings,
        store: Store,
        *,
        logger: logging.Logger,
        files: PayloadFiles | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Set up the log; `start` begins to write.

        Args:
            served: Which version answers.
            settings: What is kept.
            store: Where.
            logger: Takes a line when records are lost.
            files: Writes the files; for tests.
            clock: Seconds that only grow.
        """
        self.counts = Counts()
        self._served = served
        self._writer = RecordWriter(served, settings)
        self._files = files or PayloadFiles(store, pod_name())
        self._address = store.address
        self._logger = logger
        self._clock = clock
        self._sample = Sample(settings.sampling_percent)
        self._record_bytes_max = settings.record_bytes_max
        self._queue_bytes_max = settings.queue_mib * MIB
        self._queue: deque[Captured] = deque()
        # One thread only adds to the first, another only to the second: no lock between a request and the writer.
        self._taken_bytes = self._done_bytes = 0
        self._told_at = -LOG_PAUSE_SECONDS + clock()
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="payloads", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def close(self, timeout_seconds: float = CLOSE_SECONDS) -> None:
        """Write what waits, and end; what is not written by then is counted as failed."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout_seconds)
        lost = self._files.records + sum(captured.row_count for captured in tuple(self._queue))
        if lost:
            self.counts.add(Outcome.FAILED, lost)
            self._logger.error("payloads: %d records could not be written before the end", lost)

    def wants(self, prediction_id: str, rows: int) -> bool:
        """Tell whether a request is in the sample, by its id alone: every replica and every reader decides the same."""
        if self._sample.holds(prediction_id):
            return True
        self.counts.add(Outcome.SAMPLED_OUT, rows)
        return False

    def offer(self, captured: Captured) -> None:
        """Take an answered request; drop it where too much waits already. Only for one thread."""
        if self._taken_bytes - self._done_bytes + captured.size_bytes > self._queue_bytes_max:
            self.counts.add(Outcome.DROPPED_QUEUE_FULL, captured.row_count)
            return
        self._taken_bytes += captured.size_bytes
        self._queue.append(captured)

    def exposition(self) -> str:
        """Return the metric in Prometheus' text format."""
        return self.counts.exposition(self._served.model, self._served.version)

    def _run(self) -> None:
        while True:
            is_last = self._stopping.wait(PAUSE_SECONDS)
            self._write_queue()
            if is_last or self._files.is_due(time.time()):
                self._write_file()
            if is_last:
                return

    def _write_queue(self) -> None:
        until = self._clock() + SLICE_SECONDS
        while self._queue:
            captured = self._queue[0]
            try:
                self._write(captured)
            except Exception:
                # Nothing that a caller sends may end this thread.
                self.counts.add(Outcome.FAILED, captured.row_count)
                self._logger.exception("payloads: a request could not be written down")
            self._queue.popleft()
            self._done_bytes += captured.size_bytes
            if self._clock() >= until and not self._stopping.is_set():
                time.sleep(SLICE_SECONDS)
                until = self._clock() + SLICE_SECONDS

    def _write(self, captured: Captured) -> None:
        if self._files.is_due(captured.time):
            self._write_file()
        too_large = 0
        for line in self._writer.lines(captured):
            if len(line) > self._record_bytes_max:
                too_large += 1
            else:
                self._files.add(line, captured.time)
        if too_large:
            self.counts.add(Outcome.DROPPED_TOO_LARGE, too_large)

    def _write_file(self) -> None:
        records = self._files.records
        try:
            self.counts.add(Outcome.WRITTEN, self._files.write())
        except Exception as error:  # noqa: BLE001 - a volume, a bucket and a network fail in many ways
            self.counts.add(Outcome.FAILED, records)
            if self._clock() - self._told_at >= LOG_PAUSE_SECONDS:
                self._told_at = self._clock()
                self._logger.error(  # noqa: TRY400 - a traceback would bury the reason
                    "payloads: %d records could not be written to %s: %s; requests are served, records are lost until"
                    " it can be written to; told once a minute",
                    records,
                    self._address,
                    error,
                )


def pod_name() -> str:
    """Return what tells this server's files from another's: the name of its pod, which is the host's name there."""
    return os.environ.get("HOSTNAME") or socket.gethostname()


def payload_log(served: ServedVersion, settings: PayloadSettings, logger: logging.Logger) -> PayloadLog:
    """Return the log that the settings describe.

    Raises:
        MonitoringError: They name no place.
    """
    return PayloadLog(served, settings, store_of(settings.location), logger=logger)
