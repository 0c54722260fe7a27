"""What the monitor says of labels, read from its metrics."""

import urllib.request

from prometheus_client.parser import text_string_to_metric_families

_TIMEOUT_SECONDS = 10.0
_METRIC = "mlops_labels"


def labelled_predictions(metrics_url: str, model: str) -> int | None:
    """Return how many predictions of the monitor's window have a label; None where the monitor does not say.

    Args:
        metrics_url: Where the monitor serves its metrics.
        model: The model's name.
    """
    try:
        with urllib.request.urlopen(metrics_url, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - from the command
            text = answer.read().decode()
        found = [
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == _METRIC and sample.labels.get("state") == "joined" and sample.labels.get("model") == model
        ]
    except (OSError, ValueError):
        return None
    return int(sum(found)) if found else None
