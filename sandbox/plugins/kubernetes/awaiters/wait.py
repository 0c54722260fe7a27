"""Looks at an object again and again until it is ready, has failed, or time is up."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.plugins.kubernetes.awaiters.observer import Observer
from sandbox.plugins.kubernetes.awaiters.progress import Progress, Readiness
from sandbox.plugins.kubernetes.awaiters.registry import fixed_seconds
from sandbox.plugins.kubernetes.errors import ApiError, InitializationError, UnreachableError
from sandbox.plugins.kubernetes.objects import kind_of, name_of
from sandbox.plugins.protocol.errors import CancelledError, ProviderError
from sandbox.plugins.protocol.values import Object

_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 1.0
_SILENCE_SECONDS = 30.0


@dataclass
class Wait:
    """One wait for one object.

    Attributes:
        read: Reads the object; None when it is gone.
        look: Judges it.
        observer: For `look`.
        pause: Waits some seconds, and raises CancelledError when the person asks to stop.
        tell: Shows how the wait is going: a text, and whether it is a problem.
        timeout_seconds: How long to wait in all.
        clock: Seconds that never go back.
    """

    read: Callable[[], Object | None]
    look: Callable[[Object, Observer], Progress]
    observer: Observer
    pause: Callable[[float], None]
    tell: Callable[[str, bool], None]
    timeout_seconds: float
    clock: Callable[[], float] = time.monotonic
    _told: set[str] = field(default_factory=set, init=False)
    _heard: float = field(default=0.0, init=False)

    def until_ready(self, live: Object) -> Object:
        """Wait.

        Args:
            live: The object as it is now.

        Returns:
            The object, ready.

        Raises:
            InitializationError: It failed, vanished, or time is up; or the person asked to stop.
        """
        started = self._heard = self.clock()
        pause_seconds = _FIRST_PAUSE_SECONDS
        progress: Progress | None = None
        while True:
            try:
                progress = self.look(live, self.observer)
                if progress.is_ready:
                    return live
                self._judge(live, progress)
            except UnreachableError as error:
                self._endure(live, error)
            if self.clock() - started > self.timeout_seconds:
                raise InitializationError(live, [_timed_out(live), *_reasons(progress)])
            try:
                self.pause(pause_seconds)
            except CancelledError as error:
                cancelled = f'Resource operation was cancelled for "{name_of(live)}"'
                raise InitializationError(live, [cancelled, *_reasons(progress)]) from error
            pause_seconds = min(pause_seconds * 1.5, _LONGEST_PAUSE_SECONDS)
            live = self._read_again(live)

    def _read_again(self, live: Object) -> Object:
        try:
            found = self.read()
        except UnreachableError as error:
            self._endure(live, error)
            return live
        except ApiError as error:
            if error.status < 500:
                raise InitializationError(live, [f"the object cannot be read any more: {error}"]) from error
            self._endure(live, error)
            return live
        if found is None:
            raise InitializationError(live, ["the object was deleted by somebody else while it was awaited"])
        self._heard = self.clock()
        return found

    def _judge(self, live: Object, progress: Progress) -> None:
        """End the wait when it is lost, and tell what is new."""
        if progress.readiness is Readiness.FAILED:
            raise InitializationError(live, [not_initialized(live), *_reasons(progress)])
        self._tell_new(progress.text, is_problem=False)
        for warning in progress.warnings:
            self._tell_new(warning, is_problem=True)

    def _tell_new(self, text: str, *, is_problem: bool) -> None:
        if text not in self._told:
            self._told.add(text)
            self.tell(text, is_problem)

    def _endure(self, live: Object, error: ProviderError) -> None:
        """Lets a short silence of the cluster pass."""
        if self.clock() - self._heard > _SILENCE_SECONDS:
            raise InitializationError(live, [f"lost the cluster while waiting: {error}"]) from error
        self._tell_new(f"trying again: {error}", is_problem=True)


def not_initialized(live: Object) -> str:
    """Says that an object exists and is not ready (pulumi-kubernetes, provider/pkg/await/error.go)."""
    return f"Resource '{name_of(live)}' was created but failed to initialize"


def _timed_out(live: Object) -> str:
    if fixed_seconds(kind_of(live)) is not None:
        return f"Timeout occurred polling for '{name_of(live)}'"
    return f"'{name_of(live)}' timed out waiting to be Ready"


def _reasons(progress: Progress | None) -> tuple[str, ...]:
    return progress.reasons if progress else ()
