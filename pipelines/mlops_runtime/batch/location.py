"""A folder or a file on a disk or in a bucket, by one address: a path, or `s3://bucket/prefix`."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pyarrow
from pyarrow import fs

from mlops_runtime.batch.errors import BatchRefusedError

S3_SCHEME: Final = "s3://"
PARTIAL_SUFFIX: Final = ".partial"
_HIDDEN = ("_", ".")


@dataclass(frozen=True)
class FoundFile:
    """A file of the input, and what tells it from another of its name."""

    name: str
    """Its path below the input, with `/` between folders."""
    path: str
    size: int
    modified_nanoseconds: int


class Location:
    """A place to read files from or to put them to."""

    def __init__(self, address: str, filesystem: fs.FileSystem, path: str) -> None:
        self.address = address
        self.filesystem = filesystem
        self.path = path

    @property
    def is_on_disk(self) -> bool:
        """Whether it is a folder of this machine."""
        return isinstance(self.filesystem, fs.LocalFileSystem)

    def input_files(self) -> list[FoundFile]:
        """Return the files to read, by name: this very file, or every one below this folder.

        Those with a name, or in a folder, that begins with `_` or `.` are left out, as Spark and Hadoop do: they are
        markers and checksums.

        Raises:
            BatchRefusedError: There is nothing here.
        """
        here = self.filesystem.get_file_info(self.path)
        if here.type == fs.FileType.File:
            return [_found(here, Path(self.path).name)]
        below = [each for each in self._below("") if not any(part.startswith(_HIDDEN) for part in each[0].split("/"))]
        if not below:
            raise BatchRefusedError(
                f"{self.address}: got no file, expected the table to score, fix: name a file, or a folder of files"
            )
        return sorted((_found(info, name) for name, info in below), key=lambda each: each.name)

    def sizes(self, folder: str) -> dict[str, int]:
        """Return the size of each file below a folder of this one, by its path from here."""
        return {f"{folder}/{name}": info.size for name, info in self._below(folder)}

    def read(self, name: str) -> bytes:
        """Return a file's content."""
        with self.filesystem.open_input_stream(self._inside(name), compression=None) as stream:
            content: bytes = stream.read()
            return content

    def write(self, name: str, content: bytes) -> None:
        """Put a file here, whole or not at all: what reads at the same time finds the old one or the new one.

        S3 shows an object when its upload is complete. On a disk it is written aside and renamed.
        """
        path = self._inside(name)
        if not self.is_on_disk:
            with self.filesystem.open_output_stream(path, compression=None) as stream:
                stream.write(content)
            return
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = target.with_name(f".{target.name}{PARTIAL_SUFFIX}")
        with aside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(target)

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        path = self._inside(name)
        if self.is_on_disk:
            Path(path).unlink(missing_ok=True)
        elif self.filesystem.get_file_info(path).type == fs.FileType.File:
            self.filesystem.delete_file(path)

    def holds(self, other: "Location") -> bool:
        """Whether another location is this one, or lies in it."""
        if self.is_on_disk != other.is_on_disk:
            return False
        return f"{other.path}/".startswith(f"{self.path}/")

    def _below(self, folder: str) -> list[tuple[str, fs.FileInfo]]:
        root = self._inside(folder).rstrip("/")
        found = self.filesystem.get_file_info(fs.FileSelector(root, recursive=True, allow_not_found=True))
        return [(info.path.removeprefix(f"{root}/"), info) for info in found if info.type == fs.FileType.File]

    def _inside(self, name: str) -> str:
        return f"{self.path}/{name}" if name else self.path


def location_of(address: str, environment: Mapping[str, str] | None = None) -> Location:
    """Return what an address names.

    Args:
        address: A path, or `s3://bucket/prefix`.
        environment: Where AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION and AWS_DEFAULT_REGION stand. Credentials
            are found as every AWS SDK finds them.

    Raises:
        BatchRefusedError: It names no bucket.
    """
    variables = os.environ if environment is None else environment
    if not address.startswith(S3_SCHEME):
        return Location(address, fs.LocalFileSystem(), str(Path(address).resolve()))
    path = address.removeprefix(S3_SCHEME).strip("/")
    if not path:
        raise BatchRefusedError(f"{address}: got no bucket, expected s3://bucket/prefix")
    return Location(address, fs.S3FileSystem(**_s3_settings(variables)), path)


def _s3_settings(variables: Mapping[str, str]) -> dict[str, object]:
    # A small file is one request, and shows at once or not at all; a large one when its parts are complete.
    settings: dict[str, object] = {"background_writes": False, "allow_delayed_open": True}
    if region := variables.get("AWS_REGION") or variables.get("AWS_DEFAULT_REGION"):
        settings["region"] = region
    if endpoint := variables.get("AWS_ENDPOINT_URL_S3") or variables.get("AWS_ENDPOINT_URL"):
        parts = urlsplit(endpoint)
        settings |= {"endpoint_override": parts.netloc, "scheme": parts.scheme}
    return settings


def _found(info: fs.FileInfo, name: str) -> FoundFile:
    return FoundFile(name, info.path, info.size, info.mtime_ns)


UNREADABLE: Final = (pyarrow.ArrowException, OSError, EOFError, ValueError)
"""What the readers raise of a file that is not what it should be, and of one that cannot be had."""
