"""How a server stops without failing a request: unready first, gone once nobody sends it anything."""

import signal
from collections.abc import Callable
from time import monotonic
from types import FrameType

import uvicorn


class Drain:
    """The time between being told to stop and no longer taking connections.

    Kubernetes tells a pod to stop while its service still sends requests there; for that while the server answers as
    before, says that it is not ready, and closes connections after their answer.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._began: float | None = None

    def begin(self) -> None:
        """Start the drain; a second call changes nothing."""
        if self._began is None:
            self._began = self._clock()

    @property
    def is_draining(self) -> bool:
        """Whether the server has been told to stop."""
        return self._began is not None

    @property
    def is_over(self) -> bool:
        """Whether it is time to refuse connections."""
        return self._began is not None and self._clock() - self._began >= self._seconds


class DrainingServer(uvicorn.Server):
    """A uvicorn server that drains on SIGTERM. SIGINT, or a second SIGTERM, stops it at once."""

    def __init__(self, config: uvicorn.Config, drain: Drain) -> None:
        super().__init__(config)
        self._drain = drain

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin the drain; uvicorn calls this on a signal."""
        if sig == signal.SIGTERM and not self._drain.is_draining:
            self._drain.begin()
        else:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        """Return whether to stop; uvicorn asks ten times a second."""
        if self._drain.is_over:
            self.should_exit = True
        return await super().on_tick(counter)
