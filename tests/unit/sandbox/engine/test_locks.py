import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.engine.locks import is_held_here, release_dead_locks


@pytest.fixture
def locks(tmp_path: Path) -> Path:
    folder = tmp_path / ".pulumi" / "locks" / "organization" / "mlops" / "local"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[int]:
    """A process that has the engine's name."""
    program = tmp_path / "pulumi"
    shutil.copy("/bin/sleep", program)
    with subprocess.Popen([program, "600"]) as process:
        yield process.pid
        process.kill()


def ended_process() -> int:
    with subprocess.Popen(["/bin/true"]) as process:
        process.wait()
        return process.pid


def add_lock(folder: Path, name: str, process_id: int, hostname: str) -> Path:
    lock = folder / f"{name}.json"
    lock.write_text(json.dumps({"pid": process_id, "username": "me", "hostname": hostname, "timestamp": "now"}))
    (folder / f"{name}.json.attrs").write_text("{}")
    return lock


def test_only_the_locks_of_engines_that_ended_here_are_removed(tmp_path: Path, locks: Path, engine: int) -> None:
    here = socket.gethostname()
    dead = add_lock(locks, "dead", ended_process(), here)
    reused = add_lock(locks, "reused", os.getpid(), here)
    add_lock(locks, "running", engine, here)
    add_lock(locks, "elsewhere", ended_process(), "another-machine")
    (locks / "half.json").write_text('{"pid": 1')

    assert release_dead_locks(tmp_path, "mlops", "local") == 2

    assert not dead.exists()
    assert not reused.exists(), "another program has the number of an engine that ended"
    left = sorted(path.name for path in locks.iterdir())
    assert left == ["elsewhere.json", "elsewhere.json.attrs", "half.json", "running.json", "running.json.attrs"]


def test_a_running_engine_keeps_its_stack_until_it_ends(tmp_path: Path, locks: Path, engine: int) -> None:
    add_lock(locks, "dead", ended_process(), socket.gethostname())
    add_lock(locks, "elsewhere", engine, "another-machine")
    assert not is_held_here(tmp_path, "mlops", "local")
    add_lock(locks, "running", engine, socket.gethostname())
    assert is_held_here(tmp_path, "mlops", "local")
    assert not is_held_here(tmp_path, "mlops", "other")


def test_a_backend_without_locks_has_none_to_release(tmp_path: Path) -> None:
    assert release_dead_locks(tmp_path, "mlops", "local") == 0
