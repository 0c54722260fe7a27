"""The thresholds as the monitor reads them, for its report: the rules of Prometheus say the same to people."""

import json
from dataclasses import asdict

from pulumi_mlops.monitoring.kubernetes.settings import MonitoringSettings


def as_json(settings: MonitoringSettings) -> str:
    """Return the thresholds as one JSON object; what is not set is left out."""
    whole = {
        **asdict(settings.thresholds),
        "rows_min": settings.rows_min,
        "label_lateness_hours": settings.label_lateness_hours,
        "replica_hour_cost": settings.replica_hour_cost,
        "quality": None if settings.quality is None else asdict(settings.quality),
    }
    return json.dumps(_without_none(whole), sort_keys=True)


def _without_none(value: dict[str, object]) -> dict[str, object]:
    return {
        key: _without_none(item) if isinstance(item, dict) else item for key, item in value.items() if item is not None
    }
