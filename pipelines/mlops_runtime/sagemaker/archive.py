"""Unpacking a model that SageMaker has packed, from a bucket that others may write to."""

import shutil
import tarfile
import zlib
from pathlib import Path

from mlops_runtime.artifact import ArtifactError


def unpack_model(archive: Path, destination: Path) -> None:
    """Unpacks a `model.tar.gz` into a folder, which is made where it is not there.

    Raises:
        ArtifactError: There is no such file, it cannot be read as what it should be, or a member leads out of the
            folder or is neither a file nor a folder.
    """
    destination.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive, "r:gz") as members:
            for member in _plain(members):
                _unpack(members, member, destination / member.name)
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise ArtifactError(f"{archive}: got {_what(error)}, expected a model's files as a gzipped tar") from error


def _unpack(members: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    """Unpacks a plain member. `extractall` has a filter from Python 3.11.4 on, and Debian 12 has 3.11.2."""
    if member.isdir():
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    content = members.extractfile(member)
    if content is not None:
        with content, path.open("wb") as file:
            shutil.copyfileobj(content, file)


def _plain(members: tarfile.TarFile) -> list[tarfile.TarInfo]:
    found = members.getmembers()
    for member in found:
        if not (member.isreg() or member.isdir()):
            raise tarfile.TarError(f"{member.name!r}, which is neither a file nor a folder")
        if member.name.startswith("/") or ".." in member.name.split("/"):
            raise tarfile.TarError(f"{member.name!r}, which leads out of the folder")
    return found


def _what(error: Exception) -> str:
    return "no such file" if isinstance(error, FileNotFoundError) else str(error) or type(error).__name__
