"""Where a kind's objects are found in the API, as the cluster itself says."""

import threading
from dataclasses import dataclass
from urllib.parse import quote

from sandbox.plugins.kubernetes.client import Client
from sandbox.plugins.kubernetes.errors import ApiError, NoMatchError
from sandbox.plugins.kubernetes.kinds import Kind, normal
from sandbox.plugins.kubernetes.objects import list_at, text_at


@dataclass(frozen=True)
class ApiResource:
    """A kind in the API.

    Attributes:
        kind: What its objects are.
        plural: Its name in paths, such as "deployments".
        is_namespaced: Whether its objects live in namespaces.
    """

    kind: Kind
    plural: str
    is_namespaced: bool

    def path(self, namespace: str, name: str = "") -> str:
        """Return the path of an object, or of all in a namespace when the name is empty."""
        path = _root(self.kind.api_version)
        if self.is_namespaced:
            path += f"/namespaces/{quote(namespace or 'default', safe='')}"
        path += f"/{self.plural}"
        return f"{path}/{quote(name, safe='')}" if name else path


class Discovery:
    """Asks the cluster for its kinds, each API version once. Safe to be used by many threads."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._versions: dict[str, dict[str, ApiResource]] = {}

    def find(self, kind: Kind) -> ApiResource:
        """Find a kind.

        Raises:
            NoMatchError: The cluster does not have it.
            UnreachableError: No connection.
        """
        kind = normal(kind)
        found = self._version(kind.api_version).get(kind.kind)
        if found is None:
            raise NoMatchError(
                f"the cluster has no {kind.kind} in {kind.api_version}; "
                "check apiVersion and kind, and that the CustomResourceDefinition is created first"
            )
        return found

    def forget(self, api_version: str | None = None) -> None:
        """Forgets what the cluster said of one version, or of all: definitions have come or gone."""
        with self._lock:
            if api_version is None:
                self._versions.clear()
            else:
                self._versions.pop(api_version, None)

    def _version(self, api_version: str) -> dict[str, ApiResource]:
        with self._lock:
            known = self._versions.get(api_version)
            if known is None:
                known = self._asked(api_version)
                self._versions[api_version] = known
            return known

    def _asked(self, api_version: str) -> dict[str, ApiResource]:
        try:
            answer = self._client.get(_root(api_version))
        except ApiError as error:
            if error.is_not_found:
                return {}
            raise
        return {
            text_at(entry, "kind"): ApiResource(
                kind=Kind(api_version, text_at(entry, "kind")),
                plural=text_at(entry, "name"),
                is_namespaced=bool(entry.get("namespaced")),
            )
            for entry in list_at(answer, "resources")
            if "/" not in text_at(entry, "name")
        }


def _root(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
