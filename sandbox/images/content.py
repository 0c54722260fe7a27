"""An image's content tag: a hash of its Dockerfile and of every file that goes into it.

Equal files give an equal tag on every machine, so a stack file can pin an image that each machine builds itself.
"""

import hashlib
import os
import shutil
import stat
from pathlib import Path

from sandbox import paths
from sandbox.errors import SandboxError
from sandbox.images import dockerfile
from sandbox.images.catalog import repository

TAG_LENGTH = 16

_NOT_CONTENT_SUFFIXES = frozenset({".pyc", ".pyo"})


def dockerfile_of(name: str, checkout: Path | None = None) -> Path:
    """Return an image's Dockerfile.

    Args:
        name: Image name, such as `pipeline`.
        checkout: Root of the checkout; the one of this package by default.
    """
    return (checkout or paths.checkout()) / "images" / name / "Dockerfile"


def context_files(name: str, checkout: Path | None = None) -> list[str]:
    """Files that go into an image: its Dockerfile and all that this copies.

    Args:
        name: Image name.
        checkout: Root of the checkout; the one of this package by default.

    Returns:
        Paths relative to the checkout, sorted, with `/`. Hidden files, bytecode and caches are not among them.

    Raises:
        SandboxError: When the Dockerfile copies something that is not there, or a symbolic link.
    """
    root = checkout or paths.checkout()
    recipe = dockerfile_of(name, root)
    if not recipe.is_file():
        raise SandboxError(f"image {name}: {recipe} does not exist", "name one of the folders in images/")
    files = {recipe.relative_to(root).as_posix()}
    try:
        for source in dockerfile.copied(recipe.read_text(encoding="utf-8")):
            files.update(_files_of(root, root / source))
    except SandboxError as error:
        raise SandboxError(f"{recipe.relative_to(root)}: {error.problem}", error.fix) from error
    return sorted(files)


def content_tag(name: str, checkout: Path | None = None) -> str:
    """Hash of all that goes into an image.

    Args:
        name: Image name.
        checkout: Root of the checkout; the one of this package by default.

    Returns:
        16 hexadecimal digits. The pinned base's name is in them, since it stands in the Dockerfile.

    Raises:
        SandboxError: As `context_files`.
    """
    root = checkout or paths.checkout()
    digest = hashlib.sha256()
    for relative in context_files(name, root):
        file = root / relative
        kind = "x" if file.stat().st_mode & stat.S_IXUSR else "f"
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"{kind} {relative}\0{content}\n".encode())
    return digest.hexdigest()[:TAG_LENGTH]


def tagged_name(name: str, checkout: Path | None = None) -> str:
    """`localhost/pulumi-mlops/<name>:<content tag>` of an image as the checkout has it now."""
    return f"{repository(name)}:{content_tag(name, checkout)}"


def stage(name: str, folder: Path, checkout: Path | None = None) -> Path:
    """Copy what goes into an image to a folder: a build context that holds nothing else.

    Args:
        name: Image name.
        folder: An empty folder.
        checkout: Root of the checkout; the one of this package by default.

    Returns:
        The Dockerfile within the folder.
    """
    root = checkout or paths.checkout()
    for relative in context_files(name, root):
        target = folder / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / relative, target)
        # The umask of whoever checked the tree out must not decide what the image's user may read.
        target.chmod(0o755 if (root / relative).stat().st_mode & stat.S_IXUSR else 0o644)
    for directory, _, _ in os.walk(folder):
        Path(directory).chmod(0o755)
    return dockerfile_of(name, folder)


def _files_of(root: Path, source: Path) -> list[str]:
    found = _files_below(root, source)
    if not found:
        raise SandboxError(f"{source.relative_to(root)}: got no files, expected some", "correct the COPY line")
    return found


def _files_below(root: Path, source: Path) -> list[str]:
    if source.is_symlink():
        raise SandboxError(
            f"{source.relative_to(root)}: got a symbolic link, expected a file or folder", "copy the file"
        )
    if source.is_file():
        return [source.relative_to(root).as_posix()]
    if not source.is_dir():
        raise SandboxError(f"{source.relative_to(root)}: does not exist", "correct the COPY line")
    found = []
    for child in sorted(source.iterdir()):
        hidden = child.name.startswith(".")
        if hidden or child.name == "__pycache__" or child.suffix in _NOT_CONTENT_SUFFIXES:
            continue
        found += _files_below(root, child)
    return found
