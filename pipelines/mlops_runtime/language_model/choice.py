"""Which language model is packaged and how it is judged: the part of the pipeline that is a workload's own, as data."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

from pydantic import Field

from mlops_runtime.language_model.contract import ANSWER_TOKENS
from mlops_runtime.language_model.golden import MINIMUM_PROMPTS
from mlops_runtime.parameters import PipelineParameters
from mlops_runtime.step import FUNCTION_REFERENCE

METRIC = "answers_right"
METRICS = (METRIC, "tokens_per_second")
"""Share of the questions whose answer begins as expected, 0 to 1; and how quickly they were answered, one at a time."""


class LanguageModelParameters(PipelineParameters):
    """What a run can be given."""

    champion_margin: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="How much smaller than the serving version's the share of right answers may be.",
    )
    # Where they differ from the graph's, the same weights are another version, without another image.
    context_tokens: int = Field(
        default=0, ge=0, le=1_048_576, description="Tokens of prompt and answer together; 0: as the graph says."
    )
    parallel_requests: int = Field(
        default=0, ge=0, le=256, description="How many requests are answered at a time; 0: as the graph says."
    )
    answer_tokens: int = Field(
        default=0,
        ge=0,
        le=1_048_576,
        description="The most tokens of an answer where nobody asks for a number; 0: as the graph says.",
    )


@dataclass(frozen=True)
class Question:
    """A prompt and how its completion must begin, blanks in front of it aside."""

    prompt: str
    answer: str


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What a language model's graph packages.

    Attributes:
        weights: The function that returns the GGUF file, as module:function. It takes the run's parameters.
        source: Where the weights come from, with their licence: recorded with the run.
        questions: The function that returns the `Question`s that the model is judged by, as module:function. It takes
            the run's parameters.
        prompts: At least four prompts whose completions every server must repeat.
        context_tokens: How many tokens of prompt and answer together one request may have.
        parallel_requests: How many requests are answered at a time.
        chat: Whether the weights hold a chat template.
        answer_tokens: How many tokens an answer has at most where nobody asks for a number: for a row of a table, or of
            `mlops predict`.
    """

    weights: str
    source: str
    questions: str
    prompts: tuple[str, ...]
    context_tokens: int = 2048
    parallel_requests: int = 4
    chat: bool = False
    answer_tokens: int = ANSWER_TOKENS

    def settled(self, parameters: LanguageModelParameters) -> Self:
        """Return this with what a run has been given in the place of the graph's own."""
        names = ("context_tokens", "parallel_requests", "answer_tokens")
        return replace(self, **{name: value for name in names if (value := getattr(parameters, name))})

    def problems(self) -> Iterator[str]:
        """Yield what this has wrong by itself."""
        for name, reference in (("weights", self.weights), ("questions", self.questions)):
            if not FUNCTION_REFERENCE.fullmatch(reference):
                yield f"{name}: got {reference!r}, expected module:function"
        if not self.source:
            yield "source: got nothing, expected where the weights come from"
        if len(self.prompts) < MINIMUM_PROMPTS:
            yield f"prompts: got {len(self.prompts)}, expected at least {MINIMUM_PROMPTS}"
