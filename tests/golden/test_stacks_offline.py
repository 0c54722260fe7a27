"""Rendering needs nothing but the checkout: no home, no program, no network, nothing of Pulumi's own settings."""

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
PROJECT = FOLDER.parent / "stacks"
STACKS = ("dev-local", "staging-local", "prod-local")
# An attempt is told as well as refused, since a library may bear with the refusal.
GUARD = """
import sys

FORBIDDEN = {"socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"}

def refuse(event, arguments):
    if event in FORBIDDEN:
        print("attempted:", event, arguments, file=sys.stderr, flush=True)
        raise PermissionError(event)

sys.addaudithook(refuse)
"""
RENDER = """
import runpy
sys.argv = ["mlops", "render", *(f"--stack={name}" for name in sys.argv[1:])]
runpy.run_module("pulumi_mlops", run_name="__main__")
"""


def guarded(program: str, empty: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a program that may neither call anybody nor start anything, with an environment that holds nothing."""
    return subprocess.run(
        [sys.executable, "-c", GUARD + program, *arguments],
        cwd=PROJECT,
        env={"HOME": str(empty), "PATH": str(empty)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_local_stacks_are_rendered_offline(tmp_path: Path) -> None:
    ended = guarded(RENDER, tmp_path, *STACKS)
    assert ended.stderr == ""
    assert ended.returncode == 0
    assert ended.stdout == "".join((FOLDER / f"{name}.yaml").read_text() for name in STACKS)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("program", "event"),
    [
        ("import socket; socket.socket().connect(('127.0.0.1', 9))", "socket.connect"),
        ("import socket; socket.getaddrinfo('localhost', 9)", "socket.getaddrinfo"),
        ("import subprocess; subprocess.run(['true'])", "subprocess.Popen"),
    ],
)
def test_an_attempt_to_leave_the_process_is_seen(tmp_path: Path, program: str, event: str) -> None:
    ended = guarded(program, tmp_path)
    assert ended.returncode != 0
    assert f"attempted: {event}" in ended.stderr
