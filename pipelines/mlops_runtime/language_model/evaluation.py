"""Judging a language model by questions with known answers, asked as it will be served."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import httpx

from mlops_runtime.errors import StepError
from mlops_runtime.serving.contract import ContractError

from .asking import AnswerError, complete, completion_of
from .choice import Question
from .contract import load_contract
from .engine import Engine, EngineError

ANSWER_TOKENS = 16


@dataclass(frozen=True)
class Evaluation:
    """What came of the questions.

    Attributes:
        answers: Prompt, expected and given answer of each question, and whether it is right.
        tokens_per_second: Tokens of the answers by the time that they took, one question at a time.
    """

    answers: Sequence[dict[str, Any]]
    tokens_per_second: float

    @property
    def share_right(self) -> float:
        """Share of the answers that begin as expected, 0 to 1."""
        return sum(bool(answer["right"]) for answer in self.answers) / len(self.answers)


def ask_questions(artifact: Path, questions: Sequence[Question]) -> Evaluation:
    """Ask an artifact's model.

    Args:
        artifact: A language model's artifact.
        questions: At least one question.

    Raises:
        StepError: The model cannot be loaded or gives no answer.
    """
    try:
        contract = load_contract(artifact)
        with Engine(artifact, contract) as engine, engine.client() as client:
            begun, tokens, answers = monotonic(), 0, []
            for question in questions:
                answer = complete(client, engine.name, question.prompt, ANSWER_TOKENS)
                text = completion_of(answer)
                tokens += int(answer.json()["usage"]["completion_tokens"])
                right = text.strip().lower().startswith(question.answer.lower())
                answers.append({"prompt": question.prompt, "expected": question.answer, "got": text, "right": right})
            return Evaluation(answers, tokens / max(monotonic() - begun, 1e-9))
    except (ContractError, EngineError, AnswerError, LookupError, httpx.HTTPError) as error:
        raise StepError(f"{artifact.name}: {error}") from error
