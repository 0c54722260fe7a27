"""Services of a cluster: their addresses, the ports behind them, and their answers. Pure."""

import http.client
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pulumi_mlops._shared import names
from pulumi_mlops.cli.kubernetes.errors import ClusterError, UnauthorizedError

Document = dict[str, Any]


@dataclass(frozen=True)
class ServiceAddress:
    """A port of a Service within the cluster.

    Attributes:
        namespace: Its namespace.
        name: The Service's name.
        port: The Service's port.
    """

    namespace: str
    name: str
    port: int

    @property
    def host(self) -> str:
        """The host and port by which pods call it."""
        return f"{names.service_host(self.name, self.namespace)}:{self.port}"


def service_of(url: str) -> ServiceAddress | None:
    """Return the Service behind an address of a cluster, or None for an address elsewhere."""
    parts = urlsplit(url)
    labels = (parts.hostname or "").split(".")
    if len(labels) < 3 or labels[2] != "svc":
        return None
    return ServiceAddress(labels[1], labels[0], parts.port or (443 if parts.scheme == "https" else 80))


def target_port(service: Document, port: int, pod: Document) -> int:
    """Return the pod's port behind a Service's port, by number or by name.

    Raises:
        ClusterError: When the Service has no such port, or the pod no port of that name.
    """
    entries: Sequence[Document] = service["spec"]["ports"]
    target = next((entry.get("targetPort", port) for entry in entries if entry["port"] == port), None)
    if isinstance(target, str):
        containers: Sequence[Document] = pod["spec"]["containers"]
        ports = [entry for container in containers for entry in container.get("ports") or []]
        target = next((entry["containerPort"] for entry in ports if entry.get("name") == target), None)
    if target is None:
        raise ClusterError(
            f"Service {service['metadata']['name']}: got no port {port}, expected one that a pod listens at, "
            "fix: bring the stack up again"
        )
    return int(target)


def parse_answer(what: str, path: str, status: int, text: str) -> Any:
    """Return a JSON answer.

    Raises:
        ClusterError: When the status is an error's or the answer is no JSON.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError:
        document = None
    if status >= http.client.BAD_REQUEST:
        reason = (
            next((document[key] for key in ("error", "message", "detail") if key in document), None)
            if isinstance(document, dict)
            else None
        )
        # OpenAI's protocol has an object there.
        reason = reason.get("message", reason) if isinstance(reason, dict) else reason
        got = f"status {status}: {reason or text.strip()[:500] or 'no reason'}"
        fix = "mend what it says" if status < http.client.INTERNAL_SERVER_ERROR else "look at the pod's log"
        kind = UnauthorizedError if status == http.client.UNAUTHORIZED else ClusterError
        raise kind(f"{what}{path}: got {got}, expected an answer, fix: {fix}")
    if document is None:
        got = repr(text.strip()[:200])
        raise ClusterError(f"{what}{path}: got {got}, expected JSON, fix: look what answers at that address")
    return document
