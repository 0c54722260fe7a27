"""Base images made of Debian's packages, under the names of the Docker Hub images that they stand in for."""

import os
import tempfile
from pathlib import Path

from sandbox import commands, packages, paths, progress
from sandbox.errors import SandboxError
from sandbox.images.buildah import Buildah
from sandbox.images.builder import Recipe

DEBIAN = "docker.io/library/debian:bookworm-slim"
PYTHON = "docker.io/library/python:3.11-slim-bookworm"

_KEYRING = Path("usr/share/keyrings/debian-archive-keyring.gpg")
_LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*")


def ensure(buildah: Buildah, name: str) -> None:
    """Make a base image unless buildah's storage holds it.

    Args:
        buildah: Where it is to be.
        name: `DEBIAN` or `PYTHON`.

    Raises:
        SandboxError: When the name is another, or Debian's packages cannot be had.
    """
    if name not in {DEBIAN, PYTHON}:
        raise SandboxError(
            f"base image {name}: without Docker, expected {DEBIAN} or {PYTHON}", "use one of them, or start Docker"
        )
    if buildah.holds(name):
        return
    if name == PYTHON:
        ensure(buildah, DEBIAN)
    with (
        progress.step(f"make the base image {name.rpartition('/')[2]}") as current,
        tempfile.TemporaryDirectory(prefix="base-", dir=paths.cache_root() / "images") as temporary,
    ):
        if name == DEBIAN:
            archive = Path(temporary) / "root.tar"
            commands.follow(_bootstrap(archive), current.detail, environment=packages.environment())
            buildah.commit_root(archive, name)
        else:
            recipe = paths.sources() / "images" / "bases" / "python.Dockerfile"
            context = Path(temporary)
            buildah.build(Recipe(name, recipe, context, arguments={}, secrets={}), current.detail)
        current.note(f"{buildah.size_bytes(name) / 1e6:.0f} MB")


def _bootstrap(archive: Path) -> list[str | Path]:
    program = packages.tool("mmdebstrap")
    root = program.parent.parent.parent
    command: list[str | Path] = [program, "--mode=root", "--variant=minbase", "--format=tar"]
    # Without this usrmerge would come in, and all of Perl with it.
    command += ["--include=usr-is-merged", f"--hook-dir={root / 'usr/share/mmdebstrap/hooks/merged-usr'}"]
    command += [f"--dpkgopt=path-exclude={pattern}" for pattern in _LEFT_OUT]
    if not (Path("/") / _KEYRING).exists() and (root / _KEYRING).exists():
        command.append(f"--keyring={root / _KEYRING}")
    command += ["bookworm", archive]
    if mirror := os.environ.get("MLOPS_DEBIAN_MIRROR"):
        command.append(mirror)
    return command
