"""Waits until an object can be used, or is gone."""

import time

from sandbox.plugins.aws.client import Cloud
from sandbox.plugins.aws.errors import AwsError, UnreachableError
from sandbox.plugins.aws.operations import Objects
from sandbox.plugins.aws.table import ResourceType
from sandbox.plugins.protocol.errors import CancelledError, ProviderError
from sandbox.plugins.protocol.report import Report
from sandbox.plugins.protocol.values import Object

_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0
_GONE_SECONDS = 3600.0
_SEEN_SECONDS = 120.0
"""Within this time, an object without a status of its own must show that it was created."""


class UnfinishedError(ProviderError):
    """An object is there, but is not what was asked for.

    Attributes:
        answer: What AWS told of it last; None when it told nothing.
    """

    def __init__(self, reason: str, answer: Object | None) -> None:
        super().__init__(reason)
        self.answer = answer


class Waiter:
    """Looks again and again, with growing pauses."""

    def __init__(self, kind: ResourceType, objects: Objects, cloud: Cloud, report: Report) -> None:
        """Prepare the wait.

        Args:
            kind: The resource's type.
            objects: Reads the object.
            cloud: Pauses.
            report: Shows how it is going.
        """
        self._kind = kind
        self._objects = objects
        self._cloud = cloud
        self._report = report

    def until_ready(self, state: Object, timeout_seconds: float | None) -> Object:
        """Wait until an object has become what it is to become.

        Args:
            state: Its properties, of which the ones that identify it are needed.
            timeout_seconds: From the resource's options; None for the type's own.

        Returns:
            What AWS tells of it.

        Raises:
            UnfinishedError: It failed, took too long, or the person asked to stop.
        """
        wait = self._kind.wait
        limit = timeout_seconds or (wait.timeout_seconds if wait else _SEEN_SECONDS)
        started, pause_seconds = time.monotonic(), _FIRST_PAUSE_SECONDS
        answer: Object | None = None
        while True:
            try:
                answer = self._objects.answer(state)
                status = self._status(answer)
                if answer is not None and (wait is None or status == wait.ready):
                    self._report.finish()
                    return answer
                if wait and status in wait.failed:
                    raise UnfinishedError(self._failure(status, answer), answer)
                if time.monotonic() - started > limit:
                    raise UnfinishedError(f"still {status} after {limit:g} s", answer)
                self._report.status(status, is_problem=False)
                self._cloud.pause(pause_seconds)
            except CancelledError:
                raise UnfinishedError(f"cancelled while it was {self._status(answer)}", answer) from None
            except (AwsError, UnreachableError) as error:
                raise UnfinishedError(str(error), answer) from error
            pause_seconds = min(pause_seconds * 1.6, _LONGEST_PAUSE_SECONDS)

    def until_gone(self, state: Object, timeout_seconds: float | None) -> None:
        """Wait until an object is gone.

        Raises:
            ProviderError: It is still there after the timeout, or will not go.
        """
        limit = timeout_seconds or _GONE_SECONDS
        started, pause_seconds = time.monotonic(), _FIRST_PAUSE_SECONDS
        while True:
            answer = self._objects.answer(state)
            if answer is None:
                self._report.finish()
                return
            status = self._status(answer)
            wait = self._kind.wait
            if wait and status in wait.failed:
                raise ProviderError(self._failure(status, answer))
            if time.monotonic() - started > limit:
                raise ProviderError(f"still {status} after {limit:g} s")
            self._report.status(status, is_problem=False)
            self._cloud.pause(pause_seconds)
            pause_seconds = min(pause_seconds * 1.6, _LONGEST_PAUSE_SECONDS)

    def _status(self, answer: Object | None) -> str:
        if answer is None:
            return "not there yet"
        return str(answer.get(self._kind.wait.status, "there")) if self._kind.wait else "there"

    def _failure(self, status: str, answer: Object | None) -> str:
        reason = (answer or {}).get(self._kind.wait.reason, "") if self._kind.wait else ""
        return f"{status}: {reason}" if reason else f"{status}, and the service gives no reason"
