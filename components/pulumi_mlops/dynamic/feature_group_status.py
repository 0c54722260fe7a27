"""How a feature group stands at SageMaker, and waiting until it stands still.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeFeatureGroup.html: FeatureGroupStatus,
LastUpdateStatus and OfflineStoreStatus.
"""

from typing import Any

from pulumi_mlops._shared.aws.client import MissingError, ask
from pulumi_mlops.dynamic.endpoint_status import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, Deadline

CREATED = "Created"
CREATE_FAILED = "CreateFailed"
DELETE_FAILED = "DeleteFailed"
PASSING = frozenset(("Creating", "Deleting"))
_IN_PROGRESS = "InProgress"
_BLOCKED = "Blocked"
Description = dict[str, Any]
"""What DescribeFeatureGroup answers. Its first page has 2,500 features, which is as many as there can be."""


class FeatureGroupError(RuntimeError):
    """A feature group is not what was asked for. The text says what it is instead, and why."""


def describe(sagemaker: Any, name: str) -> Description | None:
    """Return what SageMaker says of a feature group; None where there is none."""
    try:
        return ask(sagemaker, "describe_feature_group", FeatureGroupName=name)
    except MissingError:
        return None


def settled(sagemaker: Any, name: str, deadline: Deadline) -> Description | None:
    """Wait until nothing is under way, and return what SageMaker says of the group then; None where it is gone.

    Raises:
        FeatureGroupError: When something is still under way at the deadline.
    """
    pause = FIRST_PAUSE_SECONDS
    while (described := describe(sagemaker, name)) and (under_way := _under_way(described)):
        if not deadline.pause(pause):
            got = f"still {under_way} after {deadline.seconds:.0f} seconds"
            fix = "wait for it and run the update again, which goes on from there"
            raise FeatureGroupError(f"{place(sagemaker, name)}: got {got}, expected an end of it, fix: {fix}")
        pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)
    return described


def require_sound(sagemaker: Any, name: str, described: Description | None) -> Description:
    """Return the description of a group that was created, whose last update went well and that is written to S3.

    Raises:
        FeatureGroupError: When it was not, did not, or is not.
    """
    where = place(sagemaker, name)
    if described is None:
        raise FeatureGroupError(f"{where}: got none, expected one, fix: run the update again, and see who deleted it")
    status, reason = described.get("FeatureGroupStatus"), described.get("FailureReason") or "AWS gives none"
    if status != CREATED:
        fix = "mend the cause and run the update again, which begins anew where nothing was created"
        raise FeatureGroupError(f"{where}: got {status}; reason: {reason}; expected {CREATED}, fix: {fix}")
    offline = described.get("OfflineStoreStatus", {})
    if offline.get("Status") == _BLOCKED:
        reason = offline.get("BlockedReason") or "AWS gives none"
        fix = "mend the cause, such as the role's rights on the bucket, the key or the Glue table"
        raise FeatureGroupError(
            f"{where}: got an offline store that is {_BLOCKED}; reason: {reason}; expected one that takes records,"
            f" fix: {fix}"
        )
    return described


def require_updated(sagemaker: Any, name: str, described: Description) -> None:
    """Refuse a group whose last update failed.

    Raises:
        FeatureGroupError: When it did.
    """
    last = described.get("LastUpdateStatus", {})
    if last.get("Status") == "Failed":
        reason = last.get("FailureReason") or "AWS gives none"
        raise FeatureGroupError(
            f"{place(sagemaker, name)}: got an update that failed; reason: {reason}; expected it done, "
            "fix: mend the cause and run the update again, which goes on from what is there"
        )


def place(sagemaker: Any, name: str) -> str:
    """Return how errors name a feature group."""
    return f"feature group {name} in {sagemaker.meta.region_name}"


def _under_way(described: Description) -> str:
    status = str(described.get("FeatureGroupStatus"))
    if status in PASSING:
        return status
    return "updating" if described.get("LastUpdateStatus", {}).get("Status") == _IN_PROGRESS else ""
