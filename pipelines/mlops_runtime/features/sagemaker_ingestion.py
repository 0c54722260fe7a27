"""Brings rows into a feature group: PutRecord for each, many at a time, and counts that add up.

PutRecord takes one record. AWS orders them by their event time and not by their arrival: "If a new record's EventTime
is greater, the new record is written to both the OnlineStore and OfflineStore. Otherwise, the record is a historic
record and it is written only to the OfflineStore." So rows may come in any order, and again.
"""

import itertools
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from mlops_runtime.features.definition import FeatureView
from mlops_runtime.features.sagemaker_records import RowError, record_of

WORKERS = 16
"""Requests that are under way at a time."""
BATCH_ROWS = 2000
"""Rows that are read ahead of the requests."""
ATTEMPTS = 8
"""How often one record is sent before it counts as failed."""
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 10.0
REASONS_MAX = 20
"""Reasons that are kept, of rows that were not put."""
_AGAIN = frozenset(
    ("ThrottlingException", "Throttling", "TooManyRequestsException", "ServiceUnavailable", "InternalFailure")
)


@dataclass
class IngestionCounts:
    """What became of the rows of a view. `read` is the sum of the others."""

    read: int = 0
    put: int = 0
    """Taken by SageMaker."""
    unusable: int = 0
    """Not sent: the key or the event time is missing, or a value is not of its type."""
    refused: int = 0
    """Sent, and refused by SageMaker."""
    failed: int = 0
    """Sent again and again, and throttled or unavailable to the end."""
    retries: int = 0
    """Requests that were sent again. They count no row."""
    newest_event_time: str = ""
    """Of the rows that could be sent, as SageMaker writes it; empty where there was none."""
    reasons: list[str] = field(default_factory=list)
    """The first reasons, each with its row."""

    @property
    def adds_up(self) -> bool:
        """Whether every row that was read is one of the others."""
        return self.read == self.put + self.unusable + self.refused + self.failed

    def document(self) -> dict[str, Any]:
        """Return the counts as plain JSON values."""
        counts = {name: getattr(self, name) for name in ("read", "put", "unusable", "refused", "failed", "retries")}
        return {**counts, "newest_event_time": self.newest_event_time, "reasons": self.reasons}

    def note(self, reason: str) -> None:
        """Keep a reason, if it is among the first."""
        if len(self.reasons) < REASONS_MAX:
            self.reasons.append(reason)


@dataclass(frozen=True)
class _Sent:
    """How one record ended."""

    outcome: str
    retries: int
    reason: str = ""


def ingest(
    view: FeatureView,
    feature_group: str,
    rows: Iterable[Mapping[str, Any]],
    client: Any,
    *,
    workers: int = WORKERS,
    pause: Callable[[float], None] = time.sleep,
) -> IngestionCounts:
    """Put every row of a view into its feature group.

    Args:
        view: The view.
        feature_group: Name of its feature group.
        rows: Each row's values, by column. They are read as they are needed.
        client: A boto3 client of sagemaker-featurestore-runtime, with as many connections as there are workers and no
            retries of its own: `runtime_client` makes one.
        workers: Requests under way at a time.
        pause: Waits for so many seconds.

    Returns:
        The counts.
    """
    counts = IngestionCounts()
    numbered = enumerate(rows)
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="put-record") as pool:
        while batch := list(itertools.islice(numbered, BATCH_ROWS)):
            ready = list(_records(view, batch, counts))
            sent = pool.map(lambda item: _put(client, feature_group, item[1], pause), ready)
            for (number, _), one in zip(ready, sent, strict=True):
                counts.retries += one.retries
                setattr(counts, one.outcome, getattr(counts, one.outcome) + 1)
                if one.reason:
                    counts.note(f"row {number}: {one.reason}")
    return counts


def runtime_client(region: str | None, *, workers: int = WORKERS) -> Any:
    """Make a client of sagemaker-featurestore-runtime that many threads share."""
    import boto3  # noqa: PLC0415 - only an image for SageMaker has it
    from botocore.config import Config  # noqa: PLC0415

    # What is sent again is counted here, so boto3 sends nothing again by itself.
    config = Config(max_pool_connections=workers, connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 1})
    return boto3.session.Session().client("sagemaker-featurestore-runtime", region_name=region, config=config)


def _records(
    view: FeatureView, batch: Iterable[tuple[int, Mapping[str, Any]]], counts: IngestionCounts
) -> Iterator[tuple[int, list[dict[str, str]]]]:
    for number, row in batch:
        counts.read += 1
        try:
            record = record_of(view, row)
        except RowError as error:
            counts.unusable += 1
            counts.note(f"row {number}: {error}")
        else:
            # The event time stands first; texts of this form are in the order of their times.
            counts.newest_event_time = max(counts.newest_event_time, record[0]["ValueAsString"])
            yield number, record


def _put(client: Any, feature_group: str, record: list[dict[str, str]], pause: Callable[[float], None]) -> _Sent:
    from botocore.exceptions import ClientError, HTTPClientError  # noqa: PLC0415 - only an image for SageMaker has it

    wait, reason = FIRST_PAUSE_SECONDS, ""
    for attempt in range(ATTEMPTS):
        try:
            client.put_record(FeatureGroupName=feature_group, Record=record)
        except ClientError as error:
            code, reason = error.response["Error"]["Code"], str(error)
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if code not in _AGAIN and status < 500:
                return _Sent("refused", attempt, reason)
        except HTTPClientError as error:
            reason = str(error)
        else:
            return _Sent("put", attempt)
        if attempt + 1 < ATTEMPTS:
            # Each worker waits another time, so that they do not all come back at once.
            pause(wait * (0.5 + random.random()))  # noqa: S311 - no secret
            wait = min(wait * 2, LONGEST_PAUSE_SECONDS)
    return _Sent("failed", ATTEMPTS - 1, reason)
