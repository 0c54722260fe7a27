"""Predictions and what became of them: payload rows and labels, joined within a lateness budget.

A label is of one row: of the one that its prediction id names, or of the last one that was asked about its key before
its event. A row takes the labels that came within the budget after it was answered, and of several the last one, which
corrects those before. Nothing depends on the order in which files and records come.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_runtime.monitoring.errors import MonitoringError
from mlops_runtime.monitoring.labels.files import label_files, stored_labels
from mlops_runtime.monitoring.labels.record import CLOCK_TOLERANCE, Label, read_time
from mlops_runtime.monitoring.payloads.partitions import day_of
from mlops_runtime.monitoring.payloads.reading import payload_days, payload_records
from mlops_runtime.monitoring.payloads.sampling import Sample
from mlops_runtime.monitoring.store import Store, store_of

if TYPE_CHECKING:
    import pandas

Records = Iterable[Mapping[str, Any]]
Labels = Iterable[Label]
RowId = tuple[str, int]


class LabelState(StrEnum):
    """What is known of a row's label."""

    JOINED = "joined"
    """It came within the budget."""
    WAITING = "waiting"
    """None yet, and the budget is not over."""
    LATE = "late"
    """One came after the budget, and is not used: what was computed of the row stays as it was."""
    MISSING = "missing"
    """None came within the budget."""


@dataclass(slots=True)
class Counts:
    """What became of rows and labels.

    `rows` is `joined + waiting + late_rows + missing`; `labels` is `joined + late + double + orphaned + unsampled`.

    Attributes:
        rows: Rows of predictions.
        labels: Labels.
        joined: Rows with a label that came in time.
        waiting: Rows without one whose budget is not over.
        missing: Rows without one whose budget is over.
        late_rows: Rows of which every label came after the budget.
        late: Labels that came after the budget.
        double: Further labels of a row that has one in time.
        changed: Of those, the ones with another value.
        orphaned: Labels of predictions that nobody made.
        unsampled: Labels of predictions that the payload log left out.
        repeated: Further rows with the id of another: a caller used an id twice. The first one stands.
    """

    rows: int = 0
    labels: int = 0
    joined: int = 0
    waiting: int = 0
    missing: int = 0
    late_rows: int = 0
    late: int = 0
    double: int = 0
    changed: int = 0
    orphaned: int = 0
    unsampled: int = 0
    repeated: int = 0


@dataclass(frozen=True, slots=True)
class Joined:
    """Rows of predictions with their labels.

    Attributes:
        frame: One row for each: prediction_id, row, time, version, digest, key, `input.<feature>`, `output.<output>`,
            label, label_time, label_state; in the order of time, id and row.
        counts: What became of rows and labels.
    """

    frame: "pandas.DataFrame"
    counts: Counts


def joined(
    payloads: str | Path | Records,
    labels: str | Path | Labels,
    *,
    lateness_hours: float,
    now: datetime | None = None,
    since: date | None = None,
    until: date | None = None,
    sampling_percent: float = 100.0,
) -> Joined:
    """Join predictions and labels.

    Args:
        payloads: A folder or `s3://bucket/prefix`, or the records.
        labels: The same of labels.
        lateness_hours: How long after its prediction a label counts.
        now: Tells rows that wait from rows that nothing comes for any more. Defaults to none: all of them wait.
        since: The first day of predictions. Defaults to the first that there is.
        until: The last day of predictions. Defaults to the last that there is. Only files of these days are read, and
            of labels those of the days in which theirs come.
        sampling_percent: The payload log's, so that a label of a request that it left out is not called orphaned.

    Raises:
        MonitoringError: A file holds something else.
    """
    budget = timedelta(hours=lateness_hours)
    if isinstance(payloads, str | Path):
        payloads = _records_between(store_of(payloads), since, until)
    else:
        payloads = [record for record in payloads if _is_between(record, since, until)]
    if isinstance(labels, str | Path):
        labels = _labels_between(store_of(labels), since, until, budget)
    table = _Table(payloads)
    table.take(labels, budget, Sample(sampling_percent))
    table.settle(budget, now)
    return Joined(table.frame(), table.counts)


def joined_by_day(
    payloads: str | Path, labels: str | Path, *, lateness_hours: float, **options: Any
) -> Iterator[tuple[date, Joined]]:
    """Yield what `joined` makes of each day that has payloads: as much memory as one day needs.

    A label that names a prediction of another day is orphaned in this one: add up the rows, and the labels that joined.
    """
    for day in payload_days(store_of(payloads)):
        yield day, joined(payloads, labels, lateness_hours=lateness_hours, since=day, until=day, **options)


@dataclass(slots=True)
class _Row:
    record: Mapping[str, Any]
    time: datetime
    in_time: list[Label] = field(default_factory=list)
    late: int = 0
    state: LabelState = LabelState.WAITING
    label: Label | None = None

    @property
    def order(self) -> tuple[datetime, str, int]:
        return self.time, self.record["prediction_id"], self.record["row"]


class _Table:
    """The rows, found by id and by key."""

    def __init__(self, records: Records) -> None:
        self.counts = Counts()
        self._rows: dict[RowId, _Row] = {}
        for record in records:
            self._add(record)
        self._by_key: dict[str, list[_Row]] = {}
        for row in sorted(self._rows.values(), key=lambda row: row.order):
            if (key := row.record.get("key")) is not None:
                self._by_key.setdefault(key, []).append(row)
        self.counts.rows = len(self._rows)

    def take(self, labels: Labels, budget: timedelta, sample: Sample) -> None:
        """Give each label to its row."""
        for label in labels:
            self.counts.labels += 1
            row = self._row_of(label)
            if row is None:
                named = (label.prediction_id or "").partition("/")[0]
                if label.prediction_id is not None and not sample.holds(named):
                    self.counts.unsampled += 1
                else:
                    self.counts.orphaned += 1
            elif label.received - row.time > budget:
                # One that was received before its prediction comes from a clock that is behind: it is in time.
                self.counts.late += 1
                row.late += 1
            else:
                row.in_time.append(label)

    def settle(self, budget: timedelta, now: datetime | None) -> None:
        """Decide what each row's label is."""
        for row in self._rows.values():
            if row.in_time:
                # The last one that came; what else differs decides only where that is the same.
                row.label = max(row.in_time, key=_rank)
                row.state = LabelState.JOINED
                self.counts.joined += 1
                self.counts.double += len(row.in_time) - 1
                self.counts.changed += sum(label.label != row.label.label for label in row.in_time)
            elif row.late:
                row.state = LabelState.LATE
                self.counts.late_rows += 1
            elif now is not None and now - row.time > budget:
                row.state = LabelState.MISSING
                self.counts.missing += 1
            else:
                self.counts.waiting += 1

    def frame(self) -> "pandas.DataFrame":
        """Return the rows in the order of time, id and row."""
        import pandas  # noqa: PLC0415 - slow to import, and not needed by whoever erases

        rows = sorted(self._rows.values(), key=lambda row: row.order)
        columns: dict[str, Any] = {name: [row.record.get(name) for row in rows] for name in ("prediction_id", "row")}
        columns["time"] = pandas.to_datetime([row.time for row in rows], utc=True)
        columns |= {name: [row.record.get(name) for row in rows] for name in ("version", "digest", "key")}
        for kind in ("inputs", "outputs"):
            names = sorted({name for row in rows for name in row.record.get(kind) or ()})
            for name in names:
                columns[f"{kind[:-1]}.{name}"] = [(row.record.get(kind) or {}).get(name) for row in rows]
        columns["label"] = [None if row.label is None else row.label.label for row in rows]
        happened: list[Any] = [None if row.label is None else row.label.event_time for row in rows]
        columns["label_time"] = pandas.to_datetime(happened, utc=True)
        columns["label_state"] = [row.state.value for row in rows]
        return pandas.DataFrame(columns)

    def _add(self, record: Mapping[str, Any]) -> None:
        moment = read_time(record.get("time"))
        prediction_id, row = record.get("prediction_id"), record.get("row")
        if moment is None or not isinstance(prediction_id, str) or not isinstance(row, int):
            raise MonitoringError(
                f"payloads: got a record {str(dict(record))[:200]}, expected one with prediction_id, row and time"
            )
        new = _Row(record, moment)
        known = self._rows.setdefault((prediction_id, row), new)
        if known is not new:
            self.counts.repeated += 1
            if new.order < known.order:
                self._rows[prediction_id, row] = new

    def _row_of(self, label: Label) -> _Row | None:
        if label.prediction_id is not None:
            prediction_id, slash, row = label.prediction_id.partition("/")
            if slash and not (row.isascii() and row.isdecimal()):
                return None
            return self._rows.get((prediction_id, int(row) if slash else 0))
        rows = self._by_key.get(label.key or "", ())
        place = bisect_right(rows, label.event_time + CLOCK_TOLERANCE, key=lambda row: row.time)
        return rows[place - 1] if place else None


def _rank(label: Label) -> tuple[datetime, datetime, str, str]:
    return label.received, label.event_time, label.source, repr(label.label)


def _is_between(record: Mapping[str, Any], since: date | None, until: date | None) -> bool:
    if since is None and until is None:
        return True
    moment = read_time(record.get("time"))
    return moment is None or (since or date.min) <= moment.date() <= (until or date.max)


def _records_between(store: Store, since: date | None, until: date | None) -> Iterator[dict[str, Any]]:
    for day in payload_days(store):
        if (since or date.min) <= day <= (until or date.max):
            yield from payload_records(store, day)


def _labels_between(store: Store, since: date | None, until: date | None, budget: timedelta) -> Iterator[Label]:
    """Yield the labels of the days in which a window's come, and one more for clocks that differ."""
    first = date.min if since is None else since - timedelta(days=1)
    last = date.max if until is None else until + timedelta(days=2) + budget
    for day in sorted({day for name in label_files(store) if (day := day_of(name)) is not None}):
        if first <= day <= last:
            yield from stored_labels(store, day)
