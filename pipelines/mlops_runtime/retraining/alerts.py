"""What Alertmanager's webhook says.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

import json
from collections.abc import Collection
from typing import Any

from mlops_runtime.errors import PipelineError


class AlertsError(PipelineError):
    """The body of a request is not what Alertmanager sends."""


def firing(body: bytes, *, workload: str, names: Collection[str]) -> list[str]:
    """Return the names of the alerts that fire for a workload and may start a run, each once, in alphabetical order.

    Args:
        body: The request's body: a JSON object with `alerts`.
        workload: The label `workload` that they must have.
        names: The alerts that may start a run.

    Raises:
        AlertsError: The body is something else.
    """
    try:
        document: Any = json.loads(body)
        alerts = document["alerts"]
        found = {
            str(alert["labels"]["alertname"])
            for alert in alerts
            if alert["status"] == "firing" and alert["labels"].get("workload") == workload
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AlertsError(
            f"the body: got {body[:80]!r}, expected the JSON of Alertmanager's webhook, fix: send alerts with status"
            " and labels"
        ) from error
    return sorted(found & set(names))
