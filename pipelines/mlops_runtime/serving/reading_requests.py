"""`python -m mlops_runtime.serving.reading_requests`: what `decoding_process` starts. It knows no model and no server.

One request after the other comes over standard input, and its answer goes over standard output, until the one who asks
closes them.
"""

import gc
import os
import pickle
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from .decoding_messages import COUNTING, PICKLE_PROTOCOL, Answer
from .input_error import InputError
from .protocol import Body


class Counting:
    """Counts unknown categories for whoever asked."""

    def __init__(self) -> None:
        self.counted: Counter[str] = Counter()

    def count(self, feature: str, count: int) -> None:
        """Count categories of one request."""
        self.counted[feature] += count


class _RequestUnpickler(pickle.Unpickler):
    def __init__(self, file: IO[bytes], counting: Counting) -> None:
        super().__init__(file)
        self._counting = counting

    def persistent_load(self, name: str) -> Counting:
        """Return what takes the place of a stand-in, when pickle asks."""
        if name != COUNTING:
            raise pickle.UnpicklingError(f"got {name!r}, expected {COUNTING!r}")
        return self._counting


def main() -> int:
    """Answer until nobody asks any more; return the exit code."""
    with suppress(OSError):
        # Where memory runs out, this process goes and not the server: unless the kubelet has all of a container's go.
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    # Whoever presses Ctrl-C means the server, which ends this process too.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # What anybody prints must not get into the answers.
    os.dup2(2, 1)
    # Parsed JSON has no cycles: see collections_paused.
    gc.disable()
    gc.freeze()
    while _answer_next(requests, answers):
        # An exception holds what was parsed, and itself.
        gc.collect()
    return 0


def _answer_next(requests: IO[bytes], answers: IO[bytes]) -> bool:
    """Answer a request; return whether there was one."""
    counting = Counting()
    try:
        read, body = _RequestUnpickler(requests, counting).load()
    except (EOFError, pickle.UnpicklingError):
        return False
    try:
        pickle.dump(_answer(read, body, counting.counted), answers, PICKLE_PROTOCOL)
        answers.flush()
    except BrokenPipeError:
        return False
    return True


def _answer(read: Callable[[Body], Any], body: Body, counted: Counter[str]) -> Answer[Any]:
    try:
        return Answer(read(body), unknown=counted)
    except InputError as error:
        return Answer(refusal=error.with_traceback(None))
    except Exception:  # noqa: BLE001 - who asked tells it
        return Answer(failure=traceback.format_exc())


if __name__ == "__main__":
    sys.exit(main())
