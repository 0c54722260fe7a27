"""What a truth check asks of an endpoint that serves a language model: who it is, and its golden prompts."""

from dataclasses import dataclass

import httpx

from mlops_runtime.serving.asking import TruthError, at_place, check_same, json_of
from mlops_runtime.serving.golden import GoldenScore

from .asking import COMPLETIONS, AnswerError, golden_answers
from .golden import GoldenPrompts, PromptMismatchError


@dataclass(frozen=True, slots=True)
class PinnedLanguageModel:
    """What the endpoint must be: name, version and digest, and the prompts that it must answer as registered."""

    name: str
    version: str
    digest: str
    golden: GoldenPrompts

    @property
    def identity(self) -> dict[str, str]:
        """What every answer must say."""
        return {"version": self.version, "digest": self.digest}

    def ask(self, client: httpx.Client) -> list[GoldenScore]:
        """Ask over one connection: who are you, and what do you make of the golden prompts.

        Raises:
            TruthError: The first answer that differs.
        """
        with at_place("/mlops/identity"):
            check_same(json_of(client.get("/mlops/identity")), {"name": self.name, **self.identity})
        with at_place(COMPLETIONS):
            try:
                for prompt, answer, text in golden_answers(client, self.name, self.golden):
                    check_same({key: answer.headers.get(f"mlops-model-{key}") for key in self.identity}, self.identity)
                    prompt.check(text)
            except (AnswerError, PromptMismatchError) as error:
                raise TruthError(str(error)) from error
        return [GoldenScore(rows=len(self.golden.prompts), max_absolute_error=0.0, tolerance=0.0)]

    def told(self, score: GoldenScore) -> str:
        """Return a score in words."""
        return f"{score.rows} golden prompts"
