"""The steps of a language model's graph."""

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mlops_runtime.artifact import digest_file
from mlops_runtime.context import StepContext
from mlops_runtime.errors import StepError
from mlops_runtime.language_model.choice import METRIC, Choice, LanguageModelParameters, Question
from mlops_runtime.language_model.evaluation import Evaluation, ask_questions
from mlops_runtime.language_model.graph import LanguageModelGraph
from mlops_runtime.language_model.packaging import save_language_model
from mlops_runtime.record import Dataset
from mlops_runtime.reference import load_function

Context = StepContext[LanguageModelParameters]

MODEL_FOLDER = "model"
ANSWERS_FILE = "answers.json"


def ingest(context: Context) -> None:
    """Take the weights."""
    choice = choice_of(context)
    weights = Path(_called(choice.weights, context))
    if not weights.is_file():
        raise StepError(f"{choice.weights}: got {weights}, expected a file with the model's weights")
    shutil.copyfile(weights, context.output / weights.name)
    digest = digest_file(weights)
    context.log_dataset(Dataset(name=weights.name, source=choice.source, digest=digest, rows=None))
    context.message = f"{weights.name}, {weights.stat().st_size / 1e6:.0f} MB, {digest}"


def package(context: Context) -> None:
    """Write the artifact."""
    choice = choice_of(context).settled(context.parameters)
    (weights,) = context.input("ingest").iterdir()
    save_language_model(
        weights,
        context.output / MODEL_FOLDER,
        choice.prompts,
        context_tokens=choice.context_tokens,
        parallel_requests=choice.parallel_requests,
        chat=choice.chat,
        answer_tokens=choice.answer_tokens,
    )
    context.message = f"{len(choice.prompts)} golden prompts answered, {choice.context_tokens} tokens of context"


def evaluate(context: Context) -> None:
    """Ask the questions, and turn the model down when the serving version answers more of them.

    The bound of the gate comes on top: the runner holds it against the metrics that are recorded here.
    """
    questions: Sequence[Question] = _called(choice_of(context).questions, context)
    if not questions:
        raise StepError(f"{choice_of(context).questions}: got no question, expected some")
    result = ask_questions(context.input("package") / MODEL_FOLDER, questions)
    metrics = {METRIC: result.share_right, "tokens_per_second": result.tokens_per_second}
    if context.champion is not None:
        metrics[f"champion_{METRIC}"] = _of_champion(context, questions).share_right
    context.log_metrics(metrics)
    (context.output / ANSWERS_FILE).write_text(json.dumps(result.answers, indent=1) + "\n", encoding="utf-8")
    context.log_artifact(context.output / ANSWERS_FILE)
    least = metrics.get(f"champion_{METRIC}", 0.0) - context.parameters.champion_margin
    if result.share_right < least:
        context.reject(f"{METRIC} is {result.share_right:.3g}, expected at least {least:.3g}, by the serving version")
    context.message = f"{METRIC} {result.share_right:.3g} of {len(questions)} questions"


def register(context: Context) -> None:
    """Register the artifact that package wrote and evaluate let pass."""
    context.register_model(context.input("package") / MODEL_FOLDER)


def choice_of(context: Context) -> Choice:
    """Return what the step's graph packages.

    Raises:
        StepError: It is a graph of another kind, which has named one of these steps.
    """
    if not isinstance(context.graph, LanguageModelGraph):
        got = context.graph.reference
        raise StepError(f"step {context.step.name}: got the graph {got}, expected one that language_model_graph made")
    return context.graph.choice


def _of_champion(context: Context, questions: Sequence[Question]) -> Evaluation:
    with tempfile.TemporaryDirectory(prefix="champion-") as temporary:
        return ask_questions(context.fetch_champion(Path(temporary)), questions)


def _called(reference: str, context: Context) -> Any:
    found = load_function(reference)(context.parameters)
    if found is None:
        raise StepError(f"{reference}: got None, expected what it makes, fix: return it")
    return found
