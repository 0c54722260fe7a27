"""How many categories of requests were in no vocabulary: counted, and told in the log, but never by their values.

A value may be anything that a caller sends: a secret, or one of millions. So a feature's name is all that is said.
"""

import logging
from collections import Counter as Counts
from collections.abc import Callable
from threading import Lock
from time import monotonic

from prometheus_client import Counter

from .contract import ServingContract

LOG_PAUSE_SECONDS = 60.0
UNKNOWN_CATEGORIES = Counter(
    "mlops_unknown_categories",
    "Categories of requests that were not in the feature's vocabulary, and counted as missing",
    ["model_name", "model_version", "feature"],
)

logger = logging.getLogger("kserve.mlops")


class UnknownCategories:
    """The unknown categories of one model, by feature: in `/metrics`, and in the log for where nobody can ask that.

    The log has a line at once and then one a minute at most, each with what has come since the one before.
    """

    def __init__(
        self, contract: ServingContract, model_name: str, model_version: str, clock: Callable[[], float] = monotonic
    ) -> None:
        self._model = f"{model_name} version {model_version}"
        self._counters = {
            feature.name: UNKNOWN_CATEGORIES.labels(model_name, model_version, feature.name)
            for feature in contract.features
            if feature.unknown_category == "missing"
        }
        self._clock = clock
        self._lock = Lock()
        self._untold: Counts[str] = Counts()
        self._told_at = -LOG_PAUSE_SECONDS + clock()

    def count(self, feature: str, count: int) -> None:
        """Count categories of one request; called from any thread."""
        self._counters[feature].inc(count)
        with self._lock:
            self._untold[feature] += count
            if self._clock() - self._told_at < LOG_PAUSE_SECONDS:
                return
            told = ", ".join(f"{name} {number}" for name, number in sorted(self._untold.items()))
            self._untold.clear()
            self._told_at = self._clock()
        logger.warning("%s: categories that its vocabulary does not have, taken as missing: %s", self._model, told)
