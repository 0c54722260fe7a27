"""Step `train`: fits the workload's estimator and writes the model artifact."""

import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from mlops_runtime.errors import StepError
from mlops_runtime.monitoring.holdout import record_holdout_quality
from mlops_runtime.monitoring.quality import Answers, classification_answers, regression_answers
from mlops_runtime.packaging import save_model
from mlops_runtime.supervised.context import MODEL_FOLDER, TRAINING_FILE, Context, call, learning_of, read_table
from mlops_runtime.supervised.learning import Learning
from mlops_runtime.supervised.scoring import score
from mlops_runtime.supervised.split import split_of


def train(context: Context) -> None:
    """Write the model artifact, with what it was trained on."""
    learning = learning_of(context)
    table = read_table(context.input("validate"))
    split = split_of(table, learning, context.parameters)
    training = table.loc[~split.is_held_out]
    features = training.drop(columns=list(learning.not_features))
    estimator = call(learning.estimator, context.parameters)
    estimator.fit(features, training[learning.target])
    directory = context.output / MODEL_FOLDER
    saved = save_model(estimator, features, directory, unit=learning.unit, allow_code=context.allow_code_formats)
    with suppress(StepError):
        # What cannot be scored is told by the step evaluate, which scores these rows again.
        record_holdout_quality(directory, holdout_answers(directory, learning, table.loc[split.is_held_out]))
    note = {
        "task": learning.task,
        "target": learning.target,
        "parameters": context.parameters.model_dump(),
        "rows": len(training),
        "split": asdict(split.rule),
    }
    (directory / TRAINING_FILE).write_text(json.dumps(note, indent=1) + "\n", encoding="utf-8")
    context.log_metrics({"rows_training": len(training)})
    context.message = f"{type(estimator).__name__} fitted to {len(training)} rows, served by {saved.runtime}"


def holdout_answers(artifact: Path, learning: Learning, holdout: pd.DataFrame) -> Answers:
    """Return what an artifact answers to the held-out rows, beside the truth.

    Raises:
        StepError: It cannot be scored.
    """
    truth = holdout[learning.target].reset_index(drop=True)
    found = score(artifact, learning, holdout.drop(columns=list(learning.not_features)))
    if learning.task == "regression":
        return regression_answers(pd.Series(found.values), truth, learning.unit)
    probabilities = None if found.probabilities is None else pd.Series(list(found.probabilities), dtype=object)
    return classification_answers(pd.Series(found.values, dtype=object), probabilities, found.classes, truth)
