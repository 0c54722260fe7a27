"""Prompts with the answers that the model gave when it was registered: what a server must repeat to be ready."""

from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mlops_runtime.serving.contract import parse_file

GOLDEN_FILE_NAME = "golden_prompts.json"
MINIMUM_PROMPTS = 4
SHOWN_CHARACTERS = 60


class PromptMismatchError(Exception):
    """An answer is not the one that was registered; the message names the prompt and both answers."""


class GoldenPrompt(BaseModel):
    """A prompt and the completion that the model must give for it, taken greedily (temperature 0).

    A chat's answer depends on its template too: golden prompts are completions.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt: str = Field(min_length=1)
    tokens_max: int = Field(ge=1, le=1024)
    text: str = Field(min_length=1)
    """The answer."""

    characters_that_agree: int | None = Field(default=None, ge=1)
    """How many characters of the answer must be the same. Defaults to all of them. Two kinds of CPU may add up in
    another order, and a tie between two tokens then falls the other way."""

    @model_validator(mode="after")
    def _no_more_than_there_are(self) -> Self:
        if self.characters_that_agree is not None and self.characters_that_agree > len(self.text):
            raise ValueError(
                f"got characters_that_agree {self.characters_that_agree}, expected at most {len(self.text)}"
            )
        return self

    def check(self, answer: str) -> None:
        """Hold an answer against the registered one.

        Raises:
            PromptMismatchError: It differs within the characters that must agree.
        """
        needed = len(self.text) if self.characters_that_agree is None else self.characters_that_agree
        exact = self.characters_that_agree is None
        agreeing = _agreeing_characters(answer, self.text)
        if agreeing < needed or (exact and answer != self.text):
            raise PromptMismatchError(
                f"golden prompt {self.prompt[:SHOWN_CHARACTERS]!r}: got {answer[:SHOWN_CHARACTERS]!r}, expected"
                f" {self.text[:SHOWN_CHARACTERS]!r} (the first {agreeing} of {needed} characters agree)"
            )


def _agreeing_characters(one: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


class GoldenPrompts(BaseModel):
    """The prompts of one model version."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompts: tuple[GoldenPrompt, ...] = Field(min_length=MINIMUM_PROMPTS)

    def check(self, answers: Sequence[str]) -> None:
        """Hold the answers of a server, in the order of the prompts, against the registered ones.

        Raises:
            PromptMismatchError: One of them differs, or one is missing.
        """
        if len(answers) != len(self.prompts):
            raise PromptMismatchError(f"got {len(answers)} answers, expected {len(self.prompts)}")
        for prompt, answer in zip(self.prompts, answers, strict=True):
            prompt.check(answer)


def load_golden(directory: Path) -> GoldenPrompts:
    """Read and check `golden_prompts.json`.

    Raises:
        ContractError: The file is missing or does not hold golden prompts.
    """
    return parse_file(directory / GOLDEN_FILE_NAME, GoldenPrompts)
