"""The few questions that the receiver asks of its cluster, with its ServiceAccount's token.

The whole Kubernetes client is 60 MB and takes seconds to import; these are six requests.
https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
"""

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import quote, urlencode

from mlops_runtime.errors import PipelineError

TOKEN_FOLDER: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_TIMEOUT_SECONDS = 20.0


class ClusterError(PipelineError):
    """The cluster refuses a request or does not answer."""


class ConflictError(ClusterError):
    """Somebody else has changed the object since it was read."""


class Cluster(Protocol):
    """What the receiver asks of a cluster."""

    def cron_job(self, name: str) -> dict[str, Any]:
        """Return a CronJob."""

    def jobs(self, labels: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return the Jobs that have labels."""

    def create_job(self, job: Mapping[str, Any]) -> None:
        """Create a Job."""

    def config_map(self, name: str) -> dict[str, Any]:
        """Return a ConfigMap."""

    def replace_config_map(self, config_map: Mapping[str, Any]) -> None:
        """Replace a ConfigMap, unless it has changed since it was read."""


class InCluster:
    """The cluster that this pod runs in, and its own namespace."""

    def __init__(self, server: str, namespace: str, token_folder: Path = TOKEN_FOLDER) -> None:
        self._server = server.rstrip("/")
        self._namespace = quote(namespace)
        self._folder = token_folder
        authority = token_folder / "ca.crt"
        self._tls = ssl.create_default_context(cafile=str(authority)) if server.startswith("https://") else None

    def cron_job(self, name: str) -> dict[str, Any]:
        """Return a CronJob.

        Raises:
            ClusterError: When the cluster refuses, or there is none.
        """
        return self._ask("GET", f"/apis/batch/v1/namespaces/{self._namespace}/cronjobs/{quote(name)}")

    def jobs(self, labels: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return the Jobs that have labels.

        Raises:
            ClusterError: When the cluster refuses.
        """
        selector = urlencode({"labelSelector": ",".join(f"{key}={value}" for key, value in labels.items())})
        found: list[dict[str, Any]] = self._ask("GET", f"/apis/batch/v1/namespaces/{self._namespace}/jobs?{selector}")[
            "items"
        ]
        return found

    def create_job(self, job: Mapping[str, Any]) -> None:
        """Create a Job.

        Raises:
            ClusterError: When the cluster refuses it.
        """
        self._ask("POST", f"/apis/batch/v1/namespaces/{self._namespace}/jobs", job)

    def config_map(self, name: str) -> dict[str, Any]:
        """Return a ConfigMap.

        Raises:
            ClusterError: When the cluster refuses, or there is none.
        """
        return self._ask("GET", f"/api/v1/namespaces/{self._namespace}/configmaps/{quote(name)}")

    def replace_config_map(self, config_map: Mapping[str, Any]) -> None:
        """Replace a ConfigMap.

        Raises:
            ConflictError: It has changed since it was read.
            ClusterError: When the cluster refuses.
        """
        name = quote(str(config_map["metadata"]["name"]))
        self._ask("PUT", f"/api/v1/namespaces/{self._namespace}/configmaps/{name}", config_map)

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        # The kubelet renews the token: it is read anew each time.
        token = (self._folder / "token").read_text(encoding="utf-8").strip()
        request = urllib.request.Request(  # noqa: S310 - the server's address is the cluster's own
            f"{self._server}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS, context=self._tls) as answer:  # noqa: S310
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            text = error.read(500).decode(errors="replace")
            kind = ConflictError if error.code == HTTPStatus.CONFLICT else ClusterError
            raise kind(f"{method} {path}: got status {error.code}: {text}, expected success") from error
        except (OSError, ValueError) as error:
            raise ClusterError(f"{method} {path}: got {error}, expected an answer of the cluster") from error
