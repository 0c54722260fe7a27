"""The thresholds as the monitor reads them, for its report: the rules of Prometheus say the same to people.

The form is `mlops_runtime.monitoring.thresholds.Thresholds`; shares are from 0 to 1 there.
"""

from typing import Any

from pulumi_mlops._shared.documents import to_json
from pulumi_mlops.monitoring.kubernetes.settings import MonitoringSettings

WARNING_SHARE = 0.5
"""A warning begins at half of what is too much, as that of PSI does: 0.1 and 0.2."""


def as_json(settings: MonitoringSettings) -> str:
    """Return the thresholds as a file for `mlops_runtime.monitoring --thresholds`."""
    limits = settings.thresholds
    bounds = {
        "psi": limits.psi_max,
        "ks": limits.kolmogorov_smirnov_max,
        "js": limits.jensen_shannon_max,
        "missing": _share(limits.missing_percent_max),
        "out_of_range": _share(limits.out_of_range_percent_max),
        "wrong_type": _share(limits.wrong_type_percent_max),
        "unseen_category": _share(limits.unseen_category_percent_max),
        "cost": limits.cost_per_1000_predictions_max,
    }
    measures = {measure: _bound(settings, most) for measure, most in bounds.items() if most is not None}
    measures["cost"] = {**measures["cost"], "rows_min": 1} if "cost" in measures else {}
    document: dict[str, Any] = {"measures": {name: bound for name, bound in measures.items() if bound}}
    if settings.quality is not None:
        document["of_metric"] = {settings.quality.metric: _of_metric(settings.quality.max, settings.quality.min)}
    return to_json(document)


def _bound(settings: MonitoringSettings, most: float) -> dict[str, Any]:
    return {"warning": WARNING_SHARE * most, "breached": most, "rows_min": settings.rows_min}


def _of_metric(most: float | None, least: float | None) -> dict[str, Any]:
    if most is not None:
        return {"breached": most, "direction": "above"}
    return {"breached": least, "direction": "below"}


def _share(percent: float | None) -> float | None:
    return None if percent is None else percent / 100
