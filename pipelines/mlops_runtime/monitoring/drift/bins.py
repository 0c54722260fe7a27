"""Which bin of the baseline each value of a window falls into."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mlops_runtime.monitoring.baseline import CategoryBaseline, NumberBaseline
from mlops_runtime.monitoring.drift.measures import Counts

SHARE_OF_BIN_MIN: Final = 0.01
"""A rarer category shares a bin with the other rare ones: a bin of a few rows says more of chance than of drift."""
CATEGORY_BINS_MAX: Final = 50
REST: Final = "others"

Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Bins:
    """The bins of one column.

    Attributes:
        labels: What is in each.
        expected: How many rows of the baseline each has.
        place: Returns the bin of each of some known values.
    """

    labels: tuple[str, ...]
    expected: Counts
    place: Callable[[npt.NDArray[Any]], Places]

    def counts(self, places: Places) -> Counts:
        """Return how many of some rows each bin has."""
        return np.bincount(places, minlength=len(self.labels)).astype(np.int64)


def number_bins(baseline: NumberBaseline) -> Bins:
    """Return the bins of a column of numbers."""
    edges = np.asarray(baseline.edges)
    if baseline.is_constant:
        value = f"{baseline.minimum:g}"
        labels: tuple[str, ...] = (f"below {value}", value, f"above {value}")
    else:
        bounds = [f"{edge:.6g}" for edge in baseline.edges]
        between = [f"{low} to {high}" for low, high in pairwise(bounds)]
        labels = (f"up to {bounds[0]}", *between, f"above {bounds[-1]}")
    return Bins(labels, np.asarray(baseline.counts, dtype=np.int64), lambda values: np.searchsorted(edges, values))


def category_bins(baseline: CategoryBaseline) -> Bins:
    """Return the bins of a column of categories: each common one, and the rest with what the baseline never had."""
    ordered = sorted(baseline.counts.items(), key=lambda each: (-each[1], each[0]))
    least = max(1.0, SHARE_OF_BIN_MIN * baseline.known)
    common = [(name, count) for name, count in ordered if count >= least][:CATEGORY_BINS_MAX]
    rest = len(common)
    codes = {name: code for code, (name, _) in enumerate(common)}
    expected = [count for _, count in common]
    return Bins(
        (*codes, REST),
        np.asarray([*expected, baseline.known - sum(expected)], dtype=np.int64),
        lambda values: np.fromiter((codes.get(value, rest) for value in values), dtype=np.int64, count=len(values)),
    )
