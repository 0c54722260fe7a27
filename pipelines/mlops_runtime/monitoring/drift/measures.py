"""The measures of drift between two sets of counts, or between a known distribution and some numbers.

Each has its chance level beside it: what the measure reaches in one of a thousand windows though nothing has moved,
only because there are so few rows. The levels are of independent rows; rows that share their weather have more.
"""

from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import jensenshannon
from scipy.special import rel_entr
from scipy.stats import chi2, kstwobign

from mlops_runtime.monitoring.baseline import Quantiles
from mlops_runtime.monitoring.columns import Numbers

CHANCE: Final = 0.001
"""How often a measure exceeds its chance level though nothing has moved."""
_PSEUDOCOUNT: Final = 0.5
"""Added to each bin, as an empty one would make the index infinite (Jeffreys' prior)."""

Counts = npt.NDArray[np.int64]


class Measure(StrEnum):
    """A measure of drift, by the label that its metric has."""

    PSI = "psi"
    KS = "ks"
    JS = "js"


def population_stability_index(expected: Counts, actual: Counts) -> float:
    """Return the sum of (a - e)·ln(a / e) over the bins' shares: Kullback–Leibler's divergence both ways."""
    expected_shares, actual_shares = _smoothed(expected), _smoothed(actual)
    both_ways = rel_entr(actual_shares, expected_shares) + rel_entr(expected_shares, actual_shares)
    return float(both_ways.sum())


def jensen_shannon_distance(expected: Counts, actual: Counts) -> float:
    """Return the root of Jensen–Shannon's divergence to base 2: 0 for the same shares, 1 for none in common."""
    distance = float(jensenshannon(expected, actual, base=2))
    # Rounding leaves a divergence of about -1e-17 between equal shares, whose root is not a number.
    return distance if np.isfinite(distance) else 0.0


def kolmogorov_smirnov(quantiles: Quantiles, known: Numbers) -> float:
    """Return the greatest difference between two cumulative distributions, as far as the quantiles show it.

    The kept points are exact, so this is never more than the difference over all rows, and less by at most the share
    of rows between two kept points.

    Args:
        quantiles: The baseline's distribution.
        known: Finite numbers, sorted, at least one.
    """
    points = np.asarray(quantiles.values)
    rows = quantiles.at[-1]
    at = np.searchsorted(known, points, side="right") / len(known) - np.asarray(quantiles.at) / rows
    below = np.searchsorted(known, points, side="left") / len(known) - np.asarray(quantiles.below) / rows
    return float(max(np.abs(at).max(), np.abs(below).max()))


def chance_level(measure: Measure, bins: int, expected_rows: int, actual_rows: int) -> float:
    """Return what a measure reaches once in a thousand windows of so many rows though nothing has moved.

    Twice the divergence, times the rows, has the chi-squared distribution with a degree of freedom less than there are
    bins; Kolmogorov's distribution is that of the difference between two cumulative ones.
    """
    per_row = 1 / expected_rows + 1 / actual_rows
    if measure is Measure.KS:
        return float(kstwobign.isf(CHANCE) * np.sqrt(per_row))
    quantile = float(chi2.isf(CHANCE, max(bins - 1, 1)))
    if measure is Measure.PSI:
        return quantile * per_row
    return float(np.sqrt(quantile * per_row / (8 * np.log(2))))


def _smoothed(counts: Counts) -> Numbers:
    shares: Numbers = (counts + _PSEUDOCOUNT) / (counts.sum() + _PSEUDOCOUNT * len(counts))
    return shares
