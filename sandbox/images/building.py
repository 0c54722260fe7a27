"""Building what changed, and remembering what was built."""

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from pulumi_mlops.image import dockerfile, host
from pulumi_mlops.image.builder import BUILDAH, DOCKER, takes_docker
from pulumi_mlops.image.content import DOCKERFILE, files_below, stage
from pulumi_mlops.image.errors import ImageError
from sandbox import packages, paths, progress
from sandbox.errors import SandboxError
from sandbox.files import exclusive, write_atomically
from sandbox.images import archive, bases, content
from sandbox.images.buildah import Buildah
from sandbox.images.builder import Builder, Recipe
from sandbox.images.catalog import IMAGE_NAMES, ImageBuild, repository
from sandbox.images.docker import Docker

_USER = "10001:10001"
_KEPT_BUILDS = 2
_DETAIL_LENGTH = 100


def choose() -> Builder:
    """Take the program that this machine can build with, fetching it where it must be.

    Raises:
        SandboxError: When there is none.
    """
    return Docker() if choice() == DOCKER else Buildah(packages.tool("buildah"), bases.ensure)


def choice() -> str:
    """Find the program that this machine can build with; change nothing.

    Returns:
        DOCKER when its engine answers, else BUILDAH; MLOPS_IMAGE_BUILDER (`docker` or `buildah`) decides where set.

    Raises:
        SandboxError: When MLOPS_IMAGE_BUILDER names neither or what does not answer, or there is no Docker and this
            is not root.
    """
    try:
        if takes_docker():
            return DOCKER
    except ImageError as error:
        raise SandboxError(error.problem, error.fix) from error
    if os.geteuid() != 0:
        raise SandboxError(
            "images: no Docker engine answers, and buildah's base images are made by root alone",
            "start Docker (`docker info` must answer), or run as root",
        )
    return BUILDAH


def built(names: Sequence[str] = IMAGE_NAMES, checkout: Path | None = None) -> dict[str, ImageBuild]:
    """Images that are built from the checkout as it is now.

    Args:
        names: Images to look for.
        checkout: Root of the checkout; the one of this package by default.

    Returns:
        By name. An image whose files changed since, or whose archive is gone, is not among them.
    """
    found = {}
    for name in names:
        tag = content.content_tag(name, checkout)
        record = _record(name, tag)
        if record.is_file() and archive_of(name, tag).is_file():
            found[name] = ImageBuild(**json.loads(record.read_text(encoding="utf-8")))
    return found


def build(names: Sequence[str] = IMAGE_NAMES, checkout: Path | None = None) -> dict[str, ImageBuild]:
    """Build the images that changed.

    Args:
        names: Images wanted.
        checkout: Root of the checkout; the one of this package by default.

    Returns:
        All of the wanted, by name.

    Raises:
        SandboxError: When a build fails, or nothing here can build.
    """
    done = built(names, checkout)
    if len(done) == len(names):
        return done
    paths.claim(paths.cache_root())
    with exclusive(paths.cache_root() / "locks" / "images", "building images"):
        done = built(names, checkout)
        missing = [name for name in names if name not in done]
        if missing:
            _builds_folder().mkdir(parents=True, exist_ok=True)
            builder = choose()
            _recover(builder)
            for name in missing:
                done[name] = _build_one(builder, name, checkout)
    return {name: done[name] for name in names}


def archive_of(name: str, tag: str) -> Path:
    """OCI archive of an image in the cache.

    Args:
        name: Image name.
        tag: Its content tag, the 16 digits alone.
    """
    return _builds_folder() / f"{name}-{tag}.tar"


def _builds_folder() -> Path:
    return paths.cache_root() / "images" / "builds"


def _record(name: str, tag: str) -> Path:
    return _builds_folder() / f"{name}-{tag}.json"


def _recover(builder: Builder) -> None:
    """Clear away what a build that was killed has left; the caller holds the lock, so none runs."""
    builder.recover()
    for left in _builds_folder().iterdir():
        if left.is_dir():
            shutil.rmtree(left)


def _build_one(builder: Builder, name: str, checkout: Path | None) -> ImageBuild:
    files = content.sources(name, checkout)
    recipe = files[DOCKERFILE]
    for base in dockerfile.bases(recipe.read_text(encoding="utf-8") if isinstance(recipe, Path) else ""):
        builder.prepare_base(base)
    with (
        progress.step(f"build image {name} with {builder.description}") as current,
        tempfile.TemporaryDirectory(prefix=f"{name}-", dir=_builds_folder()) as temporary,
    ):
        folder = Path(temporary)
        context = folder / "context"
        context.mkdir()
        recipe_file = stage(files, context)
        # Of the staged files and no others: the checkout may change while this builds.
        tag = content.tag_of(files_below(context))
        secrets = host.read_settings().write_secrets(folder)
        full_tag = f"{repository(name)}:{tag}"
        builder.build(
            Recipe(full_tag, recipe_file, context, {"MLOPS_CODE_VERSION": tag}, secrets),
            lambda line: current.detail(line[:_DETAIL_LENGTH]),
        )
        current.detail("write its archive")
        result = _store(builder, name, tag, folder / "image.tar")
        current.note(f"{result.size_bytes / 1e6:.0f} MB, {result.archive_bytes / 1e6:.0f} MB compressed")
    _forget_old(builder, name)
    return result


def _store(builder: Builder, name: str, tag: str, unfinished: Path) -> ImageBuild:
    full_tag = f"{repository(name)}:{tag}"
    builder.export(full_tag, unfinished)
    image = archive.read(unfinished)
    if image.user != _USER:
        raise SandboxError(
            f"image {name}: got the user {image.user or 'root'}, expected {_USER}",
            f"end images/{name}/Dockerfile with USER {_USER}",
        )
    result = ImageBuild(
        name=name,
        tag=full_tag,
        reference_by_digest=f"{repository(name)}@{image.digest}",
        size_bytes=builder.size_bytes(full_tag),
        archive_bytes=unfinished.stat().st_size,
    )
    # The record last: an archive without one does not count as built.
    unfinished.replace(archive_of(name, tag))
    write_atomically(_record(name, tag), json.dumps(asdict(result), indent=2) + "\n")
    return result


def _forget_old(builder: Builder, name: str) -> None:
    """Keep the newest builds of an image: the cache must not grow with each change of the code."""
    records = sorted(_builds_folder().glob(f"{name}-*.json"), key=lambda file: file.stat().st_mtime, reverse=True)
    tags = [record.stem.removeprefix(f"{name}-") for record in records]
    for tag in tags[_KEPT_BUILDS:]:
        _record(name, tag).unlink(missing_ok=True)
        archive_of(name, tag).unlink(missing_ok=True)
    builder.forget(repository(name), frozenset(f"{repository(name)}:{tag}" for tag in tags[:_KEPT_BUILDS]))
