"""`python -m mlops_runtime.monitoring.retain`: deletes payloads, and labels where they are named, past their time.

A file's age is that of the day that its folder names: a volume's own times change when it is copied. Files that lie
outside such folders are none of ours and stay.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from mlops_runtime.monitoring.errors import MonitoringError
from mlops_runtime.monitoring.payloads.partitions import day_of
from mlops_runtime.monitoring.store import Store, store_of


def deleted(store: Store, days: int, today: date) -> list[str]:
    """Delete the files of days that ended at least so many days ago; return their names.

    Args:
        store: The payloads, or the labels.
        days: How many days a file is kept beside the day that it is of.
        today: The day that it is, in UTC.
    """
    oldest_kept = today - timedelta(days=days)
    names = [name for name in store.names() if (day := day_of(name)) is not None and day < oldest_kept]
    for name in names:
        store.remove(name)
    return names


def main(arguments: Sequence[str] | None = None) -> int:
    """Delete as the command line says; return the exit code."""
    options = parser().parse_args(arguments)
    today = datetime.now(UTC).date()
    try:
        for kind, address in (("payloads", options.payloads), ("labels", options.labels)):
            if address is None:
                continue
            names = deleted(store_of(address), options.days, today)
            oldest = today - timedelta(days=options.days)
            print(f"{kind}: deleted {len(names)} files of days before {oldest} in {address}", flush=True)
    except (MonitoringError, OSError) as error:
        print(f"retain: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


def _days(text: str) -> int:
    days = int(text)
    if days < 1:
        raise ValueError(text)
    return days


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    parser = argparse.ArgumentParser(description="Delete payloads and labels that are older than they may be.")
    parser.add_argument("--payloads", help="the payloads' folder, or s3://bucket/prefix")
    parser.add_argument("--labels", help="the labels' folder, or s3://bucket/prefix")
    parser.add_argument("--days", type=_days, required=True, help="how many days are kept, 1 or more")
    return parser


if __name__ == "__main__":
    sys.exit(main())
