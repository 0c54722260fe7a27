"""The record of one row: what was asked and answered, with what must not be written left out."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import orjson

from .settings import PayloadSettings

REDACTED: Final = "<redacted>"
CUT: Final = "…"
_OPTIONS = orjson.OPT_SERIALIZE_NUMPY

Row = tuple[Mapping[str, Any], Mapping[str, Any]]
"""The inputs of a row, as the caller gave them, and its outputs."""


class Captured(NamedTuple):
    """One answered request, as cheap to make as can be: its rows are only read once its turn to be written comes.

    Attributes:
        prediction_id: Its id.
        time: When it was answered, in seconds since 1970.
        rows: Reads inputs and outputs of each row.
        row_count: How many there are.
        size_bytes: What it keeps in memory, about.
        trace_id: The trace that it is a part of.
        key: The key of the entity that was asked about.
        latency_milliseconds: How long the answer took.
    """

    prediction_id: str
    time: float
    rows: Callable[[], Iterable[Row]]
    row_count: int
    size_bytes: int
    trace_id: str | None
    key: str | None
    latency_milliseconds: float


@dataclass(frozen=True, slots=True)
class ServedVersion:
    """Which version answers: what every record says."""

    model: str
    version: str
    digest: str


class RecordWriter:
    """Writes the records of one model's requests.

    What all rows of a request have in common is encoded once, and what all requests have only here: a record costs the
    server's core about as much as its inputs and outputs do.
    """

    def __init__(self, served: ServedVersion, settings: PayloadSettings) -> None:
        names = {"model": served.model, "version": served.version, "digest": served.digest}
        self._served = b"," + orjson.dumps(names)[1:-1]
        self._redacted = frozenset(settings.redacted_features)
        self._characters_max = settings.text_characters_max
        self._second = -1
        self._second_text = ""

    def lines(self, captured: Captured) -> Iterator[bytes]:
        """Yield a line of JSON for each row of a request."""
        head = b'{"prediction_id":' + orjson.dumps(captured.prediction_id) + b',"row":'
        common = b"".join(
            (
                b',"time":"',
                self._time(captured.time).encode(),
                b'"',
                self._served,
                b',"trace_id":',
                orjson.dumps(captured.trace_id),
                b',"key":',
                orjson.dumps(captured.key),
                b',"inputs":',
            )
        )
        tail = b',"latency_milliseconds":%.3f}\n' % captured.latency_milliseconds
        for row, (inputs, outputs) in enumerate(captured.rows()):
            written = orjson.dumps(self._kept(inputs), option=_OPTIONS)
            answered = orjson.dumps(self._kept(outputs), option=_OPTIONS)
            yield b"".join((head, b"%d" % row, common, written, b',"outputs":', answered, tail))

    def _kept(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the values as they may be written: the very same mapping where nothing of it is changed."""
        kept = None
        for name, value in values.items():
            if name in self._redacted:
                changed: Any = REDACTED
            elif type(value) is str and len(value) > self._characters_max:
                changed = value[: self._characters_max] + CUT
            else:
                continue
            kept = dict(values) if kept is None else kept
            kept[name] = changed
        return values if kept is None else kept

    def _time(self, seconds: float) -> str:
        """As `timestamp`; most requests are of the same second as the one before."""
        whole, milliseconds = divmod(int(seconds * 1000), 1000)
        if whole != self._second:
            self._second, self._second_text = whole, timestamp(whole)[:-4]
        return f"{self._second_text}{milliseconds:03d}Z"


def timestamp(seconds: float) -> str:
    """Return a time in RFC 3339's form, in UTC, to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
