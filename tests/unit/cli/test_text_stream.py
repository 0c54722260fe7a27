"""`mlops predict --prompt`: a language model's answer as it comes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pulumi_mlops.cli.kubernetes.operations import KubernetesOperations
from pulumi_mlops.cli.kubernetes.services import parse_answer
from pulumi_mlops.cli.stacks import place_of
from pulumi_mlops.cli.text_stream import Prompt, pieces_of
from tests.fake_target import Mlops


def event(**choice: Any) -> str:
    return f"data: {json.dumps({'choices': [choice]})}\n"


STREAM = [event(text=" Par"), "\n", ": a comment\n", event(text="is."), 'data: {"choices": []}\n', "data: [DONE]\n"]
CHAT = [event(delta={"role": "assistant", "content": None}), event(delta={"content": "Hi"}), "data: [DONE]\n"]


def test_the_pieces_of_an_answer_are_its_text() -> None:
    assert "".join(pieces_of(STREAM)) == " Paris."
    assert "".join(pieces_of(CHAT)) == "Hi"


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (STREAM[:-1], "got a stream that broke off"),
        (['data: {"error": {"message": "too late"}}\n'], "got too late"),
        (["data: nothing\n"], "expected an event of a completion"),
        (["data: []\n"], "expected an event of a completion"),
    ],
)
def test_an_answer_that_is_not_whole_is_told(lines: list[str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        list(pieces_of(lines))


class Answering:
    """A cluster whose Service answers with a stream."""

    def __init__(self) -> None:
        self.asked: tuple[str, Any] = ("", None)

    def lines(self, _service: Any, path: str, body: Any, *, answer_seconds: float, headers: object) -> Iterator[str]:
        assert answer_seconds > 0
        self.asked = (path, body)
        yield from CHAT if path.endswith("chat/completions") else STREAM


@pytest.mark.parametrize("chat", [False, True])
def test_the_endpoint_is_asked_for_a_stream(stack: Path, *, chat: bool) -> None:
    answering: Any = Answering()
    operations = KubernetesOperations(place_of("flight-delay", "dev-local"), lambda _: answering)
    text = "".join(operations.answer(Prompt("Hello", chat, 5)))
    path, body = answering.asked
    assert text == ("Hi" if chat else " Paris.")
    assert path == ("/v1/chat/completions" if chat else "/v1/completions")
    assert body["stream"] is True
    assert (body["model"], body["max_tokens"], body["temperature"]) == ("flight-delay", 5, 0)
    assert (body.get("prompt"), body.get("messages")) == (
        (None, [{"role": "user", "content": "Hello"}]) if chat else ("Hello", None)
    )


def test_the_answer_is_printed(mlops: Mlops) -> None:
    assert mlops("predict", "--prompt", "One").stdout == "One and more\n"
    assert mlops("predict", "--prompt", "-", rows="Two").stdout == "Two and more\n"
    assert json.loads(mlops("predict", "--prompt", "One", "--json").stdout)["text"] == "One and more"


def test_what_is_wrong_is_told(mlops: Mlops) -> None:
    refused = mlops("predict", "--prompt", "One", "--chat")
    assert (refused.exit_code, refused.stderr) == (1, "got a prompt, expected rows\n")
    assert "prompt: got nothing" in mlops("predict", "--prompt", "-").stderr
    assert mlops("predict", "--prompt", "One", "--rows", "rows.json").exit_code == 2
    assert mlops("predict", "--max-tokens", "3").exit_code == 2


def test_an_error_of_openais_protocol_is_told_by_its_message() -> None:
    text = '{"error": {"message": "the context has 512 tokens", "code": 400}}'
    with pytest.raises(Exception, match="status 400: the context has 512 tokens, expected"):
        parse_answer("ns/poet", "/v1/completions", 400, text)
