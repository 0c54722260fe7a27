import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mlops_runtime.serving.drain import Drain
from sandbox.ports import free_port
from tests.unit.pipelines.serving.artifacts import ROW


def status_of(url: str, document: object = None) -> int | None:
    """The status of one request over a connection of its own; None when nobody listens."""
    method = "GET" if document is None else "POST"
    try:
        return httpx.request(method, url, json=document, timeout=10).status_code
    except httpx.ConnectError:
        return None


@pytest.fixture
def server(artifact: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    port = free_port()
    command = [
        *(sys.executable, "-m", "mlops_runtime.serving.server", "--model-directory", str(artifact)),
        *("--name", "flight-delay", "--version", "7", "--port", str(port), "--drain-seconds", "5"),
    ]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONWARNINGS": "ignore"})
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 120
        while status_of(f"{url}/v2/models/flight-delay/ready") != 200:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield process, url
    finally:
        process.kill()
        process.wait()


def test_a_drain_begins_once_and_ends_after_its_time() -> None:
    now = 100.0
    drain = Drain(5, clock=lambda: now)
    assert not drain.is_draining
    assert not drain.is_over

    drain.begin()
    now = 104.9
    drain.begin()

    assert drain.is_draining
    assert not drain.is_over
    now = 105
    assert drain.is_over


def test_a_server_told_to_stop_fails_no_request(server: tuple[subprocess.Popen[bytes], str]) -> None:
    process, url = server
    predict, ready = f"{url}/v1/models/flight-delay:predict", f"{url}/v2/models/flight-delay/ready"
    assert status_of(predict, {"instances": [ROW]}) == 200

    process.send_signal(signal.SIGTERM)

    unready = False
    answered_unready = 0
    while (status := status_of(predict, {"instances": [ROW]})) is not None:
        assert status == 200
        answered_unready += unready
        unready = unready or status_of(ready) == 503
    assert answered_unready > 0
    assert process.wait(timeout=30) == 0
