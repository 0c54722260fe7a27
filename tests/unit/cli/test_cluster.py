import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from pulumi_mlops._shared.kubernetes import library
from pulumi_mlops.cli.kubernetes.cluster import Cluster, is_ready
from pulumi_mlops.cli.kubernetes.errors import ClusterError, UnreachableError
from pulumi_mlops.cli.kubernetes.services import ServiceAddress, parse_answer, service_of, target_port

KUBECONFIG = """
current-context: none
clusters: [{name: c, cluster: {server: "http://127.0.0.1:PORT"}}]
contexts: [{name: small, context: {cluster: c, user: u}}]
users: [{name: u, user: {}}]
"""
Answering = Callable[[int, str], Cluster]


@pytest.fixture
def answering(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Answering]:
    """Makes a cluster whose API server answers everything with one status and text."""
    with ExitStack() as servers:

        def make(status: int, text: str) -> Cluster:
            class Handler(http.server.BaseHTTPRequestHandler):
                def do_GET(self) -> None:
                    self.send_response(status)
                    self.send_header("content-type", "application/json")
                    self.send_header("content-length", str(len(text)))
                    self.end_headers()
                    self.wfile.write(text.encode())

                def log_message(self, *_: object) -> None:
                    pass

            server = servers.enter_context(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler))
            servers.callback(server.shutdown)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            kubeconfig = tmp_path / "kubeconfig"
            kubeconfig.write_text(KUBECONFIG.replace("PORT", str(server.server_address[1])))
            monkeypatch.setattr(library.kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(kubeconfig))
            return Cluster("small")

        yield make


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_that_is_overwhelmed_may_answer_later(answering: Answering, status: int) -> None:
    cluster = answering(status, '{"message": "try again"}')
    with pytest.raises(UnreachableError, match=f"Job x/run: got {status} .try again.* from cluster small, expected"):
        cluster.job("x", "run")


@pytest.mark.parametrize("status", [403, 404])
def test_a_server_that_refuses_has_answered(answering: Answering, status: int) -> None:
    cluster = answering(status, '{"message": "no such thing"}')
    with pytest.raises(ClusterError, match="Job x/run: no such thing") as caught:
        cluster.job("x", "run")
    assert not isinstance(caught.value, UnreachableError)


@pytest.mark.parametrize(
    ("url", "service"),
    [
        ("http://mlflow.flights-dev.svc.cluster.local:5000", ServiceAddress("flights-dev", "mlflow", 5000)),
        ("http://mlflow.flights-dev.svc", ServiceAddress("flights-dev", "mlflow", 80)),
        ("https://mlflow.flights-dev.svc", ServiceAddress("flights-dev", "mlflow", 443)),
        ("https://mlflow.example.com", None),
        ("http://localhost:5000", None),
    ],
)
def test_tells_a_service_from_an_address_elsewhere(url: str, service: ServiceAddress | None) -> None:
    assert service_of(url) == service


def test_calls_a_service_by_the_name_that_its_allowed_hosts_hold() -> None:
    assert ServiceAddress("flights-dev", "mlflow", 5000).host == "mlflow.flights-dev.svc:5000"


def _pod(*, ready: str = "True", **metadata: str) -> dict[str, Any]:
    return {
        "metadata": {"name": "pod", **metadata},
        "spec": {"containers": [{"ports": [{"name": "http", "containerPort": 8080}]}]},
        "status": {"conditions": [{"type": "Ready", "status": ready}]},
    }


def test_a_pod_on_its_way_out_is_not_ready() -> None:
    assert is_ready(_pod())
    assert not is_ready(_pod(ready="False"))
    assert not is_ready(_pod(deletionTimestamp="2026-01-01T00:00:00Z"))
    assert not is_ready({"metadata": {"name": "new"}})


def test_finds_the_pods_port_by_number_and_by_name() -> None:
    service = {"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80, "targetPort": "http"}, {"port": 81}]}}
    assert target_port(service, 80, _pod()) == 8080
    assert target_port(service, 81, _pod()) == 81
    with pytest.raises(ClusterError, match="no port 82"):
        target_port(service, 82, _pod())


def test_an_answer_is_json_without_an_error() -> None:
    assert parse_answer("s", "/", 200, '{"a": 1}') == {"a": 1}


@pytest.mark.parametrize(
    ("status", "text", "reason"),
    [
        (
            400,
            '{"error": "row 2: no feature x"}',
            "s/: got status 400: row 2: no feature x, expected an answer, fix: mend",
        ),
        (403, "Invalid Host header", "got status 403: Invalid Host header"),
        (500, "", "got status 500: no reason, expected an answer, fix: look at the pod"),
        (500, "[1]", r"got status 500: \[1\]"),
        (200, "<html>", "got '<html>', expected JSON"),
    ],
)
def test_an_answer_that_is_an_error_tells_its_reason(status: int, text: str, reason: str) -> None:
    with pytest.raises(ClusterError, match=reason):
        parse_answer("s", "/", status, text)
