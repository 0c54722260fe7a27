"""The content of this checkout's images: what goes into each, and the tag that is made of it.

Equal files give an equal tag on every machine, so a stack file can pin an image that each machine builds itself.
"""

from pathlib import Path

from pulumi_mlops.image import content, definitions
from pulumi_mlops.image.content import Source
from pulumi_mlops.image.errors import ImageError
from sandbox import paths
from sandbox.errors import SandboxError
from sandbox.images.catalog import repository

TAG_LENGTH = 16

_RUNTIME = "mlops_runtime"


def sources(name: str, checkout: Path | None = None) -> dict[str, Source]:
    """Files that go into an image: its Dockerfile and all that this copies.

    Args:
        name: Image name, such as `pipeline`.
        checkout: Root of the checkout; the one of this package by default.

    Returns:
        By their path in the build context. Hidden files, bytecode and caches are not among them.

    Raises:
        SandboxError: When the Dockerfile copies something that is not there, or a symbolic link.
    """
    root = checkout or paths.checkout()
    folder = root / "images" / name
    recipe = definitions.dockerfile_of(name, root)
    try:
        shown = str(recipe.relative_to(root) if recipe.is_relative_to(root) else recipe)
        return content.sources(recipe, root, _given(name, folder, root / "pipelines"), name=shown)
    except ImageError as error:
        raise SandboxError(error.problem, error.fix) from error


def content_tag(name: str, checkout: Path | None = None) -> str:
    """Hash of all that goes into an image.

    Args:
        name: Image name.
        checkout: Root of the checkout; the one of this package by default.

    Returns:
        16 hexadecimal digits. The pinned base's name is in them, since it stands in the Dockerfile.

    Raises:
        SandboxError: As `sources`.
    """
    return tag_of(sources(name, checkout))


def tag_of(files: content.Sources) -> str:
    """Return the tag of what goes into an image."""
    return content.digest_of(files)[:TAG_LENGTH]


def tagged_name(name: str, checkout: Path | None = None) -> str:
    """`localhost/pulumi-mlops/<name>:<content tag>` of an image as the checkout has it now."""
    return f"{repository(name)}:{content_tag(name, checkout)}"


def _given(name: str, folder: Path, pipelines: Path) -> dict[str, Source]:
    """Return what the definitions copy beside the project's own files: the runtime and workloads of the checkout."""
    found: dict[str, Source] = {**definitions.given(name, arguments={})}
    if (folder / "requirements.txt").is_file():
        found["mlops/requirements.txt"] = folder / "requirements.txt"
    for package in sorted(pipelines.iterdir()) if pipelines.is_dir() else ():
        if package.is_dir() and not package.name.startswith((".", "__")):
            place = "mlops/runtime" if package.name == _RUNTIME else "mlops/workload"
            found |= content.files_below(package, f"{place}/{package.name}")
    return found
