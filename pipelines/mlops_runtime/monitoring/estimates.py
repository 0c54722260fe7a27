"""How good the answers probably are while the truth is not known: only where the model's own probabilities can tell."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from mlops_runtime.monitoring.baseline import Quality
from mlops_runtime.monitoring.quality import LEAST_PROBABILITY, Answers, measured

CALIBRATION_ERROR_MAX: Final = 0.05
"""Up to here probabilities are taken at their word: the estimate of the accuracy is off by no more than this."""


@dataclass(frozen=True)
class Check:
    """An estimate held against the truth, on the same rows."""

    estimated: float
    measured: float
    rows: int


@dataclass(frozen=True)
class Estimate:
    """Estimated metrics of a window, or the reason why there are none.

    Attributes:
        values: By the metric's name.
        rows: How many rows they are estimated on.
        reason: Why there is no estimate.
        checks: By metric, what the estimate is for the rows whose truth is known by now, and what is true.
    """

    values: Mapping[str, float]
    rows: int
    reason: str = ""
    checks: Mapping[str, Check] | None = None


def refusal(answers: Answers, quality: Mapping[str, Quality]) -> str:
    """Return why the quality of some answers cannot be estimated; empty where it can."""
    if answers.task == "regression":
        return "a number says nothing of its own error: the quality of a regression is known once labels are there"
    if answers.probabilities is None:
        return "the model gives no probabilities"
    found = quality.get("calibration_error")
    if found is None:
        return "nobody measured on held-out rows whether the model's probabilities are calibrated"
    if found.value > CALIBRATION_ERROR_MAX:
        return (
            f"the probabilities are not calibrated: on held-out rows they were off by {found.value:.3f}, and at most"
            f" {CALIBRATION_ERROR_MAX:g} can be trusted"
        )
    return ""


def estimated(answers: Answers) -> dict[str, float]:
    """Return what the metrics are if each probability is as large as the model says."""
    if answers.probabilities is None or not len(answers):
        return {}
    probabilities = answers.probabilities
    of_answer = answers.predicted[:, None] == np.asarray(answers.classes, dtype=object)[None, :]
    logarithms = np.log(np.clip(probabilities, LEAST_PROBABILITY, 1))
    halves = 0.5 if len(answers.classes) == 2 else 1.0
    return {
        "accuracy": float(np.where(of_answer, probabilities, 0.0).sum(axis=1).mean()),
        "log_loss": float(-(probabilities * logarithms).sum(axis=1).mean()),
        "brier": float(halves * (probabilities * (1 - probabilities)).sum(axis=1).mean()),
    }


def estimate(answers: Answers, labelled: Answers, quality: Mapping[str, Quality]) -> Estimate:
    """Return the estimated metrics of a window, and the estimate's check where labels are there.

    Args:
        answers: All answers of the window.
        labelled: Those of them whose truth is known.
        quality: The baseline's, on held-out rows.
    """
    if reason := refusal(answers, quality):
        return Estimate({}, len(answers), reason)
    true = measured(labelled)
    checks = {
        name: Check(value, true[name].value, len(labelled))
        for name, value in estimated(labelled).items()
        if name in true
    }
    return Estimate(estimated(answers), len(answers), checks=checks)
