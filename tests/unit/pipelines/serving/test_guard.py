"""Model servers that are none of ours, as processes, with the guard beside them and the truth check outside."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from mlops_runtime.artifact import digest_directory
from mlops_runtime.serving import guard, truth_check
from sandbox.ports import free_port
from tests.unit.pipelines.serving.own_servers import NAME

START_SECONDS = 90.0
CUSTOM = {
    "protocol": "custom",
    "path": "/score",
    "request": '{"table": {"rows": "$rows"}}',
    "answers": "/result/0/delays",
}
HEALTH = {"kserve": "/v2/health/ready", "plain": "/up"}
ASKED = {"kserve": {"protocol": "v2"}, "plain": CUSTOM}


@contextmanager
def server_of(kind: str, artifact: Path, port: int, added: float = 0.0) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tests.unit.pipelines.serving.own_servers", kind, str(artifact), str(port)]
    process = subprocess.Popen([*command, str(added)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def guard_command(kind: str, artifact: Path, server_port: int, port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "mlops_runtime.serving.guard", "--server-url", f"http://127.0.0.1:{server_port}"),
        *("--health-path", HEALTH[kind], "--asked", json.dumps(ASKED[kind]), "--model-directory", str(artifact)),
        *("--name", NAME, "--version", "7", "--digest", digest_directory(artifact), "--port", str(port)),
        *("--start-seconds", str(START_SECONDS)),
    ]


@contextmanager
def guarded(kind: str, artifact: Path, server_port: int) -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen(guard_command(kind, artifact, server_port, port), stdout=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/v2/health/ready", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def check(artifact: Path, kind: str, server_port: int, guard_url: str, **changed: str) -> int:
    options = {
        "url": f"http://127.0.0.1:{server_port}",
        "name": NAME,
        "version": "7",
        "digest": digest_directory(artifact),
        "model-directory": str(artifact),
        "connections": "2",
        "settle-seconds": "0",
        "asked": json.dumps(ASKED[kind]),
        "guard-url": guard_url,
        **changed,
    }
    return truth_check.main([word for name, value in options.items() for word in (f"--{name}", value)])


@pytest.mark.parametrize("kind", ["kserve", "plain"])
def test_a_server_of_ones_own_is_proved_and_checked_from_outside(
    kind: str, artifact: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    with server_of(kind, artifact, port), guarded(kind, artifact, port) as guard_url:
        wait_until(lambda: is_ready(guard_url))
        identity = httpx.get(f"{guard_url}/mlops/identity").json()
        assert (identity["version"], identity["runtime"]) == ("7", "own-server")
        assert identity["digest"] == digest_directory(artifact)
        assert check(artifact, kind, port, guard_url) == 0
        assert "2 connections, 24 golden rows" in capsys.readouterr().out
        assert check(artifact, kind, port, guard_url, version="8") == 1
        assert "got version 7, expected 8" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["kserve", "plain"])
def test_a_server_that_answers_wrongly_is_never_ready(kind: str, artifact: Path) -> None:
    port = free_port()
    with server_of(kind, artifact, port, added=5.0):
        command = guard_command(kind, artifact, port, free_port())
        ended = subprocess.run(command, capture_output=True, text=True, timeout=START_SECONDS, check=False)
    assert ended.returncode == 1
    assert "not served: flight-delay version 7" in ended.stderr
    assert "24 of 24 rows differ" in ended.stderr


def test_a_server_that_comes_back_as_another_is_found(artifact: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    with guarded("plain", artifact, port) as guard_url:
        with server_of("plain", artifact, port):
            wait_until(lambda: is_ready(guard_url))
        wait_until(lambda: not is_ready(guard_url))
        with server_of("plain", artifact, port, added=5.0):
            time.sleep(3)
            assert not is_ready(guard_url)
            # The truth check asks by itself as well: it takes nobody's word.
            with server_of("plain", artifact, other := free_port()), guarded("plain", artifact, other) as right:
                wait_until(lambda: is_ready(right))
                assert check(artifact, "plain", port, right) == 1
    assert "24 of 24 rows differ" in capsys.readouterr().err


def test_files_of_another_digest_are_not_guarded(artifact_copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = guard_command("plain", artifact_copy, 1, 2)[3:]
    (artifact_copy / "more.json").write_text("{}")
    assert guard.main(command) == 1
    assert "expected an artifact of digest" in capsys.readouterr().err


def test_a_format_that_runs_code_is_not_guarded_unless_it_is_allowed(
    artifact_copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (artifact_copy / "model.pkl").write_bytes(b"\x80\x04N.")
    assert guard.main(guard_command("plain", artifact_copy, 1, 2)[3:]) == 1
    assert "model.pkl: got a pickle" in capsys.readouterr().err


def test_a_server_that_never_answers_is_given_up(artifact: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = guard_command("plain", artifact, free_port(), free_port())[3:]
    command[command.index("--start-seconds") + 1] = "0"
    assert guard.main(command) == 1
    assert "/up: got no answer (ConnectError), expected 200 after 0 seconds" in capsys.readouterr().err
