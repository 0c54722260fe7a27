"""The process beside the server that reads its largest requests, as the server sees it.

Parsing JSON holds Python's interpreter: for a second, where 15 MiB are one row of a million names, in which the server
would answer nobody. Another process has an interpreter of its own. It is told by pipes, so it needs no file, no shared
memory and no semaphore, and ends when the server's end of them closes, however the server ended.
"""

import logging
import pickle
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import IO, TypeVar

from .decoding_messages import COUNTING, PICKLE_PROTOCOL, Answer
from .protocol import Body
from .unknown_categories import UnknownCategories

Result = TypeVar("Result")

logger = logging.getLogger("kserve.mlops")


class DecodingProcessError(RuntimeError):
    """The process ended before its answer, or could not do what it was asked."""


class DecodingProcess:
    """Starts with the first request that needs it, and again where it has ended. Only for one thread at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = Lock()

    @property
    def pid(self) -> int | None:
        """The process's id; None where none has been started, or it was told to end."""
        process = self._process
        return None if process is None else process.pid

    def call(self, read: Callable[[Body], Result], body: Body) -> Result:
        """Return what a function makes of a request's body in the other process.

        Args:
            read: A function of a module, or a method of an object that can be pickled.
            body: The request's body.

        Raises:
            InputError: As the function does.
            DecodingProcessError: The process ended, or the function failed in another way.
        """
        try:
            process = self._running()
        except OSError as error:
            # Such as a limit on the number of processes: slow for the others is better than not at all.
            logger.warning("no process to read a large request could be started, it is read here: %s", error)
            return read(body)
        assert process.stdin is not None  # noqa: S101
        assert process.stdout is not None  # noqa: S101
        try:
            pickler = _RequestPickler(process.stdin)
            pickler.dump((read, body))
            process.stdin.flush()
            answer: Answer[Result] = pickle.load(process.stdout)  # noqa: S301 - our own process's
        except (OSError, ValueError, EOFError, pickle.UnpicklingError) as error:
            _end(process)
            raise DecodingProcessError(
                f"the process that reads large requests: got an end with exit code {process.returncode}, expected an"
                " answer, fix: look for what killed it, such as the memory limit"
            ) from error
        for feature, count in answer.unknown.items():
            assert pickler.counting is not None  # noqa: S101
            pickler.counting.count(feature, count)
        if answer.refusal is not None:
            raise answer.refusal
        if answer.failure is not None:
            raise DecodingProcessError(answer.failure)
        return answer.result  # type: ignore[return-value]

    def close(self) -> None:
        """End the process, whatever it is at work on."""
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            _end(process)

    def _running(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._process is not None and self._process.poll() is not None:
                _end(self._process)
                self._process = None
            if self._process is None:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "mlops_runtime.serving.reading_requests"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                )
            return self._process


class _RequestPickler(pickle.Pickler):
    """Writes a request, with a stand-in for the counters, which stay here."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file, PICKLE_PROTOCOL)
        self.counting: UnknownCategories | None = None

    def persistent_id(self, thing: object) -> str | None:
        """Name what stays here, when pickle asks of an object."""
        if not isinstance(thing, UnknownCategories):
            return None
        self.counting = thing
        return COUNTING


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):
                stream.close()
