"""The threads and the process beside the event loop, for what takes its time: reading a large request, and scoring."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from .decoding_process import DecodingProcess


class CountingThreads(ThreadPoolExecutor):
    """Threads that know how many of them are at work."""

    def __init__(self, name: str, max_workers: int | None = None) -> None:
        """Set up the threads; each starts when there is work for it.

        Args:
            name: What the threads' names begin with.
            max_workers: How many there are at most. Defaults to Python's own choice, by the number of processors.
        """
        super().__init__(max_workers=max_workers, thread_name_prefix=name)
        self._futures: set[Future[Any]] = set()

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **options: Any) -> Future[Any]:
        """Call a function in one of the threads."""
        future = super().submit(function, *arguments, **options)
        self._futures.add(future)
        future.add_done_callback(self._futures.discard)
        return future

    @property
    def working(self) -> int:
        """How many are at work."""
        return sum(future.running() for future in tuple(self._futures))


class RequestThreads:
    """The threads of one server, and the process beside them.

    What runs in them cannot be interrupted, only no longer waited for: health checks and the server's end must
    depend on none of them.
    """

    def __init__(self) -> None:
        # One thread: decoding is Python's, so two would not be quicker, and what it needs for a moment is many times
        # the request.
        self.decoder = CountingThreads("decode", max_workers=1)
        # What that thread hands the largest requests to, and waits for.
        self.decoding_process = DecodingProcess()
        self.scorers = CountingThreads("score")

    @property
    def working(self) -> int:
        """How many are at work."""
        return self.decoder.working + self.scorers.working

    def close(self) -> None:
        """End the process beside; threads end by themselves."""
        self.decoding_process.close()
