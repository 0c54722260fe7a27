"""Writing files so that a kill at any moment leaves the old or the new content, never half of it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from pulumi_mlops._shared.files import write_atomically
from sandbox.errors import SandboxError

__all__ = ["exclusive", "write_atomically"]


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
