"""Brings new rows online, view by view: what is done stays done, and the next run goes on from there."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from mlops_runtime.features.definition import FeatureStoreDefinition, FeatureView

# Before any row that a source may hold.
BEGINNING = datetime(1970, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Whose rows are brought online, and of what time."""

    view: str
    start: datetime
    end: datetime


def interval_of(view: FeatureView, *, done_up_to: datetime | None, now: datetime, lateness: timedelta) -> Interval:
    """Return what of a view is to be brought online now.

    A row may reach its source after its event time: what came in late since the last run lies before that run's end.
    So each run begins earlier than the last one ended, by as much as a row may be late. A row that is online already
    is written again, and an older one never replaces it: Redis keeps each row's event time.

    Args:
        view: The view.
        done_up_to: The end of its last run; None before the first.
        now: The end of this one.
        lateness: How late a row may reach its source.
    """
    start = BEGINNING if done_up_to is None else done_up_to - lateness
    if view.time_to_live_seconds is not None:
        # What is older is not used any more.
        start = max(start, now - timedelta(seconds=view.time_to_live_seconds))
    return Interval(view=view.versioned_name, start=max(BEGINNING, min(start, now)), end=now)


def materialise(
    store: Any,
    definition: FeatureStoreDefinition,
    *,
    now: datetime,
    lateness: timedelta,
    tell: Callable[[str], None] = print,
) -> list[Interval]:
    """Bring the rows of each view online that are not there yet.

    Feast notes the end of an interval when the view's rows are all written. A run that is stopped leaves the views
    before it done, and the next one begins again with the one that it was at.

    Args:
        store: Feast's store, to which the definition is applied.
        definition: The definition.
        now: Up to when.
        lateness: How late a row may reach its source.
        tell: Takes a line for each view.

    Returns:
        What was brought online.
    """
    done = []
    for view in definition.views:
        if not view.online:
            continue
        known = store.get_feature_view(view.versioned_name)
        interval = interval_of(view, done_up_to=_end_of(known), now=now, lateness=lateness)
        store.materialize(interval.start, interval.end, feature_views=[view.versioned_name])
        tell(f"view {view.versioned_name}: online from {interval.start.isoformat()} to {interval.end.isoformat()}")
        done.append(interval)
    return done


def _end_of(view: Any) -> datetime | None:
    found: datetime | None = view.most_recent_end_time
    if found is None:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
