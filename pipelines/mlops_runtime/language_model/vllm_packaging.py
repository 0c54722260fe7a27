"""The artifact of a language model that vLLM serves: weights in Hugging Face's format, and answers that vLLM gave."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import httpx

from mlops_runtime.errors import StepError
from mlops_runtime.serving.contract import CONTRACT_FILE_NAME as SERVING_FILE_NAME

from . import hugging_face
from .asking import AnswerError, complete, completion_of
from .contract import CONTRACT_FILE_NAME, VLLM_WEIGHTS, LanguageModelContract
from .engine import ANSWER_SECONDS
from .golden import GOLDEN_FILE_NAME, MINIMUM_PROMPTS, GoldenPrompt, GoldenPrompts

GOLDEN_TOKENS = 16


def save_vllm_model(  # noqa: PLR0913 - each says one thing of the artifact, by name
    weights: Path,
    directory: Path,
    prompts: Sequence[str],
    *,
    address: str,
    name: str,
    context_tokens: int,
    parallel_requests: int = 4,
    chat: bool = False,
    golden_tokens: int = GOLDEN_TOKENS,
    characters_that_agree: int | None = None,
) -> LanguageModelContract:
    """Write the artifact of a language model, and take its golden answers from a vLLM that has loaded the weights.

    Args:
        weights: A folder in Hugging Face's format, with safetensors; it is copied.
        directory: Folder to be made.
        prompts: At least four prompts whose greedy completions every server must repeat.
        address: Where a vLLM answers that has loaded these weights, such as `http://127.0.0.1:8000`.
        name: What it calls the model.
        context_tokens: How many tokens of prompt and answer together one request may have.
        parallel_requests: How many requests are answered at a time.
        chat: Whether the weights hold a chat template.
        golden_tokens: How many tokens of each answer are kept.
        characters_that_agree: How many characters of each answer must be the same; None for all. Another kind of GPU,
            or another number of them, adds up in another order.

    Returns:
        The contract.

    Raises:
        StepError: The folder lacks something or holds what could run code, there are too few prompts, or an answer is
            empty or differs when it is asked for a second time.
    """
    problems = list(hugging_face.problems_of(weights))
    if len(prompts) < MINIMUM_PROMPTS:
        problems.append(f"prompts: got {len(prompts)}, expected at least {MINIMUM_PROMPTS}, fix: give more")
    if problems:
        raise StepError("; ".join(problems))
    golden = _answered(address, name, prompts, golden_tokens, characters_that_agree)
    contract = LanguageModelContract(
        engine="vllm",
        weights=VLLM_WEIGHTS,
        context_tokens=context_tokens,
        parallel_requests=parallel_requests,
        chat=chat,
    )
    shutil.copytree(weights, directory / VLLM_WEIGHTS)
    (directory / SERVING_FILE_NAME).write_text(contract.serving_contract().to_json(), encoding="utf-8")
    for file, document in ((CONTRACT_FILE_NAME, contract), (GOLDEN_FILE_NAME, golden)):
        text = document.model_dump_json(indent=1, exclude_none=True) + "\n"
        (directory / file).write_text(text, encoding="utf-8")
    return contract


def check_vllm_model(directory: Path) -> None:
    """Look at what is said of an artifact without a GPU: whether its weights are whole, and run no code.

    Raises:
        StepError: They are not.
    """
    if problems := list(hugging_face.problems_of(directory / VLLM_WEIGHTS)):
        got = "; ".join(problems)
        raise StepError(f"the model: got weights of another form ({got}), expected whole ones: it is not registered")


def _answered(
    address: str, name: str, prompts: Sequence[str], golden_tokens: int, characters_that_agree: int | None
) -> GoldenPrompts:
    found = []
    with httpx.Client(base_url=address, timeout=ANSWER_SECONDS, trust_env=False) as client:
        for prompt in prompts:
            try:
                one, other = (completion_of(complete(client, name, prompt, golden_tokens)) for _ in range(2))
            except (AnswerError, httpx.HTTPError) as error:
                raise StepError(f"{address}: prompt {prompt[:60]!r}: {error or type(error).__name__}") from error
            agree = None if characters_that_agree is None else min(characters_that_agree, len(one))
            if not one or one[:agree] != other[:agree]:
                got = f"{one[:60]!r} and then {other[:60]!r}"
                raise StepError(
                    f"prompt {prompt[:60]!r}: got {got}, expected one answer both times, fix: give another prompt, or"
                    " characters_that_agree"
                )
            found.append(GoldenPrompt(prompt=prompt, tokens_max=golden_tokens, text=one, characters_that_agree=agree))
    return GoldenPrompts(prompts=tuple(found))
