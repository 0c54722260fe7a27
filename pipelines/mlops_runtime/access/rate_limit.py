"""How many requests each client may send: a token bucket for each."""

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

CLIENTS_MAX = 10_000
"""The most clients of whom it is known what they have left; of the one that has been silent the longest it is forgotten
first."""


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class RateLimit:
    """A bucket of requests for each client, which fills steadily."""

    def __init__(self, requests_per_minute: int, burst: int, clock: Callable[[], float] = monotonic) -> None:
        """Set up the limit.

        Args:
            requests_per_minute: How fast a bucket fills.
            burst: What a full bucket holds: as many requests may come at once.
            clock: Tells the time, for tests.
        """
        self._per_second = requests_per_minute / 60
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, client: str) -> int:
        """Take one request of a client's; return 0, or in how many whole seconds there is one again."""
        now = self._clock()
        bucket = self._buckets.pop(client, None) or _Bucket(self._burst, now)
        self._buckets[client] = bucket
        if len(self._buckets) > CLIENTS_MAX:
            self._buckets.popitem(last=False)
        bucket.left = min(self._burst, bucket.left + (now - bucket.at) * self._per_second)
        bucket.at = now
        if bucket.left >= 1:
            bucket.left -= 1
            return 0
        return max(1, math.ceil((1 - bucket.left) / self._per_second))
