"""Which rows are the window's, and into which period of the history each falls."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd


@dataclass(frozen=True)
class Periods:
    """The window, and equal periods of the history before and in it.

    Attributes:
        since: The window's begin.
        until: Its end, and the history's; not in it.
        starts: Each period's begin, ascending.
        hours: How long a period is.
        in_window: Whether a row is the window's.
        is_of_history: Whether a row falls into a period.
        period: Each row's period, as its place in `starts`; it means nothing for a row that falls into none.
    """

    since: pd.Timestamp
    until: pd.Timestamp
    starts: tuple[pd.Timestamp, ...]
    hours: float
    in_window: npt.NDArray[np.bool_]
    is_of_history: npt.NDArray[np.bool_]
    period: npt.NDArray[np.int64]

    @property
    def rows(self) -> int:
        """How many rows the window has."""
        return int(self.in_window.sum())

    @property
    def count(self) -> int:
        """How many periods there are."""
        return len(self.starts)

    @property
    def trailing(self) -> int:
        """How many periods are as long as the window: a point of a picture is of so many, up to its own."""
        window_hours = (self.until - self.since) / pd.Timedelta(hours=1)
        return max(1, round(window_hours / self.hours))

    def rows_by_period(self) -> tuple[int, ...]:
        """Return how many rows each period has."""
        return tuple(np.bincount(self.period[self.is_of_history], minlength=self.count).tolist())


def periods_of(
    times: "pd.Series[Any]", until: pd.Timestamp, window_hours: float, history_days: float, period_hours: float = 24.0
) -> Periods:
    """Return the window and the periods of some rows.

    A period begins at a whole multiple of its length since midnight (UTC), so a day is a day; the last may be cut.

    Args:
        times: Each row's time, with its zone.
        until: The window's end.
        window_hours: The window's length.
        history_days: How far back the periods go.
        period_hours: How long a period is.
    """
    moments = pd.to_datetime(times, utc=True)
    since = until - pd.Timedelta(hours=window_hours)
    length = pd.Timedelta(hours=period_hours)
    # The first point of a picture is of a whole window too.
    first = (until - pd.Timedelta(days=history_days) - pd.Timedelta(hours=window_hours)).floor(length)
    starts = tuple(pd.date_range(first, until, freq=length, inclusive="left"))
    is_before_end = (moments < until).to_numpy()
    return Periods(
        since=since,
        until=until,
        starts=starts,
        hours=period_hours,
        in_window=is_before_end & (moments >= since).to_numpy(),
        is_of_history=is_before_end & (moments >= first).to_numpy(),
        period=np.asarray(((moments - first) // length).fillna(-1), dtype=np.int64),
    )
