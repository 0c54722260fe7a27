"""Unpacking a model that SageMaker has packed, from a bucket that others may write to."""

import tarfile
import zlib
from pathlib import Path

from mlops_pipelines.artifact import ArtifactError


def unpack_model(archive: Path, destination: Path) -> None:
    """Unpacks a `model.tar.gz` into a folder, which is made where it is not there.

    Raises:
        ArtifactError: There is no such file, it cannot be read as what it should be, or a member leads out of the
            folder or is neither a file nor a folder.
    """
    destination.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive, "r:gz") as members:
            members.extractall(destination, members=_plain(members), filter="data")
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise ArtifactError(f"{archive}: expected a model's files as a gzipped tar, got {_what(error)}") from error


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
