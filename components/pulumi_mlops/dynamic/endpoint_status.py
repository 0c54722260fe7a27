"""How an endpoint stands at SageMaker, and waiting until it stands still.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html, EndpointStatus.
"""

import time
from typing import Any

from pulumi_mlops._shared.aws.client import MissingError, ask

IN_SERVICE = "InService"
FAILED = "Failed"
"""Could not be created. "DeleteEndpoint is the only operation that can be performed on a failed endpoint." """
PASSING = frozenset(("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"))
"""While it has one of these, an endpoint can be neither updated nor deleted."""
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 15.0
Description = dict[str, Any]
"""What DescribeEndpoint answers."""


class EndpointError(RuntimeError):
    """An endpoint does not do what was asked for. The text says what it does instead, and why."""


class Deadline:
    """How long an endpoint may take to stand still, from now on."""

    def __init__(self, seconds: float) -> None:
        """Begin to count."""
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def pause(self, seconds: float) -> bool:
        """Sleep, and tell whether there was time to."""
        if time.monotonic() + seconds > self._end:
            return False
        time.sleep(seconds)
        return True


def describe(sagemaker: Any, name: str) -> Description | None:
    """Return what SageMaker says of an endpoint; None where there is none."""
    try:
        return ask(sagemaker, "describe_endpoint", EndpointName=name)
    except MissingError:
        return None


def settled(sagemaker: Any, name: str, deadline: Deadline) -> Description | None:
    """Wait until nothing is under way, and return what SageMaker says of the endpoint then; None where it is gone.

    Raises:
        EndpointError: When something is still under way at the deadline.
    """
    pause = FIRST_PAUSE_SECONDS
    while (described := describe(sagemaker, name)) and described["EndpointStatus"] in PASSING:
        if not deadline.pause(pause):
            got = f"still {described['EndpointStatus']} after {deadline.seconds:.0f} seconds"
            fix = "wait for it and run the update again, which goes on from there; or raise rollout_timeout_seconds"
            raise EndpointError(f"{place(sagemaker, name)}: got {got}, expected an end of it, fix: {fix}")
        pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)
    return described


def place(sagemaker: Any, name: str) -> str:
    """Return how errors name an endpoint."""
    return f"endpoint {name} in {sagemaker.meta.region_name}"
