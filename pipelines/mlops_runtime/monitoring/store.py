"""Where payloads and labels lie: a folder, or `s3://bucket/prefix`. A file is put there whole or not at all."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Protocol

from mlops_runtime.monitoring.errors import MonitoringError

S3_SCHEME: Final = "s3://"
PARTIAL_SUFFIX: Final = ".partial"
CONNECT_SECONDS = 5
READ_SECONDS = 10


class Store(Protocol):
    """A place for files, which are named by their path below it, with `/` between folders.

    Attributes:
        address: How it was named.
    """

    address: str

    def names(self, prefix: str = "") -> list[str]:
        """Return the names of the files that begin with a prefix, in order. Hidden and unfinished ones are left out."""
        ...

    def read(self, name: str) -> bytes:
        """Return a file's content."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """Put a file here: whoever reads at the same time finds the old one or the new one."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        ...


class FolderStore:
    """A folder of this machine, or of a volume that is mounted."""

    def __init__(self, folder: str | Path) -> None:
        self.address = str(folder)
        self._folder = Path(folder)

    def names(self, prefix: str = "") -> list[str]:
        """Return the names of the files that begin with a prefix, in order."""
        # Only the folder that the prefix names has them: a volume may hold years.
        root = self._folder / prefix.rpartition("/")[0]
        found = (path.relative_to(self._folder).as_posix() for path in _files_below(root))
        return sorted(name for name in found if name.startswith(prefix))

    def read(self, name: str) -> bytes:
        """Return a file's content."""
        return (self._folder / name).read_bytes()

    def write(self, name: str, content: bytes) -> None:
        """Put a file here: written aside, synchronised and renamed."""
        target = self._folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = target.with_name(f".{target.name}{PARTIAL_SUFFIX}")
        try:
            with aside.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(target)
        except BaseException:
            # A full volume: what came of the file only makes it fuller.
            with suppress(OSError):
                aside.unlink(missing_ok=True)
            raise

    def remove(self, name: str) -> None:
        """Remove a file, if it is there, and the folders that are empty without it."""
        path = self._folder / name
        path.unlink(missing_ok=True)
        for folder in path.relative_to(self._folder).parents[:-1]:
            try:
                (self._folder / folder).rmdir()
            except OSError:
                return


class S3Store:
    """A bucket, below a prefix. S3 shows an object once all of it is there."""

    def __init__(self, address: str, environment: Mapping[str, str] | None = None) -> None:
        """Set up the client, by AWS's own variables and credentials.

        Raises:
            MonitoringError: The address names no bucket.
        """
        import boto3  # noqa: PLC0415 - only whoever has a bucket needs it
        from botocore.config import Config  # noqa: PLC0415

        bucket, _, prefix = address.removeprefix(S3_SCHEME).partition("/")
        if not bucket:
            raise MonitoringError(f"{address}: got no bucket, expected s3://bucket/prefix")
        variables = os.environ if environment is None else environment
        self.address = address
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=variables.get("AWS_ENDPOINT_URL_S3") or variables.get("AWS_ENDPOINT_URL") or None,
            config=Config(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"max_attempts": 2}),
        )

    def names(self, prefix: str = "") -> list[str]:
        """Return the names of the objects that begin with a prefix, in order."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=f"{self._prefix}{prefix}"
        )
        with self._told():
            keys = [each["Key"].removeprefix(self._prefix) for page in pages for each in page.get("Contents", ())]
        return sorted(name for name in keys if not _is_hidden(name))

    def read(self, name: str) -> bytes:
        """Return an object's content."""
        with self._told():
            found = self._client.get_object(Bucket=self._bucket, Key=f"{self._prefix}{name}")
            content: bytes = found["Body"].read()
        return content

    def write(self, name: str, content: bytes) -> None:
        """Put an object."""
        with self._told():
            self._client.put_object(Bucket=self._bucket, Key=f"{self._prefix}{name}", Body=content)

    def remove(self, name: str) -> None:
        """Remove an object, if it is there."""
        with self._told():
            self._client.delete_object(Bucket=self._bucket, Key=f"{self._prefix}{name}")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell what goes wrong with a bucket as what goes wrong with a folder is told."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see above

        try:
            yield
        except (BotoCoreError, ClientError) as error:
            raise OSError(f"{self.address}: {error}") from error


def store_of(address: str | Path, environment: Mapping[str, str] | None = None) -> Store:
    """Return what an address names: a folder, or `s3://bucket/prefix`.

    Args:
        address: The address.
        environment: Where AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL stand; the process's own by default.

    Raises:
        MonitoringError: It names no bucket.
    """
    text = str(address)
    return S3Store(text, environment) if text.startswith(S3_SCHEME) else FolderStore(text)


def _files_below(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        folders[:] = [each for each in folders if not each.startswith((".", "_"))]
        yield from (Path(folder, each) for each in files if not each.startswith((".", "_")))


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "_")) for part in name.split("/")) or name.endswith("/")
