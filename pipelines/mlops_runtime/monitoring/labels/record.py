"""A label: what became of what was predicted, and everything that may be wrong with one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from mlops_runtime.monitoring.errors import MonitoringError

FIELDS: Final = ("prediction_id", "key", "event_time", "label", "source", "received")
CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""How far two machines' clocks may differ: an event further in the future has not happened."""
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""A time before it comes from a clock that was never set, and starts at 1970."""
SHOWN_PROBLEMS: Final = 20

LabelValue = float | int | bool | str | list[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What became of one prediction.

    Attributes:
        prediction_id: The prediction's id: `<id>/<row>`, or `<id>` of a request of one row. It or `key` is given.
        key: The key of the entity that was asked about. The label belongs to the last prediction for it before
            `event_time`.
        event_time: When what was predicted happened.
        label: The value: of the same kind as the model's output.
        source: Who says so.
        received: When it was received.
    """

    prediction_id: str | None = None
    key: str | None = None
    event_time: datetime
    label: LabelValue
    source: str
    received: datetime

    def document(self) -> dict[str, Any]:
        """Return the record as it is written."""
        named = {"prediction_id": self.prediction_id, "key": self.key}
        return {
            **{name: value for name, value in named.items() if value is not None},
            "event_time": written_time(self.event_time),
            "label": self.label,
            "source": self.source,
            "received": written_time(self.received),
        }


def labels_of(
    records: Iterable[Mapping[str, Any]], place: str, now: datetime, *, source: str | None = None, is_new: bool = True
) -> list[Label]:
    """Check records and return them as labels.

    Args:
        records: The records.
        place: What they are called in messages, such as the file's name.
        now: When they were received; a record that says so itself keeps its own.
        source: Who says so, where a record does not.
        is_new: Whether they come in now: then a time in the future is refused. What is there already was checked then,
            and a clock that was set back since makes no record of it wrong.

    Raises:
        MonitoringError: With everything that is wrong, of the first records that are.
    """
    labels: list[Label] = []
    problems: list[str] = []
    wrong = 0
    for number, record in enumerate(records, 1):
        found = _problems(record, source, now if is_new else None)
        if found:
            wrong += 1
            problems += [f"{place}: record {number}: {problem}" for problem in found]
        elif not wrong:
            labels.append(_label(record, now, source))
    if wrong:
        shown = problems[:SHOWN_PROBLEMS]
        more = f"\nand {len(problems) - len(shown)} more problems" if len(problems) > len(shown) else ""
        told = f"{place}: got {wrong} records that are no labels, expected none, fix: correct them; nothing was taken"
        raise MonitoringError("\n".join((told, *shown)) + more)
    return labels


def read_time(value: object) -> datetime | None:
    """Return a time with its zone; None where it is none, or has no zone."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        return None
    return value.astimezone(UTC)


def written_time(moment: datetime) -> str:
    """Return a time in RFC 3339's form, in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _label(record: Mapping[str, Any], now: datetime, source: str | None) -> Label:
    event_time, received = read_time(record["event_time"]), read_time(record.get("received")) or now
    assert event_time is not None  # noqa: S101 - checked before
    return Label(
        prediction_id=record.get("prediction_id"),
        key=record.get("key"),
        event_time=event_time,
        label=record["label"],
        source=record.get("source") or source or "",
        received=received,
    )


def _problems(record: Mapping[str, Any], source: str | None, now: datetime | None) -> list[str]:
    if not isinstance(record, Mapping):
        return [f"got {record!r:.80}, expected an object, fix: write an object on each line"]
    problems = [
        f"{key}: got an unknown key, expected one of {', '.join(FIELDS)}, fix: remove it"
        for key in sorted(record.keys() - set(FIELDS))
    ]
    named = [name for name in ("prediction_id", "key") if record.get(name) is not None]
    if len(named) != 1:
        got = "both" if named else "neither"
        problems.append(f"prediction_id, key: got {got}, expected one of the two, fix: name what the label is of")
    problems += [
        f"{name}: got {record[name]!r:.80}, expected a text that is not empty, fix: correct it"
        for name in named
        if not isinstance(record[name], str) or not record[name]
    ]
    problems += _time_problems(record, now)
    if not _is_value(record.get("label")):
        got = repr(record.get("label"))[:80]
        problems.append(f"label: got {got}, expected a finite number, true or false, a text or a list of numbers")
    if not (record.get("source") or source):
        problems.append("source: got nothing, expected who says so, fix: add it, or give --source")
    return problems


def _time_problems(record: Mapping[str, Any], now: datetime | None) -> list[str]:
    problems = []
    for name in ("event_time", "received"):
        value = record.get(name)
        if value is None and name == "received":
            continue
        moment = read_time(value)
        if moment is None:
            problems.append(
                f"{name}: got {value!r:.80}, expected a time with its zone, fix: write it like 2026-01-31T08:00:00Z"
            )
        elif moment < EARLIEST:
            problems.append(f"{name}: got {value}, expected a time after {EARLIEST:%Y-%m-%d}, fix: set the clock")
        elif now is not None and moment > now + CLOCK_TOLERANCE:
            problems.append(
                f"{name}: got {value}, which is in the future by this machine's clock ({written_time(now)}), expected"
                " what has happened, fix: send the label when it has, or set the clock"
            )
    return problems


def _is_value(value: object) -> bool:
    if isinstance(value, list):
        return bool(value) and all(_is_number(each) for each in value)
    return isinstance(value, str | bool) or _is_number(value)


def _is_number(value: object) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool) and abs(value) < float("inf")
