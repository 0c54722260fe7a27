"""An offline AWS of the benchmark's own, beside the sandbox's."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from bench.errors import NotMeasurableError
from sandbox.aws import lifecycle
from sandbox.aws.lifecycle import OfflineAws
from sandbox.errors import SandboxError

_STATE = "MLOPS_SANDBOX_STATE"


@contextmanager
def offline_aws(account_id: str) -> Iterator[OfflineAws]:
    """Starts one, and ends it.

    Args:
        account_id: Its account.

    Raises:
        NotMeasurableError: When it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="mlops-bench-") as folder:
        try:
            with _state_in(folder):
                running = lifecycle.up(account_id)
        except SandboxError as error:
            raise NotMeasurableError(str(error)) from error
        try:
            yield running
        finally:
            with _state_in(folder):
                lifecycle.down()


@contextmanager
def _state_in(folder: str) -> Iterator[None]:
    before = os.environ.get(_STATE)
    os.environ[_STATE] = folder
    try:
        yield
    finally:
        if before is None:
            del os.environ[_STATE]
        else:
            os.environ[_STATE] = before
