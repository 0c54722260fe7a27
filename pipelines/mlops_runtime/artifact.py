"""A model artifact's identity: one digest over every file of its folder."""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

DIGEST_PREFIX = "sha256:"
CHUNK_BYTES = 1 << 20


class ArtifactError(Exception):
    """A folder cannot be what it is taken for: missing, empty, with links or special files, or of another digest."""


def digest_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def digest_directory(directory: Path) -> str:
    """Names the content of a folder: every file's path in it and every file's bytes, and nothing else.

    The digest is the SHA-256 of one line for each file, sorted by path: the file's own SHA-256, a space and its path
    as a JSON string, with `/` between folders. So two folders have the same digest only when they hold the same
    files; times, owners, modes and empty folders do not count.

    Returns:
        `sha256:` and 64 hexadecimal digits.

    Raises:
        ArtifactError: It is not a folder, holds no file, or holds a link or a special file, whose content a digest
            cannot vouch for.
    """
    if not directory.is_dir():
        raise ArtifactError(f"{directory}: got no folder, expected one with the artifact's files")
    lines = [f"{digest_file(directory / path)} {json.dumps(path)}\n" for path in sorted(_files(directory))]
    if not lines:
        raise ArtifactError(f"{directory}: got an empty folder, expected one with the artifact's files")
    return DIGEST_PREFIX + hashlib.sha256("".join(lines).encode()).hexdigest()


def verify_directory(directory: Path, digest: str) -> None:
    """Hold a folder against the digest that it should have.

    Raises:
        ArtifactError: The digest differs, or the folder has none.
    """
    actual = digest_directory(directory)
    if actual != digest:
        raise ArtifactError(f"{directory}: got {actual}, expected an artifact of digest {digest}")


def _files(directory: Path) -> Iterator[str]:
    for folder, folder_names, file_names in os.walk(directory):
        for name in (*folder_names, *file_names):
            path = Path(folder, name)
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                raise ArtifactError(f"{path}: got a link or a special file, expected a file or a folder")
        for name in file_names:
            yield Path(folder, name).relative_to(directory).as_posix()
