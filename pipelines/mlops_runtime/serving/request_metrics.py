"""How long requests take: KServe's own histograms, and one of whole requests by protocol and status."""

from kserve.metrics import POST_HIST_TIME, PRE_HIST_TIME, PREDICT_HIST_TIME, get_labels
from prometheus_client import Histogram

REQUEST_SECONDS = Histogram(
    "mlops_request_seconds",
    "From a request's last byte to its answer; to the end of its time, from its head",
    ["model_name", "model_version", "protocol", "status"],
    buckets=(0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0),
)


class RequestMetrics:
    """The histograms of one model; their children are looked up once and not for every request."""

    def __init__(self, model_name: str, model_version: str) -> None:
        labels = get_labels(model_name)
        self.observe_preprocess = PRE_HIST_TIME.labels(**labels).observe
        self.observe_predict = PREDICT_HIST_TIME.labels(**labels).observe
        self.observe_postprocess = POST_HIST_TIME.labels(**labels).observe
        self._name, self._version = model_name, model_version
        self._requests: dict[tuple[str, int], Histogram] = {}

    def observe_request(self, protocol: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        child = self._requests.get((protocol, status))
        if child is None:
            child = REQUEST_SECONDS.labels(self._name, self._version, protocol, str(status))
            self._requests[protocol, status] = child
        child.observe(seconds)
