"""A language model as what scores the rows of a table: a prompt in, a text out."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Self

import httpx
import numpy

from mlops_runtime.serving.columns import ColumnReader, Columns, CountUnknown
from mlops_runtime.serving.contract import LANGUAGE_MODEL, ServingContract
from mlops_runtime.serving.input_error import InputProblem, ProblemList
from mlops_runtime.serving.scorer import Answers, ModelAnswerError

from .asking import AnswerError, complete, completion_of
from .contract import PROMPT, TEXT, LanguageModelContract
from .engine import Engine, EngineError

TOKENIZE = "/tokenize"


class LanguageModelScorer:
    """Completes prompts by an engine of its own, as many at a time as the contract says.

    Attributes:
        platform: The runtime's name.
    """

    platform = LANGUAGE_MODEL

    def __init__(self, engine: Engine, language: LanguageModelContract, contract: ServingContract) -> None:
        self._engine = engine
        self._language = language
        self._contract = contract
        self._client = engine.client()
        self._threads = ThreadPoolExecutor(language.parallel_requests)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(cancel_futures=True)
        self._client.close()

    def reader(self, count_unknown: CountUnknown | None = None) -> ColumnReader:
        """Return what reads requests for it."""
        return ColumnReader(self._contract, count_unknown)

    def score(self, columns: Columns) -> Answers:
        """Complete each row's prompt.

        Raises:
            InputError: Prompts are longer than the context. None was completed then.
            ModelAnswerError: The engine refuses a prompt.
            EngineError: It does not answer any more.
        """
        prompts = columns.values[PROMPT]
        try:
            self._check_lengths(prompts)
            texts = list(self._threads.map(self._completion, prompts))
        except httpx.HTTPError as error:
            raise EngineError(
                f"the engine: got no answer ({type(error).__name__}: {error}), expected one, fix: see its lines above"
            ) from error
        answers = numpy.empty(len(texts), dtype=object)
        answers[:] = texts
        return {TEXT: answers}

    def _check_lengths(self, prompts: Sequence[str]) -> None:
        """Count before anything is computed: what one prompt of many has wrong must not cost the others' answers."""
        problems = ProblemList()
        # One token of the context is the answer's.
        most = self._language.context_tokens - 1
        for row, count in enumerate(self._threads.map(self._tokens, prompts)):
            if count > most:
                problems.add(_too_long(row, count, most), row)
        problems.raise_if_any()

    def _tokens(self, prompt: str) -> int:
        answer = self._client.post(TOKENIZE, json={"content": prompt, "add_special": True})
        answer.raise_for_status()
        return len(answer.json()["tokens"])

    def _completion(self, prompt: str) -> str:
        try:
            return completion_of(complete(self._client, self._engine.name, prompt, self._language.answer_tokens))
        except AnswerError as error:
            raise ModelAnswerError(f"{PROMPT}: {error}") from error


def _too_long(row: int, count: int, most: int) -> Callable[[], InputProblem]:
    place = f"row {row} {PROMPT}"
    return lambda: InputProblem(place, f"{count} tokens", f"at most {most}, which is the context without the answer")
