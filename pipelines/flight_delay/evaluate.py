"""Step `evaluate`: how far off on the flights that followed, beside a baseline and the version that serves."""

import json
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from flight_delay.columns import TARGET
from flight_delay.features import FEATURES_FILE
from flight_delay.frames import read_frame
from flight_delay.graph import FlightDelayParameters
from flight_delay.scoring import score
from flight_delay.split import Split
from flight_delay.train import MODEL_FOLDER, TRAINING_FILE
from mlops_pipelines.context import StepContext
from mlops_pipelines.errors import StepError

EVALUATION_FILE = "evaluation.json"


def evaluate(context: StepContext[FlightDelayParameters]) -> None:
    """Scores the artifact as it would be served, and turns it down when it is worse than what there is.

    The bound of the gate comes on top: the runner holds it against the metrics that are recorded here.
    """
    split = Split.of(context.parameters)
    frame = read_frame(context.input("features") / FEATURES_FILE)
    training = split.training(frame, context.parameters.training_rows_max)
    holdout = split.holdout(frame)
    metrics = measure(context.input("train") / MODEL_FOLDER, training, holdout)
    if context.champion is not None:
        metrics |= _challenge(context, split, holdout)
    context.log_metrics(metrics)
    (context.output / EVALUATION_FILE).write_text(json.dumps(metrics, indent=1, sort_keys=True) + "\n")
    context.log_artifact(context.output / EVALUATION_FILE)
    reason = rejection(metrics, context.parameters.champion_margin_minutes)
    if reason is not None:
        context.reject(reason)
    context.message = _summary(metrics, len(holdout))


def measure(artifact: Path, training: pd.DataFrame, holdout: pd.DataFrame) -> dict[str, float]:
    """Errors on the hold-out in minutes: the model's, and those of two guesses that take no model.

    The baseline is the median delay of the training flights; the other guess adds what a flight usually makes good
    on its way to the delay that it has.
    """
    actual = holdout[TARGET].to_numpy()
    errors = np.abs(score(artifact, holdout) - actual)
    usual_gain = (training[TARGET] - training["departure_delay_minutes"]).median()
    carried_over = holdout["departure_delay_minutes"].to_numpy() + usual_gain
    return {
        "mae_minutes": float(errors.mean()),
        "median_error_minutes": float(np.median(errors)),
        "baseline_mae_minutes": float(np.abs(training[TARGET].median() - actual).mean()),
        "carried_over_mae_minutes": float(np.abs(carried_over - actual).mean()),
        "rows_holdout": float(len(holdout)),
    }


def rejection(metrics: dict[str, float], champion_margin_minutes: float) -> str | None:
    """Why a model must not be registered: no better than the baseline, or worse than what serves."""
    error, baseline = metrics["mae_minutes"], metrics["baseline_mae_minutes"]
    if not error < baseline:
        return f"mae_minutes is {error:.2f}, no better than the baseline's {baseline:.2f}"
    champion = metrics.get("champion_mae_minutes")
    # A champion that has learned from these very flights is no fair measure.
    if champion is not None and not metrics["champion_has_seen_holdout"] and error > champion + champion_margin_minutes:
        return (
            f"mae_minutes is {error:.2f}, but the serving version has {champion:.2f} on the same flights"
            f" and at most {champion_margin_minutes:g} more is allowed"
        )
    return None


def _challenge(context: StepContext[FlightDelayParameters], split: Split, holdout: pd.DataFrame) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="champion-") as temporary:
        artifact = context.fetch_champion(Path(temporary))
        try:
            champion_until = json.loads((artifact / TRAINING_FILE).read_text(encoding="utf-8"))["holdout_from"]
            errors = np.abs(score(artifact, holdout) - holdout[TARGET].to_numpy())
        except (OSError, ValueError, KeyError, StepError) as error:
            context.set_tags({"mlops.champion_not_comparable": str(error)})
            return {}
    return {
        "champion_mae_minutes": float(errors.mean()),
        "champion_has_seen_holdout": float(pd.Timestamp(champion_until) > split.holdout_from),
    }


def _summary(metrics: dict[str, float], flights: int) -> str:
    champion = metrics.get("champion_mae_minutes")
    return (
        f"mean absolute error {metrics['mae_minutes']:.2f} minutes on {flights} flights,"
        f" baseline {metrics['baseline_mae_minutes']:.2f}"
        + (f", serving version {champion:.2f}" if champion is not None else "")
    )
