"""Shows where a step of one's own failed. What it failed of is told once, at the end of the run."""

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

_LOGGER = "mlops_runtime"
_Failure = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class _Frames(logging.Formatter):
    """Writes a traceback without its last lines, which repeat the error."""

    def formatException(self, ei: _Failure) -> str:  # noqa: N802 - logging's name
        text = super().formatException(ei)
        repeated = "".join(traceback.format_exception_only(ei[0], ei[1])).rstrip("\n")
        return text.removesuffix(repeated).rstrip("\n")


@contextmanager
def frames_of_failures() -> Iterator[None]:
    """Write what the runner warns of, and the frames of what it caught, to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Frames())
    handler.setLevel(logging.WARNING)
    logger = logging.getLogger(_LOGGER)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
