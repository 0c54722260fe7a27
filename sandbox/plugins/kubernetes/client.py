"""Requests to the API server, and what its answers mean."""

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import urllib3
from kubernetes.client.rest import RESTClientObject

from sandbox.plugins.kubernetes.errors import ApiError, Cause, UnreachableError
from sandbox.plugins.kubernetes.kubeconfig import Target
from sandbox.plugins.kubernetes.objects import list_at, text_at
from sandbox.plugins.protocol.errors import CancelledError
from sandbox.plugins.protocol.values import Object

JSON: Final = "application/json"
APPLY: Final = "application/apply-patch+yaml"
JSON_PATCH: Final = "application/json-patch+json"
_ADVICE: Final = (
    "check that the cluster runs, and that kubernetes:context and the kubeconfig name the one that you mean"
)
_CONNECT_SECONDS: Final = 5.0
_CONNECTIONS: Final = 64
_ATTEMPTS: Final = 4
_BUSY: Final = frozenset({429, 502, 503, 504})
_NOT_BEGUN: Final = frozenset({429, 503})
_WARNING = re.compile(r'\d{3} \S+ "((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Answer:
    """What the API server said.

    Attributes:
        body: The object.
        warnings: What it warns of, such as a Pod Security level that a pod would violate.
    """

    body: Object
    warnings: tuple[str, ...]


class Client:
    """A pool of connections to one API server. Safe to be used by many threads."""

    def __init__(self, target: Target, timeout_seconds: float, cancelled: threading.Event) -> None:
        """Prepare the pool; nothing is sent yet.

        Args:
            target: The cluster.
            timeout_seconds: For one request.
            cancelled: Ends waiting between attempts.
        """
        self.target = target
        self._cancelled = cancelled
        self._timeout = urllib3.Timeout(connect=min(_CONNECT_SECONDS, timeout_seconds), read=timeout_seconds)
        # Pauses for a busy server are made here, where they end when the person asks to stop.
        target.client.retries = urllib3.Retry(
            connect=1, read=0, redirect=3, status=0, other=0, respect_retry_after_header=False
        )
        self._pool = RESTClientObject(target.client, maxsize=_CONNECTIONS).pool_manager

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Object:
        """Read an object or a list.

        Raises:
            ApiError: The server refused, for example since there is no such object.
            UnreachableError: No connection.
        """
        return self.send("GET", path, query=query).body

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Object | list[Object] | None = None,
        content_type: str = JSON,
    ) -> Answer:
        """Send a request, and repeat it a few times while the server is busy.

        Args:
            method: Such as "GET". A "POST" is repeated only where the server surely has not begun with it.
            path: From the server's root.
            query: Parameters.
            body: The object, a patch, or the options of a deletion.
            content_type: What the body is: `JSON`, `APPLY` or `JSON_PATCH`.

        Raises:
            ApiError: The server refused.
            UnreachableError: No connection.
            CancelledError: The person asked to stop between two attempts.
        """
        busy = _NOT_BEGUN if method == "POST" else _BUSY
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return _answer(self._once(method, path, query, body, content_type))
            except ApiError as error:
                if error.status not in busy or attempt == _ATTEMPTS:
                    raise
                pause_seconds = min(error.retry_after_seconds or 0.1 * 3**attempt, 10.0)
            if self._cancelled.wait(pause_seconds):
                raise CancelledError("cancelled")
        raise AssertionError("the last attempt returns or raises")

    def _once(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        body: Object | list[Object] | None,
        content_type: str,
    ) -> urllib3.BaseHTTPResponse:
        url = self.target.server.rstrip("/") + path
        if query:
            url += f"?{urlencode(query)}"
        try:
            response: urllib3.BaseHTTPResponse = self._pool.request(
                method,
                url,
                body=None if body is None else json.dumps(body),
                headers=self._headers(content_type),
                timeout=self._timeout,
            )
        except urllib3.exceptions.HTTPError as error:
            raise UnreachableError(unreachable(f"{self.target}: {_reason(error)}", _ADVICE)) from error
        if not 200 <= response.status <= 299:
            raise _refusal(response)
        return response

    def _headers(self, content_type: str) -> dict[str, str]:
        headers = {"Accept": JSON, "Content-Type": content_type, "User-Agent": "pulumi-kubernetes"}
        token = self.target.client.get_api_key_with_prefix("BearerToken")
        if token:
            headers["Authorization"] = token
        elif self.target.client.username:
            headers["Authorization"] = self.target.client.get_basic_auth_token()
        return headers


def unreachable(reason: str, advice: str = "") -> str:
    """Says that the cluster cannot be used, why, and what to do about it."""
    text = f"configured Kubernetes cluster is unreachable: {reason}"
    return f"{text}; {advice}" if advice else text


def _answer(response: urllib3.BaseHTTPResponse) -> Answer:
    body = json.loads(response.data) if response.data else {}
    warnings = tuple(text for header in response.headers.getlist("Warning") for text in _warnings(header))
    return Answer(body, warnings)


def _warnings(header: str) -> list[str]:
    return [re.sub(r"\\(.)", r"\1", text) for text in _WARNING.findall(header)]


def _refusal(response: urllib3.BaseHTTPResponse) -> ApiError:
    try:
        status: Any = json.loads(response.data)
    except ValueError:
        status = {"message": response.data.decode("utf-8", errors="replace").strip()[:500]}
    causes = [
        Cause(text_at(each, "reason"), text_at(each, "field"), text_at(each, "message"))
        for each in list_at(status, "details", "causes")
    ]
    message = text_at(status, "message") or f"the API server answered {response.status} {response.reason}"
    retry_after = response.headers.get("Retry-After", "")
    return ApiError(
        status=response.status,
        reason=text_at(status, "reason"),
        message=message,
        causes=causes,
        retry_after_seconds=float(retry_after) if retry_after.isdecimal() else None,
    )


def _reason(error: Exception) -> str:
    """Says what is wrong with a connection without the names of Python's objects."""
    text = str(getattr(error, "reason", None) or error)
    if "Connection refused" in text:
        return "connection refused"
    if "timed out" in text:
        return "no answer in time"
    if "CERTIFICATE_VERIFY_FAILED" in text or isinstance(error, urllib3.exceptions.SSLError):
        return f"its certificate was not accepted: {text}"
    if "resolve" in text or "Name or service" in text:
        return "its name cannot be resolved"
    return text.rpartition(">: ")[2] or text
