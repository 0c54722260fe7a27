"""The processes that this host has started: none may outlive it."""

import contextlib
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path


class Children:
    """Starts processes and stops them again. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped: set[int] = set()
        self._closed = False

    @contextmanager
    def run(
        self, command: Sequence[str], *, cwd: Path | None, environment: Mapping[str, str], piped: bool
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Start a process and give it to the block; stop it at the block's end if it still runs.

        Args:
            command: Program and arguments.
            cwd: Its working folder, None for the host's own.
            environment: Its whole environment.
            piped: Whether stdout and stderr are pipes for us to read; else they are the host's own.

        Raises:
            OSError: The program cannot be started.
        """
        stream = subprocess.PIPE if piped else None
        with self._lock:
            if self._closed:
                raise OSError("the language host is shutting down")
            process = subprocess.Popen(
                command, cwd=cwd, env=dict(environment), stdin=subprocess.DEVNULL, stdout=stream, stderr=stream
            )
            self._running.add(process)
        try:
            yield process
        finally:
            stop(process)
            with self._lock:
                self._running.discard(process)

    def interrupt(self, process: subprocess.Popen[bytes]) -> None:
        """Asks one process to stop, and notes that it did not end by itself."""
        with self._lock:
            self._stopped.add(process.pid)
        if process.poll() is None:
            process.terminate()

    def was_interrupted(self, process: subprocess.Popen[bytes]) -> bool:
        """Tells whether `interrupt` was called for a process."""
        with self._lock:
            return process.pid in self._stopped

    def close(self, timeout_seconds: float = 2.0) -> None:
        """Stop every process, and let no other start."""
        with self._lock:
            self._closed = True
            running = list(self._running)
        for process in running:
            self.interrupt(process)
        for process in running:
            stop(process, timeout_seconds=timeout_seconds)


def stop(process: subprocess.Popen[bytes], timeout_seconds: float = 2.0) -> None:
    """End a process: an interrupt, which Python plugins handle gracefully, and after the time allowed a kill."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout_seconds)
    if process.poll() is None:
        process.kill()
        process.wait()
