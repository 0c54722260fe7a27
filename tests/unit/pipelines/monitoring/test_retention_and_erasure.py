import gzip
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mlops_runtime.monitoring import erase as erase_command
from mlops_runtime.monitoring import retain
from mlops_runtime.monitoring.erasure import erase
from mlops_runtime.monitoring.errors import MonitoringError
from mlops_runtime.monitoring.labels.files import encoded, stored_labels
from mlops_runtime.monitoring.labels.record import Label
from mlops_runtime.monitoring.payloads.partitions import day_of
from mlops_runtime.monitoring.payloads.reading import payload_records
from mlops_runtime.monitoring.store import FolderStore

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def put(store: FolderStore, name: str, *records: dict[str, Any]) -> None:
    text = "".join(json.dumps(record) + "\n" for record in records)
    store.write(name, gzip.compress(text.encode()))


def test_days_past_their_time_go_and_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    today = datetime.now(UTC).date()
    store = FolderStore(tmp_path)
    for days in (0, 7, 8, 400):
        put(store, f"date={today - timedelta(days=days)}/hour=00/pod-1.jsonl.gz", {})
    put(store, "notes.jsonl.gz", {})
    put(store, "date=tomorrow/pod-1.jsonl.gz", {})
    assert retain.main(["--payloads", str(tmp_path), "--days", "7"]) == 0
    assert "deleted 2 files" in capsys.readouterr().out
    kept = [f"date={today - timedelta(days=days)}/hour=00/pod-1.jsonl.gz" for days in (7, 0)]
    assert store.names() == [*kept, "date=tomorrow/pod-1.jsonl.gz", "notes.jsonl.gz"]
    assert not (tmp_path / f"date={today - timedelta(days=8)}").exists()
    assert retain.deleted(store, 7, today) == []


def test_a_folder_that_cannot_be_changed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("read-only file system")

    put(FolderStore(tmp_path), "date=2020-01-01/hour=00/pod-1.jsonl.gz", {})
    monkeypatch.setattr(FolderStore, "remove", refuse)
    assert retain.main(["--payloads", str(tmp_path), "--days", "1"]) == 1
    with pytest.raises(SystemExit):
        retain.main(["--payloads", str(tmp_path), "--days", "0"])


def label(**named: Any) -> Label:
    return Label(**named, event_time=NOW, label=1.0, source="atc", received=NOW)


@pytest.fixture
def stores(tmp_path: Path) -> tuple[FolderStore, FolderStore]:
    payloads, labels = FolderStore(tmp_path / "payloads"), FolderStore(tmp_path / "labels")
    for day, keys in (("01", ["N1", "N2", None]), ("02", ["N1"]), ("03", ["N3"])):
        rows = [{"prediction_id": f"p{day}", "row": number, "key": key} for number, key in enumerate(keys)]
        put(payloads, f"date=2026-03-{day}/hour=00/pod-1.jsonl.gz", *rows)
    told = [
        label(key="N1"),
        label(key="N2"),
        label(prediction_id="p01/0"),
        label(prediction_id="p01/1"),
        label(prediction_id="p02"),
    ]
    for suffix in (".jsonl", ".jsonl.gz", ".parquet"):
        name = f"date=2026-03-02/in{suffix}"
        labels.write(name, encoded(told, name))
    return payloads, labels


def test_a_key_is_erased_from_payloads_and_from_the_labels_of_its_predictions(
    stores: tuple[FolderStore, FolderStore], capsys: pytest.CaptureFixture[str]
) -> None:
    payloads, labels = stores
    before = payloads.read("date=2026-03-03/hour=00/pod-1.jsonl.gz")
    command = ["--key", "N1", "--payloads", payloads.address, "--labels", labels.address]
    assert erase_command.main(command) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["payload_records"], report["label_records"]) == (2, 9)
    assert report["payload_files"] == [f"date=2026-03-0{day}/hour=00/pod-1.jsonl.gz" for day in (1, 2)]
    assert len(report["label_files"]) == 3
    assert "N1" not in json.dumps(report)
    assert [record["key"] for record in payload_records(payloads)] == ["N2", None, "N3"]
    left = [(each.key, each.prediction_id) for each in stored_labels(labels)]
    assert left == [("N2", None), (None, "p01/1")] * 3
    # What nothing is left in is gone, what held nothing of it is untouched.
    assert len(payloads.names()) == 2
    assert payloads.read("date=2026-03-03/hour=00/pod-1.jsonl.gz") == before
    again = erase("N1", payloads, labels)
    assert (again.payload_records, again.label_records) == (0, 0)


def test_it_says_what_a_baseline_holds_and_what_to_do(stores: tuple[FolderStore, FolderStore]) -> None:
    notes = " ".join(erase("N1", *stores).notes)
    for part in ("baseline holds counts", "no rows and no keys", "train, promote", "run this again two minutes after"):
        assert part in notes


def test_an_erasure_that_is_interrupted_is_finished_by_the_next(
    stores: tuple[FolderStore, FolderStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    payloads, labels = stores
    own, written = FolderStore.write, 0

    def write(store: FolderStore, name: str, content: bytes) -> None:
        nonlocal written
        written += 1
        if written == 4:
            raise OSError("no space left on device")
        own(store, name, content)

    with monkeypatch.context() as patch:
        patch.setattr(FolderStore, "write", write)
        command = ["--key", "N1", "--payloads", payloads.address, "--labels", labels.address]
        assert erase_command.main(command) == 1
    # No file is half: each is the old one or the new one.
    assert len(list(payload_records(payloads))) == 5
    assert erase("N1", payloads, labels).payload_records == 2
    assert "N1" not in [each.key for each in stored_labels(labels)]


def test_what_is_no_payload_file_stops_the_erasure_and_is_named(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.write("date=2026-03-01/hour=00/pod-1.jsonl.gz", b"no gzip")
    with pytest.raises(MonitoringError, match="pod-1"):
        erase("N1", store, None)
    assert erase_command.main(["--key", "N1", "--payloads", str(tmp_path)]) == 1
    assert erase_command.main(["--key", "N1"]) == 2


def test_the_days_are_utc() -> None:
    assert day_of("date=2026-03-01/hour=23/x") == date(2026, 3, 1)
    assert day_of("hour=23/date=2026-03-01/x") is None
