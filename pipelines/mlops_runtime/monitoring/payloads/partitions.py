"""The folders of payloads and labels: a day, and for payloads an hour. A file's name says its day to whoever looks."""

import re
from datetime import UTC, date, datetime
from typing import Final

PAYLOAD_SUFFIX: Final = ".jsonl.gz"
_DAY = re.compile(r"date=(\d{4}-\d{2}-\d{2})/")


def hour_folder(seconds: float) -> str:
    """Return the folder of an hour, from a time in seconds since 1970."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"date={moment:%Y-%m-%d}/hour={moment:%H}"


def day_folder(day: date) -> str:
    """Return the folder of a day."""
    return f"date={day.isoformat()}"


def day_of(name: str) -> date | None:
    """Return the day of a file, by its name; None where it has none: it is not one of ours."""
    found = _DAY.match(name)
    if found is None:
        return None
    try:
        return date.fromisoformat(found[1])
    except ValueError:
        return None
