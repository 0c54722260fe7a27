"""Step `evaluate`: how good on the held-out rows, beside a constant answer and the version that serves."""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from mlops_runtime.errors import StepError
from mlops_runtime.supervised.context import (
    MODEL_FOLDER,
    TRAINING_FILE,
    Context,
    learning_of,
    read_table,
)
from mlops_runtime.supervised.learning import Learning
from mlops_runtime.supervised.measures import constant_answer, is_better, loosened, measure
from mlops_runtime.supervised.scoring import score
from mlops_runtime.supervised.split import Split, SplitRule, split_of

EVALUATION_FILE = "evaluation.json"
NOT_COMPARABLE_TAG = "mlops.champion_not_comparable"


def evaluate(context: Context) -> None:
    """Scores the artifact as it will be served, and turns it down when it is worse than what there is.

    The bound of the gate comes on top: the runner holds it against the metrics that are recorded here.
    """
    learning = learning_of(context)
    table = read_table(context.input("validate"))
    split = split_of(table, learning, context.parameters)
    training, holdout = table.loc[~split.is_held_out], table.loc[split.is_held_out]
    metrics = judge(learning, context.input("train") / MODEL_FOLDER, holdout)
    baseline = measure(
        learning, holdout[learning.target], constant_answer(learning, training[learning.target], len(holdout))
    )
    metrics[f"baseline_{learning.metric}"] = baseline[learning.metric]
    if context.champion is not None:
        metrics |= _challenge(context, learning, split, holdout)
    metrics["rows_holdout"] = float(len(holdout))
    context.log_metrics(metrics)
    document = {"metrics": metrics, "split": asdict(split.rule)}
    (context.output / EVALUATION_FILE).write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")
    context.log_artifact(context.output / EVALUATION_FILE)
    reason = rejection(learning.metric, metrics, context.parameters.champion_margin)
    if reason is not None:
        context.reject(reason)
    context.message = summary(learning.metric, metrics)


def judge(learning: Learning, artifact: Path, holdout: pd.DataFrame) -> dict[str, float]:
    """Return an artifact's metrics on held-out rows.

    Raises:
        StepError: It has no probabilities, and log_loss decides.
    """
    features = holdout.drop(columns=list(learning.not_features))
    metrics = measure(learning, holdout[learning.target], score(artifact, learning, features))
    if learning.metric not in metrics:
        raise StepError(
            f"metric {learning.metric}: got a model without probabilities, expected one that has them, fix: choose"
            f" one of {', '.join(metrics)}, or an estimator with predict_proba"
        )
    return metrics


def rejection(metric: str, metrics: dict[str, float], champion_margin: float) -> str | None:
    """Return why a model must not be registered: no better than the baseline, or worse than what serves."""
    value, baseline = metrics[metric], metrics[f"baseline_{metric}"]
    if not is_better(metric, value, baseline):
        return f"{metric} is {value:.4g}, no better than the baseline's {baseline:.4g}"
    champion = metrics.get(f"champion_{metric}")
    if champion is None or metrics["champion_has_seen_holdout"]:
        # A champion that has learned from these very rows is no fair measure.
        return None
    if is_better(metric, loosened(metric, champion, champion_margin), value):
        return (
            f"{metric} is {value:.4g}, but the serving version has {champion:.4g} on the same rows"
            f" and at most {champion_margin:g} worse is allowed"
        )
    return None


def summary(metric: str, metrics: dict[str, float]) -> str:
    """Return one line on how good the model is."""
    rows, baseline = metrics["rows_holdout"], metrics[f"baseline_{metric}"]
    text = f"{metric} {metrics[metric]:.4g} on {rows:.0f} rows, baseline {baseline:.4g}"
    if f"champion_{metric}" in metrics:
        text += f", serving version {metrics[f'champion_{metric}']:.4g}"
        return text + (" (has learned from these rows: no bar)" if metrics["champion_has_seen_holdout"] else "")
    if "champion_was_compared" in metrics:
        return f"{text}; the serving version could not be compared, see the tag {NOT_COMPARABLE_TAG}"
    return text


def _challenge(context: Context, learning: Learning, split: Split, holdout: pd.DataFrame) -> dict[str, float]:
    """Score the version that serves on the same rows.

    One that takes other features, or cannot be scored here, does not keep a new model from being registered; that it
    was not compared is recorded with the run and said in the step's message.
    """
    with tempfile.TemporaryDirectory(prefix="champion-") as temporary:
        champion = context.fetch_champion(Path(temporary))
        try:
            note = json.loads((champion / TRAINING_FILE).read_text(encoding="utf-8"))
            has_seen = SplitRule(**note["split"]).has_seen_holdout_of(split.rule)
            value = judge(learning, champion, holdout)[learning.metric]
        except (OSError, ValueError, KeyError, TypeError, StepError) as error:
            context.set_tags({NOT_COMPARABLE_TAG: f"{type(error).__name__}: {error}"})
            return {"champion_was_compared": 0.0}
    return {
        "champion_was_compared": 1.0,
        f"champion_{learning.metric}": value,
        "champion_has_seen_holdout": float(has_seen),
    }
