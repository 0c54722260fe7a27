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
from mlops_runtime.context import StepContext
from mlops_runtime.errors import StepError
from mlops_runtime.settings import Champion

EVALUATION_FILE = "evaluation.json"
NOT_COMPARABLE_TAG = "mlops.champion_not_comparable"


def evaluate(context: StepContext[FlightDelayParameters]) -> None:
    """Scores the artifact as it would be served, and turns it down when it is worse than what there is.

    The bound of the gate comes on top: the runner holds it against the metrics that are recorded here.
    """
    split = Split.of(context.parameters)
    frame = read_frame(context.input("features") / FEATURES_FILE)
    training = split.training(frame, context.parameters.training_rows_max)
    holdout = split.holdout(frame)
    metrics = measure(context.input("train") / MODEL_FOLDER, training, holdout)
    champion = context.champion
    if champion is not None:
        metrics |= _challenge(context, split, holdout)
    context.log_metrics(metrics)
    (context.output / EVALUATION_FILE).write_text(json.dumps(metrics, indent=1, sort_keys=True) + "\n")
    context.log_artifact(context.output / EVALUATION_FILE)
    reason = rejection(metrics, context.parameters.champion_margin_minutes)
    if reason is not None:
        context.reject(reason)
    context.message = _summary(metrics, len(holdout), champion)


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
    """Score the version that serves on the same flights.

    One that takes other features, or is no model that can be scored here, does not keep a new model from being
    registered; that it was not compared is recorded with the run and said in the step's message.
    """
    with tempfile.TemporaryDirectory(prefix="champion-") as temporary:
        artifact = context.fetch_champion(Path(temporary))
        try:
            return _compared(artifact, split, holdout)
        except (OSError, ValueError, KeyError, TypeError, StepError) as error:
            context.set_tags({NOT_COMPARABLE_TAG: f"{type(error).__name__}: {error}"})
            return {"champion_was_compared": 0.0}


def _compared(champion: Path, split: Split, holdout: pd.DataFrame) -> dict[str, float]:
    learned_until = pd.Timestamp(json.loads((champion / TRAINING_FILE).read_text(encoding="utf-8"))["holdout_from"])
    error_minutes = float(np.abs(score(champion, holdout) - holdout[TARGET].to_numpy()).mean())
    if pd.isna(learned_until) or not np.isfinite(error_minutes):
        raise StepError(
            f"the champion: got an error of {error_minutes} minutes, and {learned_until} as the end of what it has"
            " learned, expected a finite number and a date, fix: pin a version that was trained by this pipeline"
        )
    return {
        "champion_was_compared": 1.0,
        "champion_mae_minutes": error_minutes,
        "champion_has_seen_holdout": float(learned_until > split.holdout_from),
    }


def _summary(metrics: dict[str, float], flights: int, champion: Champion | None) -> str:
    text = (
        f"mean absolute error {metrics['mae_minutes']:.2f} minutes on {flights} flights,"
        f" baseline {metrics['baseline_mae_minutes']:.2f}"
    )
    if champion is None:
        return text
    if not metrics["champion_was_compared"]:
        return f"{text}; serving version {champion.version} could not be compared, see the tag {NOT_COMPARABLE_TAG}"
    text += f", serving version {metrics['champion_mae_minutes']:.2f}"
    return text + (
        ", which has learned from these flights and is no bar" if metrics["champion_has_seen_holdout"] else ""
    )
