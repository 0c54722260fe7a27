"""Writing a language model's artifact: weights, contract, and golden prompts with the answers that the weights give."""

import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import httpx

from mlops_runtime.errors import StepError
from mlops_runtime.serving.contract import CONTRACT_FILE_NAME as SERVING_FILE_NAME
from mlops_runtime.serving.contract import ContractError

from .asking import AnswerError, complete, completion_of, prove
from .contract import ANSWER_TOKENS, CONTRACT_FILE_NAME, LanguageModelContract, load_contract
from .engine import Engine, EngineError
from .golden import GOLDEN_FILE_NAME, MINIMUM_PROMPTS, GoldenPrompt, GoldenPrompts, PromptMismatchError, load_golden
from .vllm_packaging import check_vllm_model

GOLDEN_TOKENS = 16
GGUF_MAGIC = b"GGUF"


def save_language_model(
    weights: Path,
    directory: Path,
    prompts: Sequence[str],
    *,
    context_tokens: int,
    parallel_requests: int = 4,
    chat: bool = False,
    answer_tokens: int = ANSWER_TOKENS,
    golden_tokens: int = GOLDEN_TOKENS,
) -> LanguageModelContract:
    """Write the artifact of a language model, and take its golden answers from the weights themselves.

    Args:
        weights: A GGUF file, llama.cpp's format; it is copied.
        directory: Folder to be made.
        prompts: At least four prompts whose greedy completions every server must repeat.
        context_tokens: How many tokens of prompt and answer together one request may have.
        parallel_requests: How many requests are answered at a time.
        chat: Whether the weights hold a chat template.
        answer_tokens: How many tokens an answer has at most where nobody asks for a number.
        golden_tokens: How many tokens of each answer are kept.

    Returns:
        The contract.

    Raises:
        StepError: The weights are no GGUF file or are not loaded, there are too few prompts, or an answer is empty or
            differs when it is asked for a second time, beside the others.
    """
    with weights.open("rb") as file:
        start = file.read(len(GGUF_MAGIC))
    if start != GGUF_MAGIC:
        raise StepError(f"{weights}: got a file that begins with {start!r}, expected {GGUF_MAGIC!r}: a GGUF file")
    if len(prompts) < MINIMUM_PROMPTS:
        raise StepError(f"prompts: got {len(prompts)}, expected at least {MINIMUM_PROMPTS}, fix: give more")
    directory.mkdir(parents=True)
    shutil.copyfile(weights, directory / weights.name)
    contract = LanguageModelContract(
        weights=weights.name,
        context_tokens=context_tokens,
        parallel_requests=parallel_requests,
        chat=chat,
        answer_tokens=answer_tokens,
    )
    (directory / SERVING_FILE_NAME).write_text(contract.serving_contract().to_json(), encoding="utf-8")
    (directory / CONTRACT_FILE_NAME).write_text(contract.model_dump_json(indent=1) + "\n", encoding="utf-8")
    golden = _answered(directory, contract, prompts, golden_tokens)
    (directory / GOLDEN_FILE_NAME).write_text(
        golden.model_dump_json(indent=1, exclude_none=True) + "\n", encoding="utf-8"
    )
    return contract


def _answered(
    directory: Path, contract: LanguageModelContract, prompts: Sequence[str], golden_tokens: int
) -> GoldenPrompts:
    try:
        with (
            Engine(directory, contract) as engine,
            engine.client() as client,
            ThreadPoolExecutor(contract.parallel_requests) as threads,
        ):
            ask = partial(_completion, client, engine.name, golden_tokens)
            first = list(map(ask, prompts))
            # As a server of many callers answers: what is computed together is added up in another order.
            second = list(threads.map(ask, prompts))
    except (EngineError, AnswerError, httpx.HTTPError) as error:
        raise StepError(f"{directory / contract.weights}: {error}") from error
    for prompt, one, other in zip(prompts, first, second, strict=True):
        if not one or one != other:
            got = f"{one[:60]!r} and then {other[:60]!r}"
            raise StepError(
                f"prompt {prompt[:60]!r}: got {got}, expected one answer both times, fix: give another prompt"
            )
    return GoldenPrompts(
        prompts=tuple(
            GoldenPrompt(prompt=prompt, tokens_max=golden_tokens, text=text)
            for prompt, text in zip(prompts, first, strict=True)
        )
    )


def _completion(client: httpx.Client, name: str, tokens_max: int, prompt: str) -> str:
    return completion_of(complete(client, name, prompt, tokens_max))


def check_language_model(directory: Path) -> None:
    """Do what a server does before it is ready, before there is a version; of vLLM's, what can be done without a GPU.

    Raises:
        StepError: The weights are not loaded, or an answer to a golden prompt differs.
    """
    try:
        contract, golden = load_contract(directory), load_golden(directory)
        if contract.engine == "vllm":
            check_vllm_model(directory)
            return
        with Engine(directory, contract) as engine, engine.client() as client:
            prove(client, engine.name, golden)
    except (ContractError, EngineError, AnswerError, PromptMismatchError, httpx.HTTPError) as error:
        raise StepError(f"the model: got {error}, expected one that can be served: it is not registered") from error
