"""What is around an object and tells why it is not ready: its pods, their logs, its events."""

from typing import Protocol

from sandbox.plugins.kubernetes.cluster import Cluster
from sandbox.plugins.kubernetes.errors import ApiError, NoMatchError
from sandbox.plugins.kubernetes.kinds import Kind
from sandbox.plugins.protocol.errors import CancelledError
from sandbox.plugins.protocol.values import Object

LOG_LINES = 10
_LINE_LENGTH = 400
POD = Kind("v1", "Pod")
_EVENT = Kind("v1", "Event")


class Observer(Protocol):
    """Reads what is around an object. What may not be read counts as absent."""

    def get(self, kind: Kind, namespace: str, name: str) -> Object | None:
        """Reads an object, or None."""
        ...

    def list_objects(self, kind: Kind, namespace: str, query: dict[str, str] | None = None) -> list[Object]:
        """Reads the objects of a kind."""
        ...

    def events(self, namespace: str, uid: str) -> list[Object]:
        """Reads an object's warnings, the oldest first."""
        ...

    def log_tail(self, namespace: str, pod: str, container: str, *, is_previous: bool) -> str:
        """Reads the last lines of a container's log, or of the run before it."""
        ...


class ClusterObserver:
    """An observer for one wait, which remembers logs: their pods may be gone at the next look."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._logs: dict[tuple[str, str, str, bool], str] = {}

    def get(self, kind: Kind, namespace: str, name: str) -> Object | None:
        """Reads an object, or None."""
        try:
            return self._cluster.get(kind, namespace, name)
        except (ApiError, NoMatchError):
            return None

    def list_objects(self, kind: Kind, namespace: str, query: dict[str, str] | None = None) -> list[Object]:
        """Reads the objects of a kind."""
        try:
            return self._cluster.list_objects(kind, namespace, query)
        except (ApiError, NoMatchError):
            return []

    def events(self, namespace: str, uid: str) -> list[Object]:
        """Reads an object's warnings, the oldest first."""
        events = self.list_objects(_EVENT, namespace, {"fieldSelector": f"involvedObject.uid={uid},type=Warning"})
        return sorted(events, key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""))

    def log_tail(self, namespace: str, pod: str, container: str, *, is_previous: bool) -> str:
        """Reads the last lines of a container's log, or of the run before it."""
        key = (namespace, pod, container, is_previous)
        query = {"container": container, "tailLines": str(LOG_LINES), "previous": "true" if is_previous else "false"}
        try:
            text = self._cluster.log_tail(namespace, pod, query)
        except CancelledError:
            raise
        except (ApiError, NoMatchError):
            return self._logs.get(key, "")
        lines = [line[:_LINE_LENGTH] for line in text.rstrip().splitlines()]
        self._logs[key] = "\n".join(lines)
        return self._logs[key]
