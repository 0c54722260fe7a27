"""Files and folders on the offline AWS's own S3."""

import contextlib
import tarfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CREDENTIALS: Mapping[str, str] = {"aws_access_key_id": "offline", "aws_secret_access_key": "offline"}
"""What the offline AWS takes, and nobody else."""


def client(service: str, url: str, region: str) -> Any:
    """Return a client of the offline AWS itself."""
    import boto3  # noqa: PLC0415 - the server starts without it

    return boto3.session.Session().client(service, region_name=region, endpoint_url=url, **CREDENTIALS)


class Store:
    """S3, by addresses like s3://bucket/key; and the logs of jobs."""

    def __init__(self, url: str, region: str) -> None:
        self._client = client("s3", url, region)
        self._logs = client("logs", url, region)
        self.environment: Mapping[str, str] = {
            "AWS_ENDPOINT_URL": url,
            **{name.upper(): value for name, value in CREDENTIALS.items()},
        }
        """Variables by which a job that is in no network isolation reaches AWS, as its role lets it."""

    def put_log(self, group: str, stream: str, log: Path) -> None:
        """Put the lines of a file into a stream of CloudWatch Logs; a file that is not there has none."""
        lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
        with contextlib.suppress(self._logs.exceptions.ResourceAlreadyExistsException):
            self._logs.create_log_group(logGroupName=group)
        self._logs.create_log_stream(logGroupName=group, logStreamName=stream)
        moment = int(time.time() * 1000)
        # CloudWatch takes no empty message, and 10,000 at once: PutLogEvents.
        events = [{"timestamp": moment, "message": line} for line in lines if line]
        for first in range(0, len(events), 10_000):
            self._logs.put_log_events(
                logGroupName=group, logStreamName=stream, logEvents=events[first : first + 10_000]
            )

    def text(self, address: str) -> str:
        """Return an object as text."""
        bucket, key = split(address)
        content: bytes = self._client.get_object(Bucket=bucket, Key=key)["Body"].read()
        return content.decode()

    def download(self, address: str, folder: Path) -> int:
        """Fetch every object whose key begins with an address's, into a folder: SageMaker's S3DataType `S3Prefix`.

        https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProcessingS3Input.html

        Returns:
            How many there are.
        """
        bucket, prefix = split(address)
        folder.mkdir(parents=True, exist_ok=True)
        count = 0
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for entry in page.get("Contents", []):
                relative = entry["Key"].removeprefix(prefix).lstrip("/") or Path(prefix).name
                target = folder / relative
                target.parent.mkdir(parents=True, exist_ok=True)
                self._client.download_file(bucket, entry["Key"], str(target))
                count += 1
        return count

    def upload(self, folder: Path, address: str) -> None:
        """Put every file of a folder below an address."""
        bucket, prefix = split(address)
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            self._client.upload_file(str(path), bucket, f"{prefix.rstrip('/')}/{path.relative_to(folder).as_posix()}")

    def put(self, text: str, address: str) -> None:
        """Put a text at an address."""
        bucket, key = split(address)
        self._client.put_object(Bucket=bucket, Key=key, Body=text.encode())

    def upload_archive(self, folder: Path, address: str) -> None:
        """Put a folder's content at an address as SageMaker packs a model: a gzipped tar without a top folder."""
        bucket, key = split(address)
        archive = folder.with_name("model.tar.gz")
        with tarfile.open(archive, "w:gz") as members:
            for path in sorted(folder.iterdir()):
                members.add(path, arcname=path.name)
        self._client.upload_file(str(archive), bucket, key)


def split(address: str) -> tuple[str, str]:
    """Return bucket and key of an address."""
    bucket, _, key = address.removeprefix("s3://").partition("/")
    return bucket, key
