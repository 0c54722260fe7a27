"""A process that runs steps: its progress can be seen, and it notices when it is asked to stop."""

import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from mlops_runtime.runner import StepStopped


@contextmanager
def progress_on_stdout() -> Iterator[None]:
    """Print what the pipeline's modules log."""
    logger = logging.getLogger("mlops_runtime")
    handler = logging.StreamHandler(sys.stdout)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)


@contextmanager
def stopped_by_sigterm() -> Iterator[None]:
    """Turn SIGTERM into `StepStopped`, so that the step that runs is recorded as stopped."""

    def stop(signal_number: int, _: FrameType | None) -> None:
        raise StepStopped(f"got {signal.Signals(signal_number).name}")

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
