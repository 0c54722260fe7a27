"""Building with Docker."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from pulumi_mlops.image import host
from sandbox import commands
from sandbox.errors import SandboxError
from sandbox.images.builder import Recipe

_OLDEST_SERVER = 25
"""The first whose `docker save` writes an OCI archive."""


class Docker:
    """A Docker engine with BuildKit, which pulls the bases itself."""

    @property
    def description(self) -> str:
        """Which program this is."""
        return "Docker"

    def build(self, recipe: Recipe, report: Callable[[str], None]) -> None:
        """Build an image."""
        command: list[str | Path] = ["docker", "build", "--progress", "plain", "--tag", recipe.tag]
        command += ["--file", recipe.dockerfile]
        for name, value in recipe.arguments.items():
            command += ["--build-arg", f"{name}={value}"]
        for name in host.read_settings().proxies:
            command += ["--build-arg", name]
        for identity, file in recipe.secrets.items():
            command += ["--secret", f"id={identity},src={file}"]
        environment = {**os.environ, "DOCKER_BUILDKIT": "1"}
        commands.follow([*command, recipe.context], report, environment=environment, with_output=True)

    def recover(self) -> None:
        """Nothing to do: the engine looks after its builds."""

    def prepare_base(self, name: str) -> None:
        """Nothing to do: the engine pulls it during the build."""

    def export(self, tag: str, archive: Path, *, is_kept: bool = True) -> None:  # noqa: ARG002 - Docker decides
        """Write an image to an OCI archive.

        Raises:
            SandboxError: When the engine is too old to write one.
        """
        version = commands.run(["docker", "version", "--format", "{{.Server.Version}}"]).strip()
        if int(version.partition(".")[0]) < _OLDEST_SERVER:
            raise SandboxError(
                f"Docker {version}: `docker save` writes OCI archives from {_OLDEST_SERVER}.0 on",
                "update Docker, or set MLOPS_IMAGE_BUILDER=buildah",
            )
        commands.run(["docker", "save", "--output", archive, tag])

    def size_bytes(self, tag: str) -> int:
        """Return what the image's layers take when unpacked."""
        return int(commands.run(["docker", "image", "inspect", "--format", "{{.Size}}", tag]).strip())

    def push(self, archive: Path, tag: str, target: str) -> str:
        """Pushes an image that was exported to a registry and returns its digest there."""
        commands.run(["docker", "load", "--quiet", "--input", archive])
        commands.run(["docker", "tag", tag, target])
        commands.run(["docker", "push", "--quiet", target])
        listed = commands.run(["docker", "image", "inspect", "--format", "{{json .RepoDigests}}", target])
        repository = target.rpartition(":")[0]
        digests: list[str] = [entry for entry in json.loads(listed) if entry.startswith(f"{repository}@")]
        if not digests:
            raise SandboxError(f"{target}: Docker pushed it and reports no digest", "look at `docker image inspect`")
        return digests[0].partition("@")[2]

    def forget(self, repository: str, keep: frozenset[str]) -> None:
        """Remove all images of a repository but those tags."""
        listed = commands.run(["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", repository])
        stale = [tag for tag in listed.split() if tag not in keep]
        if stale:
            commands.run(["docker", "image", "rm", *stale])
