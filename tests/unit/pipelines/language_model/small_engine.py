"""The model of 135 million parameters that a wheel holds, behind llama.cpp's own server."""

from collections.abc import Iterator
from contextlib import contextmanager

from mlops_runtime.language_model.contract import LanguageModelContract
from mlops_runtime.language_model.engine import Engine
from tests.unit.pipelines.language_model.conftest import CONTEXT_TOKENS, weights


@contextmanager
def small_engine(name: str = "model") -> Iterator[Engine]:
    """An OpenAI-compatible engine, started for as long as the block runs."""
    file = weights()
    contract = LanguageModelContract(weights=file.name, context_tokens=CONTEXT_TOKENS, parallel_requests=1)
    with Engine(file.parent, contract, name) as engine:
        yield engine
