"""The kinds of workload that there are templates of."""

from collections.abc import Mapping
from enum import Enum
from typing import Any


class Kind(str, Enum):
    """A kind of workload."""

    TABULAR_CLASSIFICATION = "tabular-classification"
    TABULAR_REGRESSION = "tabular-regression"
    TEXT = "text"
    CUSTOM = "custom"
    LLM = "llm"


_GATES: Mapping[Kind, Mapping[str, Any]] = {
    Kind.TABULAR_CLASSIFICATION: {"metric": "balanced_accuracy", "min": 0.85},
    Kind.TABULAR_REGRESSION: {"metric": "mae", "max": 60.0},
    Kind.TEXT: {"metric": "balanced_accuracy", "min": 0.7},
    Kind.CUSTOM: {"metric": "accuracy", "min": 0.9},
    Kind.LLM: {"metric": "answers_right", "min": 0.6},
}


def settings_of(kind: Kind, environment: object) -> dict[str, Any]:
    """Return a new workload's settings in a stack file.

    Args:
        kind: Its kind.
        environment: The stack's environment. Production trains by itself, and never serves from a single machine.
    """
    gate = dict(_GATES[kind])
    if environment in {"prod", "production"}:
        return {
            "pipeline": {"schedule": "0 4 * * 1", "gate": gate},
            "endpoint": {"replicas_min": 2, "replicas_max": 4},
        }
    return {"pipeline": {"gate": gate}, "endpoint": {"replicas_min": 1, "replicas_max": 2}}
