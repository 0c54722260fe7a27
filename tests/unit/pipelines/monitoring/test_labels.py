import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mlops_runtime.monitoring.errors import MonitoringError
from mlops_runtime.monitoring.labels.__main__ import main
from mlops_runtime.monitoring.labels.files import add_file, encoded, label_files, stored_labels
from mlops_runtime.monitoring.labels.record import Label, labels_of
from mlops_runtime.monitoring.store import FolderStore

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
RECORD = {"prediction_id": "a/0", "event_time": "2026-03-02T10:00:00+01:00", "label": 12.5, "source": "atc"}


def written(path: Path, *records: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def test_labels_are_put_into_the_folder_of_the_day_they_came(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "labels")
    late = {**RECORD, "key": "N14228", "received": "2026-02-28T23:59:59Z"}
    del late["prediction_id"]
    names, count = add_file(store, written(tmp_path / "in.jsonl", RECORD, late), now=NOW)
    assert count == 2
    assert [name.partition("/")[0] for name in names] == ["date=2026-02-28", "date=2026-03-02"]
    assert label_files(store) == names
    of_key, of_prediction = stored_labels(store)
    assert of_prediction == Label(
        prediction_id="a/0",
        event_time=datetime(2026, 3, 2, 9, tzinfo=UTC),
        label=12.5,
        source="atc",
        received=NOW,
    )
    assert (of_key.key, of_key.received.hour) == ("N14228", 23)


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".parquet"])
@pytest.mark.parametrize("value", [0, 0.0, False, "late", [0.1, 0.9]])
def test_every_form_of_a_file_holds_the_same(tmp_path: Path, suffix: str, value: Any) -> None:
    label = Label(key="k", event_time=NOW, label=value, source="s", received=NOW)
    path = tmp_path / f"in{suffix}"
    path.write_bytes(encoded([label], path.name))
    store = FolderStore(tmp_path / "labels")
    add_file(store, path, now=NOW)
    assert list(stored_labels(store)) == [label]


def test_all_problems_are_told_at_once_and_nothing_is_taken(tmp_path: Path) -> None:
    wrong: list[dict[str, Any]] = [
        {**RECORD, "key": "k"},
        {"event_time": "2026-03-02T10:00:00", "label": None, "lable": 1},
        {**RECORD, "prediction_id": "", "source": ""},
        {**RECORD, "event_time": "1970-01-01T00:00:12Z"},
    ]
    path = written(tmp_path / "in.jsonl", RECORD, *wrong)
    store = FolderStore(tmp_path / "labels")
    with pytest.raises(MonitoringError) as refusal:
        add_file(store, path, now=NOW)
    message = str(refusal.value)
    for part in (
        "got 4 records that are no labels, expected none, fix: correct them; nothing was taken",
        "record 2: prediction_id, key: got both",
        "record 3: lable: got an unknown key",
        "record 3: prediction_id, key: got neither",
        "record 3: event_time: got '2026-03-02T10:00:00', expected a time with its zone",
        "record 3: label: got None",
        "record 3: source: got nothing",
        "record 4: prediction_id: got ''",
        "record 5: event_time: got 1970-01-01T00:00:12Z, expected a time after 2000-01-01, fix: set the clock",
    ):
        assert part in message
    assert store.names() == []


def test_an_event_in_the_future_has_not_happened_but_clocks_may_differ_a_little() -> None:
    soon = {**RECORD, "event_time": (NOW + timedelta(minutes=4)).isoformat()}
    assert len(labels_of([soon], "in", NOW)) == 1
    later = {**RECORD, "event_time": (NOW + timedelta(minutes=6)).isoformat()}
    with pytest.raises(MonitoringError, match="in the future by this machine's clock"):
        labels_of([later], "in", NOW)
    # What was taken once is read for good, though the clock that took it has been set back since.
    assert len(labels_of([later], "in", NOW, is_new=False)) == 1


def test_numbers_that_are_none_are_no_labels() -> None:
    wrong: list[Any] = [float("nan"), float("inf"), [float("nan")], [], {}, [True]]
    for value in wrong:
        with pytest.raises(MonitoringError, match="label: got"):
            labels_of([{**RECORD, "label": value}], "in", NOW)


def test_the_command_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    past = {**RECORD, "event_time": "2026-01-01T00:00:00Z", "received": "2026-01-02T00:00:00Z"}
    del past["source"]
    path = written(tmp_path / "in.jsonl", past)
    place = tmp_path / "labels"
    assert main(["add", str(path), "--labels", str(place)]) == 2
    assert "source: got nothing" in capsys.readouterr().err
    assert main(["add", str(path), "--labels", str(place), "--source", "atc"]) == 0
    assert f"1 labels in {place}: date=2026-01-02/" in capsys.readouterr().out
    assert main(["add", str(tmp_path / "none.jsonl"), "--labels", str(place)]) == 2
    path.write_text("{")
    assert main(["add", str(path), "--labels", str(place)]) == 2
    (tmp_path / "a-file").touch()
    assert main(["add", str(written(path, past)), "--labels", str(tmp_path / "a-file"), "--source", "a"]) == 1
    assert "expected a place to write to" in capsys.readouterr().err


def test_a_file_that_is_none_names_itself(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    for name, content in (("a.jsonl.gz", b"no gzip"), ("b.parquet", b"no parquet"), ("c.txt", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(MonitoringError, match=name):
            add_file(store, tmp_path / name, now=NOW)
