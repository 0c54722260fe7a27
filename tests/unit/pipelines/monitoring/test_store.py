"""A folder and a bucket are the same to whoever writes and reads."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops_runtime.monitoring import retain
from mlops_runtime.monitoring.errors import MonitoringError
from mlops_runtime.monitoring.store import FolderStore, Store, store_of
from tests.offline_aws import served


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    import boto3  # noqa: PLC0415 - slow to import

    with served(tmp_path_factory.mktemp("aws")) as url, pytest.MonkeyPatch.context() as patch:
        for name, value in (
            ("AWS_ENDPOINT_URL_S3", url),
            ("AWS_ACCESS_KEY_ID", "offline"),
            ("AWS_SECRET_ACCESS_KEY", "offline"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
        ):
            patch.setenv(name, value)
        client: Any = boto3.client("s3", endpoint_url=url)
        client.create_bucket(Bucket="watched")
        yield "s3://watched"


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return store_of(tmp_path / "payloads")
    return store_of(f"{request.getfixturevalue('s3')}/{tmp_path.name}/payloads/")


def test_what_is_written_is_read(store: Store) -> None:
    assert store.names() == []
    store.write("date=2026-03-01/hour=01/a.jsonl.gz", b"one")
    store.write("date=2026-03-02/hour=01/b.jsonl.gz", b"two")
    store.write("date=2026-03-02/hour=01/b.jsonl.gz", b"three")
    assert store.names() == ["date=2026-03-01/hour=01/a.jsonl.gz", "date=2026-03-02/hour=01/b.jsonl.gz"]
    assert store.names("date=2026-03-02/") == ["date=2026-03-02/hour=01/b.jsonl.gz"]
    assert store.read("date=2026-03-02/hour=01/b.jsonl.gz") == b"three"
    store.remove("date=2026-03-01/hour=01/a.jsonl.gz")
    store.remove("date=2026-03-01/hour=01/a.jsonl.gz")
    assert store.names() == ["date=2026-03-02/hour=01/b.jsonl.gz"]


def test_markers_and_unfinished_files_are_nobodys(store: Store) -> None:
    for name in ("_SUCCESS", ".a.jsonl.gz.partial", "_tmp/a.jsonl", "a.jsonl"):
        store.write(name, b"")
    assert store.names() == ["a.jsonl"]


def test_retention_works_in_a_bucket(s3: str, capsys: pytest.CaptureFixture[str]) -> None:
    place = f"{s3}/old"
    store_of(place).write("date=2020-01-01/hour=00/a.jsonl.gz", b"")
    assert retain.main(["--payloads", place, "--days", "30"]) == 0
    assert "deleted 1 files" in capsys.readouterr().out
    assert store_of(place).names() == []


@pytest.mark.usefixtures("s3")
def test_a_bucket_that_there_is_not_is_told_as_a_folder_would_be() -> None:
    missing = store_of("s3://nobodys/prefix")
    with pytest.raises(OSError, match=r"s3://nobodys/prefix: .*NoSuchBucket"):
        missing.write("a", b"")
    assert retain.main(["--payloads", "s3://nobodys/prefix", "--days", "30"]) == 1


def test_an_address_without_a_bucket_is_refused() -> None:
    with pytest.raises(MonitoringError, match=r"s3://: got no bucket"):
        store_of("s3://")


def test_a_file_that_cannot_be_finished_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FolderStore(tmp_path)
    store.write("a/b.jsonl", b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        store.write("a/b.jsonl", b"new")
    assert store.read("a/b.jsonl") == b"old"
    assert [each.name for each in (tmp_path / "a").iterdir()] == ["b.jsonl"]
