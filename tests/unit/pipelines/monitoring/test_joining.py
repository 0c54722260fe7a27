import gzip
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from mlops_runtime.monitoring.errors import MonitoringError
from mlops_runtime.monitoring.joining import Joined, LabelState, joined, joined_by_day
from mlops_runtime.monitoring.labels.files import add_labels
from mlops_runtime.monitoring.labels.record import Label, written_time
from mlops_runtime.monitoring.store import FolderStore

START = datetime(2026, 3, 2, 12, tzinfo=UTC)


def row(prediction_id: str, row: int = 0, hours: float = 0, key: str | None = None) -> dict[str, Any]:
    return {
        "prediction_id": prediction_id,
        "row": row,
        "time": written_time(START + timedelta(hours=hours)),
        "model": "flight-delay",
        "version": "7",
        "digest": "sha256:0",
        "trace_id": None,
        "key": key,
        "inputs": {"carrier": "B6", "wind": row},
        "outputs": {"delay": 1.5},
        "latency_milliseconds": 0.4,
    }


def label(prediction_id: str | None = None, value: Any = 2.0, *, hours: float = 1, **more: Any) -> Label:
    """A label whose event was `hours` after the start, and which came right then unless it is said otherwise."""
    received = START + timedelta(hours=more.pop("came_hours", hours))
    event_time = START + timedelta(hours=hours)
    return Label(
        prediction_id=prediction_id, event_time=event_time, label=value, source="atc", received=received, **more
    )


def states(found: Joined) -> dict[str, str]:
    ids = found.frame["prediction_id"] + "/" + found.frame["row"].astype(str)
    return dict(zip(ids, found.frame["label_state"], strict=True))


def test_the_frame_has_what_was_asked_answered_and_came_of_it() -> None:
    found = joined([row("b", 1), row("a", 0, key="N1")], [label("a/0", 9.0), label("b/1", 8.0)], lateness_hours=24)
    assert list(found.frame.columns) == [
        *("prediction_id", "row", "time", "version", "digest", "key", "input.carrier", "input.wind", "output.delay"),
        *("label", "label_time", "label_state"),
    ]
    assert found.frame["prediction_id"].tolist() == ["a", "b"]
    assert found.frame["label"].tolist() == [9.0, 8.0]
    assert found.frame["label_time"].tolist() == [pandas.Timestamp(START + timedelta(hours=1))] * 2
    assert (found.counts.rows, found.counts.labels, found.counts.joined) == (2, 2, 2)


def test_labels_that_never_arrive_wait_and_then_are_missing() -> None:
    rows = [row("a"), row("b", hours=20)]
    assert joined(rows, [], lateness_hours=24).counts.waiting == 2
    found = joined(rows, [], lateness_hours=24, now=START + timedelta(hours=25))
    assert states(found) == {"a/0": "missing", "b/0": "waiting"}
    assert found.frame["label"].isna().all()
    assert (found.counts.missing, found.counts.waiting) == (1, 1)


def test_a_label_that_comes_twice_counts_once_and_the_last_value_holds() -> None:
    labels = [label("a", 5.0, came_hours=3), label("a", 2.0, came_hours=2), label("a", 5.0, came_hours=1)]
    found = joined([row("a")], labels, lateness_hours=24)
    assert found.frame["label"].tolist() == [5.0]
    counts = found.counts
    assert (counts.joined, counts.double, counts.changed, counts.orphaned) == (1, 2, 1, 0)


def test_labels_of_predictions_that_nobody_made_are_orphaned() -> None:
    labels = [label("nobody/0"), label("a/1"), label("a/x"), label(key="N9"), label(key="N1", hours=-1)]
    counts = joined([row("a", key="N1")], labels, lateness_hours=24).counts
    assert (counts.orphaned, counts.joined, counts.waiting) == (5, 0, 1)


def test_a_label_of_what_the_sample_left_out_is_not_orphaned() -> None:
    ids = [f"flight-{number}" for number in range(200)]
    counts = joined([], [label(f"{one}/0") for one in ids], lateness_hours=24, sampling_percent=30).counts
    assert 20 < counts.orphaned < 100
    assert counts.orphaned + counts.unsampled == 200


def test_a_late_label_is_counted_and_changes_nothing() -> None:
    found = joined([row("a"), row("b")], [label("a", came_hours=25), label("b", came_hours=23)], lateness_hours=24)
    assert states(found) == {"a/0": LabelState.LATE, "b/0": LabelState.JOINED}
    assert pandas.isna(found.frame["label"][0])
    assert (found.counts.late, found.counts.late_rows, found.counts.joined) == (1, 1, 1)


def test_a_key_s_label_belongs_to_the_last_prediction_before_its_event() -> None:
    rows = [row("a", key="N1"), row("b", hours=2, key="N1"), row("c", hours=5, key="N1"), row("d", key="N2")]
    found = joined(rows, [label(key="N1", hours=3)], lateness_hours=24)
    assert states(found) == {"a/0": "waiting", "b/0": "joined", "c/0": "waiting", "d/0": "waiting"}


def test_clocks_that_jump_lose_no_label() -> None:
    # One machine's clock is two minutes behind the other's, and one was a day behind when it took the label.
    labels = [label(key="N1", hours=-0.03), label("b", hours=-24)]
    found = joined([row("a", key="N1"), row("b")], labels, lateness_hours=1)
    assert set(states(found).values()) == {"joined"}


def test_an_id_that_was_used_twice_stands_for_the_first_prediction() -> None:
    found = joined([row("a", hours=1), row("a"), row("a", hours=2)], [label("a")], lateness_hours=24)
    assert found.frame["time"].tolist() == [pandas.Timestamp(START)]
    assert (found.counts.rows, found.counts.repeated, found.counts.joined) == (1, 2, 1)


def test_a_record_that_is_none_is_told() -> None:
    with pytest.raises(MonitoringError, match="expected one with prediction_id, row and time"):
        joined([{"prediction_id": "a"}], [], lateness_hours=24)


PREDICTED = some.tuples(some.sampled_from("abcd"), some.integers(0, 2), some.floats(0, 48), some.sampled_from("xyz"))
TOLD = some.tuples(
    some.one_of(some.none(), some.builds("{}/{}".format, some.sampled_from("abcde"), some.integers(0, 2))),
    some.sampled_from("xyzu"),
    some.integers(0, 3),
    some.floats(-48, 96),
    some.floats(-48, 96),
)


@settings(max_examples=150, deadline=None)
@given(some.lists(PREDICTED, max_size=20), some.lists(TOLD, max_size=30), some.floats(0, 72), some.randoms())
def test_the_counts_add_up_and_no_order_matters(
    predicted: Sequence[tuple[str, int, float, str]],
    told: Sequence[tuple[str | None, str, int, float, float]],
    lateness_hours: float,
    random: Any,
) -> None:
    rows = [row(name, number, hours, key) for name, number, hours, key in predicted]
    labels = [
        label(name, value, hours=hours, came_hours=came, key=key if name is None else None)
        for name, key, value, hours, came in told
    ]
    now = START + timedelta(hours=60)
    found = joined(rows, labels, lateness_hours=lateness_hours, now=now)
    counts = found.counts
    assert counts.rows == counts.joined + counts.waiting + counts.late_rows + counts.missing == len(found.frame)
    assert counts.rows + counts.repeated == len(rows)
    assert counts.labels == counts.joined + counts.late + counts.double + counts.orphaned + counts.unsampled
    assert counts.labels == len(labels)
    assert counts.changed <= counts.double
    assert (found.frame["label_state"] == "joined").sum() == found.frame["label"].notna().sum() == counts.joined
    random.shuffle(rows)
    random.shuffle(labels)
    again = joined(rows, labels, lateness_hours=lateness_hours, now=now)
    assert again.counts == counts
    # Of two records of one id and one time either may stand: nothing else tells them apart but what they hold.
    if counts.repeated == 0:
        pandas.testing.assert_frame_equal(again.frame, found.frame)


def put(store: FolderStore, day: date, rows: Sequence[dict[str, Any]]) -> None:
    lines = "".join(json.dumps(one) + "\n" for one in rows)
    store.write(f"date={day}/hour=12/pod-1.jsonl.gz", gzip.compress(lines.encode()))


def test_a_window_reads_its_days_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    payloads, labels = FolderStore(tmp_path / "payloads"), FolderStore(tmp_path / "labels")
    for day in range(4):
        put(payloads, (START + timedelta(days=day)).date(), [row(f"d{day}", number, 24 * day) for number in range(3)])
    add_labels(labels, [label(f"d{day}/{number}", hours=24 * day + 20) for day in range(4) for number in range(2)])
    read: list[str] = []
    own = FolderStore.read

    def noted(self: FolderStore, name: str) -> bytes:
        read.append(name)
        return own(self, name)

    monkeypatch.setattr(FolderStore, "read", noted)
    second = date(2026, 3, 3)
    found = joined(payloads.address, labels.address, lateness_hours=24, since=second, until=second)
    assert found.frame["prediction_id"].unique().tolist() == ["d1"]
    assert (found.counts.joined, found.counts.waiting) == (2, 1)
    assert [name for name in read if "hour=" in name] == ["date=2026-03-03/hour=12/pod-1.jsonl.gz"]

    by_day = dict(joined_by_day(payloads.address, labels.address, lateness_hours=24))
    assert list(by_day) == [START.date() + timedelta(days=number) for number in range(4)]
    assert [each.counts.joined for each in by_day.values()] == [2, 2, 2, 2]
    whole = joined(payloads.address, labels.address, lateness_hours=24)
    assert (whole.counts.rows, whole.counts.joined, whole.counts.orphaned) == (12, 8, 0)


def test_a_hundred_thousand_rows_are_joined() -> None:
    rows = [row(f"p{number // 100}", number % 100, hours=number / 10_000) for number in range(100_000)]
    found = joined(rows, [label(f"p{number}/7", hours=12) for number in range(1000)], lateness_hours=24)
    assert (found.counts.rows, found.counts.joined) == (100_000, 1000)
