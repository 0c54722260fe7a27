"""Tags of what SageMaker has: set, and read to tell what the same stack made from what is another's."""

from collections.abc import Mapping
from typing import Any

from pulumi_mlops._shared.aws.client import ask, pages

OWN_PREFIX = "mlops:"
"""Tags by which something is known to be the same stack's."""


def tags_of(sagemaker: Any, arn: str) -> dict[str, str]:
    """Return the tags of something."""
    return {tag["Key"]: tag["Value"] for tag in pages(sagemaker, "list_tags", "Tags", ResourceArn=arn)}


def set_tags(sagemaker: Any, arn: str, wanted: Mapping[str, str], before: Mapping[str, str]) -> None:
    """Give something its tags, and take away those that it had from here and is to have no longer.

    Args:
        sagemaker: A client of SageMaker.
        arn: The ARN of what is tagged.
        wanted: The tags.
        before: Those that were wanted before. What somebody else added stays.
    """
    now = tags_of(sagemaker, arn)
    if changed := [{"Key": key, "Value": value} for key, value in wanted.items() if now.get(key) != value]:
        ask(sagemaker, "add_tags", ResourceArn=arn, Tags=changed)
    if gone := [key for key in before if key not in wanted and key in now]:
        ask(sagemaker, "delete_tags", ResourceArn=arn, TagKeys=gone)


def others_tags(sagemaker: Any, arn: str, wanted: Mapping[str, str]) -> dict[str, str | None]:
    """Return which of our own tags something has otherwise, or lacks; empty where the same stack made it."""
    now = tags_of(sagemaker, arn)
    return {key: now.get(key) for key, value in wanted.items() if key.startswith(OWN_PREFIX) and now.get(key) != value}
