"""The rows of a joined frame that are a model version's, and where their parts stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

if TYPE_CHECKING:
    from mlops_runtime.monitoring.baseline import Baseline

INPUT: Final = "input."
OUTPUT: Final = "output."


class MonitorState(StrEnum):
    """Whether there is something to compare, and else what is lacking."""

    OK = "ok"
    WAITING_FOR_BASELINE = "waiting-for-baseline"
    """The model's artifact has none: a legal state. Traffic and measured quality are shown all the same."""
    TOO_FEW_ROWS = "too-few-rows"
    BASELINE_OF_ANOTHER_VERSION = "baseline-of-another-version"
    """There are predictions in the window, and none of them is by the version that the baseline belongs to."""


@dataclass(frozen=True)
class ModelVersion:
    """The version that a baseline belongs to.

    Attributes:
        name: The model's.
        version: As the registry counts it.
        digest: Of its artifact; empty where it is not known.
    """

    name: str
    version: str
    digest: str = ""


def rows_of_version(frame: pd.DataFrame, model: ModelVersion) -> "pd.Series[bool]":
    """Return which predictions are by a model version.

    The digest decides where a prediction has one, since a version may be another one in another registry; else the
    version does. A prediction that has neither is nobody's.
    """
    is_of_version = frame["version"].astype(object).map(str, na_action="ignore") == model.version
    if not model.digest:
        return is_of_version
    digests = frame["digest"]
    return (digests == model.digest) | (digests.isna() & is_of_version)


def state_of(baseline: "Baseline | None", rows: int, of_others: int, rows_min: int) -> MonitorState:
    """Return how a window stands.

    Args:
        baseline: The model's.
        rows: How many predictions of its version the window has.
        of_others: How many of other versions.
        rows_min: How many a score takes.
    """
    if baseline is None:
        return MonitorState.WAITING_FOR_BASELINE
    if not rows and of_others:
        return MonitorState.BASELINE_OF_ANOTHER_VERSION
    return MonitorState.OK if rows >= rows_min else MonitorState.TOO_FEW_ROWS


def columns_of(frame: pd.DataFrame, prefix: str) -> Mapping[str, "pd.Series[Any]"]:
    """Return a frame's inputs or outputs by their names."""
    return {str(name).removeprefix(prefix): frame[name] for name in frame.columns if str(name).startswith(prefix)}
