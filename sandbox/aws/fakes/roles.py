"""Roles: what an update does not name stays."""

from collections.abc import Callable
from typing import Any

from moto.iam.models import IAMBackend, Role

from sandbox.aws.moto_patches import replace

FAKED = ("IAM UpdateRole keeps a description that it is not told; moto forgets it",)


def apply() -> None:
    """Put it into moto."""
    replace(IAMBackend, update_role=_keeping(IAMBackend.update_role))


def _keeping(update: Callable[..., Role]) -> Callable[..., Role]:
    def updated(self: Any, role_name: str, role_description: str | None, max_session_duration: str) -> Role:
        kept = self.get_role(role_name).description if role_description is None else role_description
        return update(self, role_name, kept, max_session_duration)

    return updated
