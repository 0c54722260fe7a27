"""Which rows are learned from and which are held out: the same ones for every model that is compared."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mlops_runtime.supervised.learning import Learning, SupervisedParameters

_HASHES = 2.0**64


@dataclass(frozen=True)
class SplitRule:
    """How rows are held out; a model's artifact keeps it, so that the next one knows what this one has seen.

    Attributes:
        by: `time`, `key` or `features`.
        holdout_percent: The share of the rows.
        random_seed: The seed; it does not matter for a split by time.
        holdout_from: The first time that is held out, as text; empty where rows are not held out by time.
    """

    by: str
    holdout_percent: int
    random_seed: int
    holdout_from: str = ""

    def has_seen_holdout_of(self, other: "SplitRule") -> bool:
        """Tell whether a model of this rule may have learned from what another rule holds out."""
        if self.by != other.by:
            return True
        if self.by == "time":
            return pd.Timestamp(self.holdout_from) > pd.Timestamp(other.holdout_from)
        # A larger share holds out the rows of a smaller one too.
        return self.random_seed != other.random_seed or self.holdout_percent < other.holdout_percent


@dataclass(frozen=True)
class Split:
    """Which rows of a table are held out, and by which rule."""

    is_held_out: pd.Series
    rule: SplitRule


def split_of(table: pd.DataFrame, learning: Learning, parameters: SupervisedParameters) -> Split:
    """Return which rows of a table are held out.

    By time: the newest. Otherwise by a hash of the key columns, or of the features: a row that is held out today is
    held out tomorrow, whatever rows come to it, so that no model is judged by what an earlier one has learned from.
    """
    percent, seed = parameters.holdout_percent, parameters.random_seed
    if learning.time_column:
        times = table[learning.time_column]
        first = pd.Timestamp(times.quantile(1 - percent / 100, interpolation="higher"))
        return Split(times >= first, SplitRule("time", percent, seed, first.isoformat()))
    by = "key" if learning.key_columns else "features"
    keys = table[list(learning.key_columns)] if learning.key_columns else table.drop(columns=[learning.target])
    # The same rows have the same hash on every machine: it takes a key of its own, not Python's.
    hashes = pd.util.hash_pandas_object(keys.assign(**{"": np.int64(seed)}), index=False, categorize=False)
    return Split(hashes / _HASHES < percent / 100, SplitRule(by, percent, seed))
