"""A language model that may score a table: its files are the pinned ones, and its engine repeats the golden prompts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from mlops_runtime.artifact import ArtifactError, verify_directory
from mlops_runtime.serving.contract import ContractError, ServingContract
from mlops_runtime.serving.contract import load_contract as load_serving_contract
from mlops_runtime.serving.golden import GoldenScore
from mlops_runtime.serving.identity import Identity
from mlops_runtime.serving.scorer import Answers, Batch
from mlops_runtime.serving.served_model import UnservableModelError

from .asking import AnswerError, prove
from .contract import load_contract
from .engine import Engine, EngineError
from .golden import PromptMismatchError, load_golden
from .scorer import LanguageModelScorer


@dataclass(frozen=True, slots=True)
class ServedLanguageModel:
    """Who it is, what it takes and gives, and what scores with it."""

    identity: Identity
    contract: ServingContract
    scorer: LanguageModelScorer

    def score(self, batch: Batch, row_place: Callable[[int], str]) -> Answers:  # noqa: ARG002 - the scorer names rows
        """Complete each row's prompt; see `LanguageModelScorer.score`."""
        return self.scorer.score(batch)  # type: ignore[arg-type]


@contextmanager
def served_language_model(directory: Path, name: str, version: str, digest: str) -> Iterator[ServedLanguageModel]:
    """Start an artifact's engine and prove it; it ends with the block.

    Args:
        directory: The model artifact.
        name: The registered model's name.
        version: The registered version.
        digest: The digest that the files must have.

    Raises:
        UnservableModelError: The digest differs, a file is missing or wrong, the engine does not load the weights, or
            a golden prompt is not repeated.
    """
    place = f"{name} version {version} in {directory}"
    try:
        verify_directory(directory, digest)
        contract, language, golden = load_serving_contract(directory), load_contract(directory), load_golden(directory)
        engine = Engine(directory, language, name)
    except (OSError, ArtifactError, ContractError, EngineError) as error:
        raise UnservableModelError(f"{place}: {error}") from error
    with engine:
        try:
            with engine.client() as client:
                prove(client, name, golden)
        except (PromptMismatchError, AnswerError, httpx.HTTPError) as error:
            raise UnservableModelError(f"{place}: {error}") from error
        identity = Identity(name, version, digest, GoldenScore(len(golden.prompts), 0.0, 0.0), contract.runtime)
        with LanguageModelScorer(engine, language, contract) as scorer:
            yield ServedLanguageModel(identity, contract, scorer)
