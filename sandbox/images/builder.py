"""What a program that builds images takes and does; Docker and buildah both fit."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from pulumi_mlops.image.builder import Recipe

__all__ = ["Builder", "Recipe"]


class Builder(Protocol):
    """What both programs can do."""

    @property
    def description(self) -> str:
        """Which program this is, as told to the person."""

    def build(self, recipe: Recipe, report: Callable[[str], None]) -> None:
        """Build an image from bases that are there already or, with Docker, are pulled."""

    def recover(self) -> None:
        """Clear away what a build that was killed has left."""

    def prepare_base(self, name: str) -> None:
        """Make sure that a Dockerfile's base image is there."""

    def export(self, tag: str, archive: Path, *, is_kept: bool = True) -> None:
        """Write an image to an OCI archive, which is small where it is kept."""

    def size_bytes(self, tag: str) -> int:
        """Return what the image's layers take when unpacked."""

    def push(self, archive: Path, tag: str, target: str) -> str:
        """Pushes an image that was exported to a registry and returns its digest there."""

    def forget(self, repository: str, keep: frozenset[str]) -> None:
        """Remove all images of a repository but those tags."""
