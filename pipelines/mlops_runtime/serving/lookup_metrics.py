"""How long lookups of features take, and what they come to."""

from prometheus_client import Counter, Histogram

SECONDS = Histogram(
    "mlops_feature_lookup_seconds",
    "From a lookup's keys to its features, of one view",
    ["model_name", "model_version", "view", "outcome"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
)
UNKNOWN = Counter(
    "mlops_feature_keys_unknown",
    "Keys of which a view has no feature, or none that is not too old",
    ["model_name", "model_version", "view"],
)


class LookupMetrics:
    """The metrics of one model's lookups."""

    def __init__(self, model_name: str, model_version: str) -> None:
        self._model = (model_name, model_version)

    def observe(self, view: str, outcome: str, seconds: float) -> None:
        """Count a lookup: `answered`, `degraded` to nulls, or `unavailable`."""
        SECONDS.labels(*self._model, view, outcome).observe(seconds)

    def count_unknown(self, view: str, count: int) -> None:
        """Count keys that nothing is known of."""
        UNKNOWN.labels(*self._model, view).inc(count)
