"""The last word of a container, where Kubernetes looks for it."""

import os
from pathlib import Path

TERMINATION_LOG = Path("/dev/termination-log")
MAXIMUM_BYTES = 4096


def write_termination_message(message: str, path: Path = TERMINATION_LOG) -> None:
    """Write the message shown by `kubectl describe pod`; nothing where there is no such file (outside a pod)."""
    if not path.is_file() or not os.access(path, os.W_OK):
        return
    path.write_bytes(message.encode()[:MAXIMUM_BYTES])
