import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sandbox.language_host.children import Children

SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
IGNORE_SIGNALS = """
import signal, time
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
print("up", flush=True)
time.sleep(600)
"""
STUBBORN = [sys.executable, "-c", IGNORE_SIGNALS]


def wait_until_up(process: subprocess.Popen[bytes]) -> None:
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout, process.stderr:
        assert process.stdout.readline() == b"up\n"


def is_running(process_id: int) -> bool:
    return Path(f"/proc/{process_id}").exists()


def test_a_process_does_not_outlive_its_block() -> None:
    children = Children()
    with children.run(SLEEP, cwd=None, environment=os.environ, piped=True) as process:
        wait_until_up(process)
    assert not is_running(process.pid)
    assert not children.was_interrupted(process)


@pytest.mark.parametrize("command", [SLEEP, STUBBORN])
def test_closing_ends_even_what_ignores_signals_and_lets_nothing_else_start(command: list[str]) -> None:
    children = Children()
    up = threading.Event()
    ended: list[int] = []

    def keep() -> None:
        with children.run(command, cwd=None, environment=os.environ, piped=True) as process:
            wait_until_up(process)
            up.set()
            ended.append(process.wait())

    thread = threading.Thread(target=keep)
    thread.start()
    assert up.wait(30)
    children.close(timeout_seconds=0.2)
    thread.join(30)
    assert ended
    assert ended[0] != 0
    with (
        pytest.raises(OSError, match="shutting down"),
        children.run(SLEEP, cwd=None, environment=os.environ, piped=True),
    ):
        pytest.fail("a process was started")
