"""Asking a language model its golden prompts, over its own routes."""

from collections.abc import Iterator

import httpx

from mlops_runtime.serving.asking import check_headers

from .golden import GoldenPrompt, GoldenPrompts

COMPLETIONS = "/v1/completions"


class AnswerError(Exception):
    """A server answers in another form than the protocol's; the message says what came."""


def complete(client: httpx.Client, name: str, prompt: str, tokens_max: int) -> httpx.Response:
    """Ask for a completion, greedily: the same prompt has the same answer.

    Raises:
        httpx.HTTPError: No answer.
    """
    request = {"model": name, "prompt": prompt, "max_tokens": tokens_max, "temperature": 0, "seed": 0}
    return client.post(COMPLETIONS, json=request, headers=check_headers())


def golden_answers(
    client: httpx.Client, name: str, golden: GoldenPrompts
) -> Iterator[tuple[GoldenPrompt, httpx.Response, str]]:
    """Yield each golden prompt with the whole answer to it and the answer's text.

    Raises:
        AnswerError: A status other than 200, or a document without a text.
        httpx.HTTPError: No answer.
    """
    for prompt in golden.prompts:
        answer = complete(client, name, prompt.prompt, prompt.tokens_max)
        yield prompt, answer, completion_of(answer)


def prove(client: httpx.Client, name: str, golden: GoldenPrompts) -> None:
    """Hold a server's answers to the golden prompts against the registered ones.

    Raises:
        PromptMismatchError: One of them differs.
        AnswerError: A status other than 200, or a document without a text.
        httpx.HTTPError: No answer.
    """
    for prompt, _, text in golden_answers(client, name, golden):
        prompt.check(text)


def completion_of(answer: httpx.Response) -> str:
    """Return the text of a completion.

    Raises:
        AnswerError: There is none.
    """
    if answer.status_code != httpx.codes.OK:
        raise AnswerError(f"got status {answer.status_code} {answer.text[:200]!r}, expected 200")
    try:
        text = answer.json()["choices"][0]["text"]
    except (ValueError, LookupError, TypeError) as error:
        raise AnswerError(f"got {answer.text[:200]!r}, expected a completion with a text") from error
    if not isinstance(text, str):
        raise AnswerError(f"got {text!r:.200}, expected a text")
    return text
