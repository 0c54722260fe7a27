"""Runs a command in a container of a pod, with streams of bytes through the API server.

The protocol is `v4.channel.k8s.io` over a websocket: the first byte of each frame says of which stream it is.
Its source: `k8s.io/apimachinery/pkg/util/remotecommand/constants.go`.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

_STDIN, _STDOUT, _STDERR, _END = b"\x00", 1, 2, 3
_BINARY, _CLOSE = 2, 8
_LONGEST_TOLD = 4000


def run(websocket: Any, given: Iterable[bytes], take: Callable[[bytes], object]) -> str | None:
    """Give a command its input, take its output, and wait for its end.

    Args:
        websocket: The connection to the pod's `exec`.
        given: What it reads, piece by piece.
        take: Is given each piece that it writes.

    Returns:
        None when it ended well; else why it did not, in its own words where it has any.
    """
    for piece in given:
        websocket.send(_STDIN + piece, opcode=_BINARY)
    words, end = b"", b""
    while True:
        code, frame = websocket.recv_data_frame(control_frame=True)
        if code == _CLOSE:
            break
        data = bytes(frame.data)
        if not data:
            continue
        if data[0] == _STDOUT:
            take(data[1:])
        elif data[0] == _STDERR:
            words = (words + data[1:])[-_LONGEST_TOLD:]
        elif data[0] == _END:
            end += data[1:]
    try:
        status = json.loads(end)
    except ValueError:
        return words.decode(errors="replace").strip() or "the connection was closed before it ended"
    if status.get("status") == "Success":
        return None
    return words.decode(errors="replace").strip() or str(status.get("message", "it failed"))
