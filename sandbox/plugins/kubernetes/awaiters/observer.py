"""What is around an object and tells why it is not ready: its pods, its claims, its endpoints."""

from typing import Protocol

from sandbox.plugins.kubernetes.cluster import Cluster
from sandbox.plugins.kubernetes.errors import ApiError, NoMatchError
from sandbox.plugins.kubernetes.kinds import Kind
from sandbox.plugins.protocol.values import Object

POD = Kind("v1", "Pod")


class Observer(Protocol):
    """Reads what is around an object. What may not be read counts as absent."""

    def get(self, kind: Kind, namespace: str, name: str) -> Object | None:
        """Read an object, or None."""
        ...

    def list_objects(self, kind: Kind, namespace: str, query: dict[str, str] | None = None) -> list[Object]:
        """Read the objects of a kind."""
        ...


class ClusterObserver:
    """An observer of a cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def get(self, kind: Kind, namespace: str, name: str) -> Object | None:
        """Read an object, or None."""
        try:
            return self._cluster.get(kind, namespace, name)
        except (ApiError, NoMatchError):
            return None

    def list_objects(self, kind: Kind, namespace: str, query: dict[str, str] | None = None) -> list[Object]:
        """Read the objects of a kind."""
        try:
            return self._cluster.list_objects(kind, namespace, query)
        except (ApiError, NoMatchError):
            return []
