"""Servers as processes: SageMaker's container, and the endpoint's on Kubernetes."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from sandbox.ports import free_port
from tests.unit.pipelines.sagemaker.containers import SERVE, container_environment

START_SECONDS = 120


@contextmanager
def sagemaker_server(root: Path, variables: Mapping[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """`docker run IMAGE serve`, once it answers its health check."""
    port = free_port()
    environment = container_environment(root, {"SAGEMAKER_BIND_TO_PORT": str(port), **variables})
    with running([str(SERVE)], environment, f"http://127.0.0.1:{port}", "/ping") as started:
        yield started


@contextmanager
def kubernetes_server(model: Path, name: str, version: str) -> Iterator[str]:
    """What an endpoint's pod runs, once it is ready."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "mlops_runtime.serving.server", "--model-directory", str(model)),
        *("--name", name, "--version", version, "--port", str(port)),
    ]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    with running(command, environment, f"http://127.0.0.1:{port}", f"/v2/models/{name}/ready") as (_, url):
        yield url


@contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str], url: str, health: str
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A server as a process of its own, once it is healthy; killed in the end."""
    process = subprocess.Popen(command, env=dict(environment), stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_SECONDS
        while status_of(f"{url}{health}") != 200:
            assert process.poll() is None, f"{command} ended with {process.returncode}"
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield process, url
    finally:
        process.kill()
        process.wait()


def status_of(url: str, document: object = None) -> int | None:
    """The status of one request over a connection of its own; None when nobody listens."""
    method = "GET" if document is None else "POST"
    try:
        return httpx.request(method, url, json=document, timeout=10).status_code
    except httpx.ConnectError:
        return None
