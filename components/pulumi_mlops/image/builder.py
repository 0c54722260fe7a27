"""What a program that builds images takes and does; Docker and buildah both fit."""

import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Protocol

from pulumi_mlops._shared.processes import ProcessError, run
from pulumi_mlops.image.errors import ImageError

VARIABLE = "MLOPS_IMAGE_BUILDER"
DOCKER, BUILDAH = "docker", "buildah"
# Codes of the distribution specification (UNAUTHORIZED, DENIED), and what the programs make of a status without one.
_UNKNOWN_USER = re.compile(
    r"unauthori[sz]ed|denied|authentication required|no basic auth|invalid username", re.IGNORECASE
)


class Format(str, Enum):
    """Format of an image's manifest. SageMaker's hosting takes Docker's alone."""

    OCI = "oci"
    DOCKER = "docker"


@dataclass(frozen=True)
class Recipe:
    """One build.

    Attributes:
        tag: Name of the result.
        dockerfile: The Dockerfile within `context`.
        context: Build context: a folder that holds nothing else than what goes in.
        arguments: Build arguments by name.
        secrets: Files mounted during the build, by id.
        labels: The image's labels.
        format: Format of its manifest.
        platform: Where it is to run, such as `linux/amd64`; the builder's own by default.
    """

    tag: str
    dockerfile: Path
    context: Path
    arguments: Mapping[str, str]
    secrets: Mapping[str, Path]
    labels: Mapping[str, str] = field(default_factory=dict)
    format: Format = Format.OCI
    platform: str | None = None


@dataclass(frozen=True)
class Login:
    """How to log in to a registry. It is not shown where it is printed.

    Attributes:
        registry: The registry's host.
        user: The user's name.
        password: The password or token.
    """

    registry: str
    user: str
    password: str = field(repr=False)


class Builder(Protocol):
    """What both programs can do. Each method raises ImageError where the program fails."""

    @property
    def description(self) -> str:
        """Which program this is, as told to the person."""

    def holds(self, tag: str) -> bool:
        """Whether an image of this name is there already."""

    def build(self, recipe: Recipe, report: Callable[[str], None]) -> None:
        """Build an image; a base that is not there is pulled."""

    def push(self, tag: str, target: str, image_format: Format, login: Login | None) -> str:
        """Push an image to a registry and return its digest there."""

    def size_bytes(self, tag: str) -> int:
        """Return what the image's layers take when unpacked."""


def refused_push(error: ProcessError, program: str, target: str) -> ImageError:
    """Return that an image was not pushed, and whether that is a matter of who pushes it.

    Args:
        error: What the program said. A registry's own words are in it, and no credential.
        program: The program.
        target: Where the image was to go.
    """
    registry = target.partition("/")[0]
    if _UNKNOWN_USER.search(str(error)):
        return ImageError(str(error), f"{program} login {registry}, with credentials that may push there")
    return ImageError(str(error), f"see that {registry} can be reached from here, and that it has this repository")


def choice() -> str:
    """Return the program that this machine can build with: Docker where its engine answers, else buildah.

    MLOPS_IMAGE_BUILDER (`docker` or `buildah`) decides where it is set.

    Raises:
        ImageError: When MLOPS_IMAGE_BUILDER names neither or what does not answer, or there is neither.
    """
    if takes_docker():
        return DOCKER
    if shutil.which(BUILDAH) is None:
        raise ImageError(
            "got no Docker engine that answers and no buildah on PATH, expected one of them",
            "start Docker (`docker info` must answer), or install buildah",
        )
    return BUILDAH


def takes_docker() -> bool:
    """Tell whether Docker is what builds: it is asked for or not ruled out, and its engine answers.

    Raises:
        ImageError: When MLOPS_IMAGE_BUILDER names neither program, or Docker whose engine does not answer.
    """
    wanted = os.environ.get(VARIABLE, "")
    if wanted not in {"", DOCKER, BUILDAH}:
        raise ImageError(f"{VARIABLE}: got {wanted!r}, expected docker or buildah", "unset it to have one chosen")
    if wanted != BUILDAH and docker_answers():
        return True
    if wanted == DOCKER:
        raise ImageError(
            f"{VARIABLE}: got docker, expected a Docker engine that answers",
            f"start Docker (`docker info`), or unset {VARIABLE}",
        )
    return False


def docker_answers() -> bool:
    """Whether a Docker engine can be used by this user."""
    if shutil.which(DOCKER) is None:
        return False
    try:
        run([DOCKER, "info", "--format", "{{.ServerVersion}}"], timeout_seconds=20)
    except ProcessError:
        return False
    return True
