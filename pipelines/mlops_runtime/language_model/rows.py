"""The rows of `:predict`: each a prompt or a chat's messages, which gets a text."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from mlops_runtime.serving.input_error import InputError, InputProblem, ProblemList, shown

from .asking import COMPLETIONS
from .contract import PROMPT, TEXT, LanguageModelContract

CHAT = "/v1/chat/completions"
MESSAGES, TOKENS = "messages", "max_tokens"
INSTANCES, PREDICTIONS = "instances", "predictions"
ROWS_MAX = 1000
"""More rows than this are a table for a batch, and no request."""


@dataclass(frozen=True, slots=True)
class RowRequest:
    """What the engine is asked for one row: the route and the document. The same row has the same answer."""

    path: str
    document: Mapping[str, Any]

    def text_of(self, answer: Mapping[str, Any]) -> str:
        """Return the text of the engine's answer."""
        choice = answer["choices"][0]
        return str(choice["message"]["content"] if self.path == CHAT else choice["text"])


def requests_of(document: Mapping[str, Any], name: str, contract: LanguageModelContract) -> list[RowRequest]:
    """Read the rows of a request.

    Args:
        document: `{"instances": […]}`: texts, or objects with `prompt` or `messages` and, where it is to be another
            than the model's, `max_tokens`.
        name: What the engine calls the model.
        contract: What the artifact says of it.

    Raises:
        InputError: With the first problems.
    """
    rows = document.get(INSTANCES)
    if not isinstance(rows, list) or not 1 <= len(rows) <= ROWS_MAX:
        raise InputError.at(INSTANCES, rows, f'a list of 1 to {ROWS_MAX} rows, such as [{{"{PROMPT}": "…"}}]')
    problems = ProblemList()
    for number, row in enumerate(rows):
        if (problem := _problem(row, f"{INSTANCES}[{number}]", contract)) is not None:
            problems.add(partial(_same, problem), number)
    problems.raise_if_any()
    return [_request(row, name, contract) for row in rows]


def _problem(row: object, place: str, contract: LanguageModelContract) -> InputProblem | None:
    """Return what is wrong with a row, if anything is."""
    keys = (PROMPT, MESSAGES) if contract.chat else (PROMPT,)
    if isinstance(row, str):
        row = {PROMPT: row}
    if not isinstance(row, dict) or sum(key in row for key in keys) != 1:
        return InputProblem(place, shown(row), f"a text, or an object with {' or '.join(keys)}")
    if unknown := sorted(row.keys() - {*keys, TOKENS}):
        return InputProblem(place, ", ".join(unknown)[:80], f"{', '.join((*keys, TOKENS))} and nothing else")
    most = contract.context_tokens
    checks: dict[str, tuple[Callable[[object], bool], str]] = {
        PROMPT: (lambda value: isinstance(value, str) and bool(value), "a text that is not empty"),
        MESSAGES: (_is_messages, "a list of objects with role and content"),
        TOKENS: (lambda value: type(value) is int and value in range(1, most + 1), f"a whole number from 1 to {most}"),
    }
    for key, value in row.items():
        is_right, expected = checks[key]
        if not is_right(value):
            return InputProblem(f"{place}.{key}", shown(value), expected)
    return None


def _same(problem: InputProblem) -> InputProblem:
    return problem


def _is_messages(value: object) -> bool:
    return (
        bool(value)
        and isinstance(value, Sequence)
        and all(isinstance(each, dict) and {"role", "content"} <= each.keys() for each in value)
    )


def _request(row: Any, name: str, contract: LanguageModelContract) -> RowRequest:
    given = {PROMPT: row} if isinstance(row, str) else row
    settings = {"model": name, TOKENS: contract.answer_tokens, "temperature": 0, "seed": 0, "stream": False}
    return RowRequest(CHAT if MESSAGES in given else COMPLETIONS, {**settings, **given})


def interface_of(contract: LanguageModelContract) -> dict[str, list[dict[str, Any]]]:
    """Return what the model takes and gives, as the Open Inference Protocol's metadata has it."""
    tensors = {"inputs": [PROMPT, *([MESSAGES] if contract.chat else [])], "outputs": [TEXT]}
    return {
        side: [{"name": name, "datatype": "BYTES", "shape": [-1]} for name in names] for side, names in tensors.items()
    }
