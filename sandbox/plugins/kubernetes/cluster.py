"""A cluster's objects: read, applied, deleted."""

import threading
from typing import Any

from sandbox.plugins.kubernetes.client import APPLY, JSON_PATCH, Answer, Client, unreachable
from sandbox.plugins.kubernetes.configuration import Configuration
from sandbox.plugins.kubernetes.discovery import ApiResource, Discovery
from sandbox.plugins.kubernetes.errors import ApiError, NoMatchError, UnreachableError
from sandbox.plugins.kubernetes.kinds import GroupKind, Kind, is_built_in, is_namespaced_offline, normal
from sandbox.plugins.kubernetes.kubeconfig import Target, load
from sandbox.plugins.kubernetes.objects import kind_of, list_at, name_of, namespace_of, text_at
from sandbox.plugins.protocol.errors import CancelledError, ProviderError
from sandbox.plugins.protocol.values import Object

_LOGIN = "log in again, or choose another context"


class Cluster:
    """The cluster that a provider is configured for. Safe to be used by many threads.

    Attributes:
        configuration: The provider's.
        cancelled: Set once the person has asked to stop.
    """

    def __init__(self, configuration: Configuration, cancelled: threading.Event) -> None:
        """Read the kubeconfig; nothing is sent yet."""
        self.configuration = configuration
        self.cancelled = cancelled
        self._lock = threading.Lock()
        self._scopes: dict[GroupKind, bool] = {}
        self._is_checked = False
        self._problem: str | None = None
        self._target: Target | None = None
        try:
            self._target = load(configuration)
        except UnreachableError as error:
            self._problem = unreachable(str(error))
            self._is_checked = True
        else:
            self._client = Client(self._target, configuration.request_timeout_seconds, cancelled)
            self._discovery = Discovery(self._client)

    @property
    def default_namespace(self) -> str:
        """For objects that live in a namespace and name none."""
        return self.configuration.namespace or (self._target.namespace if self._target else "default")

    def problem(self) -> str | None:
        """Tells why the cluster cannot be used, or None when it can. Asks it once."""
        with self._lock:
            if not self._is_checked:
                self._problem = self._asked()
                self._is_checked = True
            return self._problem

    def require(self) -> None:
        """Make sure of the connection.

        Raises:
            UnreachableError: There is none.
        """
        problem = self.problem()
        if problem:
            raise UnreachableError(problem)

    def find(self, kind: Kind) -> ApiResource:
        """Find where a kind's objects are.

        Raises:
            NoMatchError: The cluster does not have the kind.
            UnreachableError: No connection.
        """
        self.require()
        try:
            return self._discovery.find(kind)
        except NoMatchError:
            # A definition may have been made since the cluster was asked.
            if is_built_in(kind):
                raise
            self._discovery.forget(normal(kind).api_version)
            return self._discovery.find(kind)

    def is_known(self, kind: Kind) -> bool:
        """Tells whether the cluster can be reached and has the kind."""
        try:
            self.find(kind)
        except ProviderError:
            return False
        return True

    def is_namespaced(self, kind: Kind) -> bool:
        """Tells whether objects of a kind live in namespaces; guesses where the cluster cannot say yet."""
        kind = normal(kind)
        planned = self._scopes.get(kind.group_kind)
        if planned is not None:
            return planned
        if is_built_in(kind) or self.problem():
            return is_namespaced_offline(kind)
        try:
            return self.find(kind).is_namespaced
        except ProviderError:
            return is_namespaced_offline(kind)

    def plan_definition(self, body: Object) -> None:
        """Remembers the scope of a custom resource whose definition the program holds, before it is created."""
        group_kind = GroupKind(text_at(body, "spec", "group"), text_at(body, "spec", "names", "kind"))
        scope = text_at(body, "spec", "scope")
        if scope and group_kind.kind:
            self._scopes[group_kind] = scope != "Cluster"

    def forget_kinds(self) -> None:
        """Make the cluster be asked anew for its kinds: a definition has come or gone."""
        self._discovery.forget()

    def get(self, kind: Kind, namespace: str, name: str) -> Object | None:
        """Read an object, or None when it is not there.

        Raises:
            ApiError: The server refused.
            NoMatchError: The cluster does not have the kind.
            UnreachableError: No connection.
        """
        path = self.find(kind).path(namespace, name)
        try:
            return _complete(self._client.get(path), kind)
        except ApiError as error:
            if error.is_not_found:
                return None
            raise

    def list_objects(self, kind: Kind, namespace: str, query: dict[str, str] | None = None) -> list[Object]:
        """Read the objects of a kind in a namespace.

        Args:
            kind: Of the objects.
            namespace: Where they are.
            query: Such as {"labelSelector": "app=x"}.

        Raises:
            ApiError: The server refused.
            UnreachableError: No connection.
        """
        answer = self._client.get(self.find(kind).path(namespace), query)
        return [_complete(item, kind) for item in list_at(answer, "items")]

    def create(self, body: Object, manager: str, *, is_trial: bool = False) -> Answer:
        """Create an object that is not there yet.

        Args:
            body: The object, named.
            manager: Who the fields will belong to.
            is_trial: Only tell what would come of it.

        Raises:
            ApiError: The server refused, for example since the object exists.
            NoMatchError: The cluster does not have the kind.
            UnreachableError: No connection.
        """
        resource = self.find(kind_of(body))
        query = {"fieldManager": manager, **({"dryRun": "All"} if is_trial else {})}
        answer = self._client.send("POST", resource.path(namespace_of(body)), query=query, body=_placed(body, resource))
        return Answer(_complete(answer.body, kind_of(body)), answer.warnings)

    def set_managers(self, live: Object, entries: list[Object]) -> Object:
        """Write down who owns which field of an object. Returns the object.

        Raises:
            ApiError: The server refused.
            UnreachableError: No connection.
        """
        path = self.find(kind_of(live)).path(namespace_of(live), name_of(live))
        patch: list[Object] = [{"op": "replace", "path": "/metadata/managedFields", "value": entries}]
        answer = self._client.send("PATCH", path, body=patch, content_type=JSON_PATCH)
        return _complete(answer.body, kind_of(live))

    def apply(self, body: Object, manager: str, *, force: bool, is_trial: bool = False) -> Answer:
        """Apply an object on the server's side.

        Args:
            body: The object, named.
            manager: Who the fields will belong to.
            force: Take fields over from other managers.
            is_trial: Only tell what would come of it.

        Raises:
            ApiError: The server refused.
            NoMatchError: The cluster does not have the kind.
            UnreachableError: No connection.
        """
        resource = self.find(kind_of(body))
        query = {"fieldManager": manager, "force": "true" if force else "false"}
        if is_trial:
            query["dryRun"] = "All"
        path = resource.path(namespace_of(body), name_of(body))
        sent = _placed(body, resource)
        answer = self._client.send("PATCH", path, query=query, body=sent, content_type=APPLY)
        return Answer(_complete(answer.body, kind_of(body)), answer.warnings)

    def delete(self, kind: Kind, namespace: str, name: str, propagation: str) -> None:
        """Begins to delete an object.

        Args:
            kind: Of the object.
            namespace: Where it is.
            name: Its name.
            propagation: "Foreground", "Background" or "Orphan".

        Raises:
            ApiError: It is not there, or the server refused.
            NoMatchError: The cluster does not have the kind.
            UnreachableError: No connection.
        """
        options: dict[str, Any] = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": propagation}
        self._client.send("DELETE", self.find(kind).path(namespace, name), body=options)

    def pause(self, seconds: float) -> None:
        """Wait, unless the person asks to stop.

        Raises:
            CancelledError: They did.
        """
        if self.cancelled.wait(seconds):
            raise CancelledError("cancelled")

    def _asked(self) -> str | None:
        try:
            self._client.get("/version")
        except UnreachableError as error:
            return str(error)
        except ApiError as error:
            # A cluster that hides its version from this user still is one.
            if error.status != 403:
                return unreachable(f"{self._target}: {error.message}", _LOGIN if error.status == 401 else "")
        return None


def _placed(body: Object, resource: ApiResource) -> Object:
    """Leaves the namespace out where the kind lives in none."""
    if resource.is_namespaced or not namespace_of(body):
        return body
    return {**body, "metadata": {key: value for key, value in body["metadata"].items() if key != "namespace"}}


def _complete(body: Object, kind: Kind) -> Object:
    """Put in what a list's items leave out."""
    return {"apiVersion": normal(kind).api_version, "kind": kind.kind, **body}
