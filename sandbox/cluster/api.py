"""The few calls to the API server that bringing a cluster up takes."""

import contextlib
import json
import ssl
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from sandbox.cluster import settings
from sandbox.cluster.manifests import Manifest
from sandbox.errors import SandboxError

_AUTHENTICATION = "extension-apiserver-authentication"
_FIELD_MANAGER = "mlops-sandbox"
_CLUSTER_WIDE = frozenset({"StorageClass", "ClusterRole", "ClusterRoleBinding", "APIService"})
_PLURALS = {
    "StorageClass": "storageclasses",
    "ClusterRole": "clusterroles",
    "ClusterRoleBinding": "clusterrolebindings",
    "RoleBinding": "rolebindings",
    "Service": "services",
    "EndpointSlice": "endpointslices",
    "APIService": "apiservices",
}


class Api:
    """A client of the cluster's API server, as its administrator."""

    def __init__(self, pki: Path, url: str = settings.API_URL) -> None:
        """Make a client; nothing is sent yet.

        Args:
            pki: Folder with the certificates.
            url: Address of the server.
        """
        context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        context.load_cert_chain(pki / "admin.crt", pki / "admin.key")
        # A proxy of the machine's does not know the node's address.
        self._client = httpx.Client(base_url=url, verify=context, timeout=5.0, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def is_ready(self) -> bool:
        """Whether the server answers and finds itself ready."""
        with contextlib.suppress(httpx.TransportError):
            return self._client.get("/readyz").text == "ok"
        return False

    def get(self, path: str) -> Manifest | None:
        """Read an object; None when there is none or nobody answers."""
        with contextlib.suppress(httpx.TransportError, json.JSONDecodeError):
            answer = self._client.get(path)
            if answer.status_code == httpx.codes.OK:
                found: Manifest = answer.json()
                return found
        return None

    def apply(self, manifests: Iterable[Manifest]) -> None:
        """Create or update objects by server-side apply.

        Raises:
            SandboxError: When the server refuses one.
        """
        for manifest in manifests:
            answer = self._client.patch(
                path_of(manifest),
                params={"fieldManager": _FIELD_MANAGER, "force": "true"},
                content=json.dumps(manifest),
                headers={"Content-Type": "application/apply-patch+yaml"},
            )
            if answer.is_error:
                name = f"{manifest['kind']} {manifest['metadata']['name']}"
                raise SandboxError(f"{name}: the API server answers {answer.status_code}: {answer.text.strip()}")

    def has_system_namespace(self) -> bool:
        """Whether the objects of the system have a namespace to go to."""
        return self.get("/api/v1/namespaces/kube-system") is not None

    def metrics_server_has_rights(self) -> bool:
        """Whether the server knows by now what it lets the metrics server do, which ends at once when it is refused."""
        asked = {"namespace": "kube-system", "resource": "configmaps", "name": _AUTHENTICATION, "verb": "get"}
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {"user": "system:metrics-server", "resourceAttributes": asked},
        }
        with contextlib.suppress(httpx.TransportError):
            answer = self._client.post("/apis/authorization.k8s.io/v1/subjectaccessreviews", json=review)
            return answer.is_success and bool(answer.json()["status"]["allowed"])
        return False

    def node_is_ready(self) -> bool:
        """Whether the node takes pods: ready, and no longer tainted as not."""
        node = self.get(f"/api/v1/nodes/{settings.NODE_NAME}")
        if node is None:
            return False
        taints = node["spec"].get("taints", [])
        return condition(node, "Ready") and not any(taint["key"].startswith("node.kubernetes.io/") for taint in taints)

    def has_default_service_account(self) -> bool:
        """Whether pods can be made in the namespace `default`."""
        return self.get("/api/v1/namespaces/default/serviceaccounts/default") is not None

    def serves_metrics(self) -> bool:
        """Whether the metrics server is joined to the API."""
        service = self.get("/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io")
        return service is not None and condition(service, "Available")


def condition(document: Manifest, kind: str) -> bool:
    """Whether an object's condition is true; false when it has none of that kind."""
    conditions: list[dict[str, Any]] = document.get("status", {}).get("conditions", [])
    return any(found["type"] == kind and found["status"] == "True" for found in conditions)


def path_of(manifest: Manifest) -> str:
    """Return the address of an object on the API server."""
    version, kind, metadata = manifest["apiVersion"], manifest["kind"], manifest["metadata"]
    base = f"/apis/{version}" if "/" in version else f"/api/{version}"
    place = "" if kind in _CLUSTER_WIDE else f"/namespaces/{metadata['namespace']}"
    return f"{base}{place}/{_PLURALS[kind]}/{metadata['name']}"
