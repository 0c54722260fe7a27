"""Buckets: what moto makes of their policies."""

from typing import Any

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket

from sandbox.aws.moto_patches import replace

FAKED = (
    "S3: a bucket's policy is kept, and not obeyed: moto does not read conditions, and there is no TLS to ask for",
)


def apply() -> None:
    """Put it into moto."""
    replace(FakeBucket, get_permission=_no_opinion)


def _no_opinion(self: Any, action: str, resource: str) -> PermissionResult:  # noqa: ARG001 - moto's form
    return PermissionResult.NEUTRAL
