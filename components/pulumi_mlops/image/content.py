"""What goes into an image, and its digest: a hash of the Dockerfile and of every file that it copies.

Equal files give an equal digest on every machine, whatever their dates and owners are.
"""

import hashlib
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from pulumi_mlops.image import dockerfile
from pulumi_mlops.image.errors import ImageError

Source = Path | bytes
Sources = Mapping[str, Source]
"""Files of a build context: by their path in it, with `/`, where each is found or what is in it."""

DOCKERFILE = "Dockerfile"
"""Where a build context has the Dockerfile."""
GIVEN = "mlops/"
"""Below it a build context has what the build lays out; all else is of the project's folder."""

_NOT_CONTENT_SUFFIXES = frozenset({".pyc", ".pyo"})


def sources(recipe: Path, root: Path, given: Sources, *, name: str) -> dict[str, Source]:
    """Return what goes into an image: its Dockerfile and all that this copies.

    Args:
        recipe: The Dockerfile.
        root: The folder that it copies from.
        given: What the build lays out, below `mlops/`.
        name: What to call the Dockerfile in problems.

    Returns:
        In order of their paths. Hidden files, bytecode and caches are not among them.

    Raises:
        ImageError: When the Dockerfile copies something that is not there, or a symbolic link.
    """
    if not recipe.is_file():
        raise ImageError(f"{name}: got no such file, expected a Dockerfile", "write it, or correct its name")
    found: dict[str, Source] = {DOCKERFILE: recipe}
    given = {**given, f"{GIVEN}{DOCKERFILE}": recipe}
    try:
        for copied in dockerfile.copied(dockerfile.read(recipe)):
            found |= _given(given, copied) if copied.startswith(GIVEN) else _of_folder(root, copied)
    except ImageError as error:
        raise ImageError(f"{name}: {error.problem}", error.fix) from error
    return dict(sorted(found.items()))


def files_below(folder: Path, at: str = "") -> dict[str, Source]:
    """Return the files below a folder, by their path in it.

    Args:
        folder: The folder.
        at: What stands in front of each path, such as `mlops/workload/flights`.

    Raises:
        ImageError: When a symbolic link is among them.
    """
    return {f"{at}/{relative}".removeprefix("/"): folder / relative for relative in _files_below(folder, folder)}


def digest_of(files: Sources) -> str:
    """Return the SHA-256 of files, their paths and whether they can be executed, as 64 hexadecimal digits."""
    whole = hashlib.sha256()
    for relative, source in sorted(files.items()):
        kind = "x" if _is_executable(source) else "f"
        content = hashlib.sha256(source if isinstance(source, bytes) else source.read_bytes()).hexdigest()
        whole.update(f"{kind} {relative}\0{content}\n".encode())
    return whole.hexdigest()


def stage(files: Sources, folder: Path) -> Path:
    """Copy files to a folder: a build context that holds nothing else.

    Args:
        files: The files, a Dockerfile among them.
        folder: An empty folder.

    Returns:
        The Dockerfile within the folder.
    """
    for relative, source in files.items():
        target = folder / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(source, bytes):
            target.write_bytes(source)
        else:
            shutil.copyfile(source, target)
        # The umask of whoever checked the tree out must not decide what the image's user may read.
        target.chmod(0o755 if _is_executable(source) else 0o644)
    for directory, _, _ in os.walk(folder):
        Path(directory).chmod(0o755)
    return folder / DOCKERFILE


def _is_executable(source: Source) -> bool:
    return isinstance(source, Path) and bool(source.stat().st_mode & stat.S_IXUSR)


def _given(given: Sources, copied: str) -> dict[str, Source]:
    found = {path: source for path, source in given.items() if path == copied or path.startswith(f"{copied}/")}
    if not found:
        known = sorted({"/".join(path.split("/")[:2]) for path in given})
        raise ImageError(
            f"COPY {copied}: got nothing of this name, expected one of {', '.join(known)}", "correct the COPY line"
        )
    return found


def _of_folder(root: Path, copied: str) -> dict[str, Source]:
    found = {relative: root / relative for relative in _files_below(root, root / copied)}
    if not found:
        raise ImageError(f"{copied}: got no files, expected some", "correct the COPY line")
    return dict(found)


def _files_below(root: Path, source: Path) -> Iterator[str]:
    if source.is_symlink():
        raise ImageError(f"{source.relative_to(root)}: got a symbolic link, expected a file or folder", "copy the file")
    if source.is_file():
        yield source.relative_to(root).as_posix()
        return
    if not source.is_dir():
        problem = f"{source.relative_to(root)}: got nothing of this name, expected a file or folder"
        raise ImageError(problem, "correct the COPY line")
    for child in sorted(source.iterdir()):
        hidden = child.name.startswith(".")
        if not hidden and child.name != "__pycache__" and child.suffix not in _NOT_CONTENT_SUFFIXES:
            yield from _files_below(root, child)
