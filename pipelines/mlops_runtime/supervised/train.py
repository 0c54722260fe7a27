"""Step `train`: fits the workload's estimator and writes the model artifact."""

import json
from dataclasses import asdict

from mlops_runtime.packaging import save_model
from mlops_runtime.supervised.context import MODEL_FOLDER, TRAINING_FILE, Context, call, learning_of, read_table
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
