"""Pods that carry the labels of an endpoint's servers, and answer in their place without being what was pinned."""

import contextlib
from collections.abc import Iterator
from typing import Any

from kubernetes import client

from tests.e2e.pulumi_project import wait_for
from tests.e2e.workload_stack import WORKLOAD, WorkloadStack

# More than there are servers: that all of a check's connections miss them is then less likely than one in 10,000.
_NAMES = ("impostor-1", "impostor-2", "impostor-3")
_LABELS = {"app.kubernetes.io/name": WORKLOAD, "app.kubernetes.io/component": "endpoint"}

_SERVER = """
import http.server, json
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        body = json.dumps({"name": "impostor", "version": "0", "digest": "sha256:0", "predictions": [0.0]}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_GET = do_POST = answer
http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
"""


@contextlib.contextmanager
def impostors_beside(stack: WorkloadStack, image: str) -> Iterator[None]:
    """Runs the impostors behind the workload's Service for as long as the block runs."""
    try:
        for name in _NAMES:
            stack.core.create_namespaced_pod(stack.namespace, _pod(name, image))
        wait_for(lambda: all(_is_ready(stack, name) for name in _NAMES))
        yield
    finally:
        for name in _NAMES:
            with contextlib.suppress(client.ApiException):
                stack.core.delete_namespaced_pod(name, stack.namespace, grace_period_seconds=0)


def _is_ready(stack: WorkloadStack, name: str) -> bool:
    conditions = stack.core.read_namespaced_pod(name, stack.namespace).status.conditions or []
    return any(each.type == "Ready" and each.status == "True" for each in conditions)


def _pod(name: str, image: str) -> dict[str, Any]:
    container = {
        "name": "server",
        "image": image,
        "command": ["python", "-c", _SERVER],
        "ports": [{"name": "http", "containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 1},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    security = {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": _LABELS},
        "spec": {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 0,
            "securityContext": security,
            "containers": [container],
        },
    }
