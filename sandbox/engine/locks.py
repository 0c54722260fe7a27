"""Locks that a killed engine leaves in a file backend."""

import json
import socket
from pathlib import Path

_ORGANIZATION = "organization"
_DEAD, _RUNS_HERE, _UNKNOWN = "dead", "runs here", "unknown"


def release_dead_locks(backend: Path, project: str, stack: str) -> int:
    """Remove the locks of engines that no longer run; the engine itself would ask for `pulumi cancel`.

    Args:
        backend: Folder of the file backend.
        project: The project's name.
        stack: The stack's name.

    Returns:
        How many locks were removed. One that a running engine or another machine holds stays.
    """
    dead = [lock for lock in _locks(backend, project, stack) if _holder(lock) == _DEAD]
    for lock in dead:
        lock.unlink(missing_ok=True)
        lock.with_name(f"{lock.name}.attrs").unlink(missing_ok=True)
    return len(dead)


def is_held_here(backend: Path, project: str, stack: str) -> bool:
    """Tells whether an engine that runs on this machine holds a stack's lock, and so will give it back."""
    return any(_holder(lock) == _RUNS_HERE for lock in _locks(backend, project, stack))


def _locks(backend: Path, project: str, stack: str) -> list[Path]:
    return sorted((backend / ".pulumi" / "locks" / _ORGANIZATION / project / stack).glob("*.json"))


def _holder(lock: Path) -> str:
    try:
        held = json.loads(lock.read_text(encoding="utf-8"))
        if held["hostname"] != socket.gethostname():
            return _UNKNOWN
        return _RUNS_HERE if _is_engine(int(held["pid"])) else _DEAD
    except (OSError, ValueError, KeyError, TypeError):
        # Half written, or of a form that we do not know: the engine will say what is to be done.
        return _UNKNOWN


def _is_engine(process_id: int) -> bool:
    """Tells whether a process runs and is an engine; its number may since be another program's."""
    try:
        command = Path(f"/proc/{process_id}/cmdline").read_bytes().split(b"\0")
        state = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z" and b"pulumi" in command[0].rpartition(b"/")[2]
