"""Writing files so that a kill at any moment leaves the old or the new content, never half of it."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from sandbox.errors import SandboxError


def write_atomically(path: Path, content: str | bytes, mode: int = 0o644) -> None:
    """Replace a file's content in one step.

    Args:
        path: The file; its folder is made when it is missing.
        content: The whole new content.
        mode: Permission bits of the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode() if isinstance(content, str) else content
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def exclusive(lock: Path, purpose: str, wait_seconds: float = 1800.0) -> Iterator[None]:
    """Hold a lock file for as long as the block runs; the kernel frees it when the process dies.

    Args:
        lock: The lock file.
        purpose: What the lock is for, told when waiting fails.
        wait_seconds: How long to wait for another holder.

    Raises:
        SandboxError: When another process still holds the lock after the wait.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(lock, timeout=wait_seconds):
            yield
    except Timeout as error:
        raise SandboxError(
            f"{purpose}: another process has held {lock} for {wait_seconds:.0f} s",
            "wait for the other `python -m sandbox` to end, or end it",
        ) from error
