"""A language model's answer as it comes: OpenAI's protocol, as every server of such models speaks it."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

COMPLETIONS, CHAT = "/v1/completions", "/v1/chat/completions"
_FIELD = "data:"
_END = "[DONE]"


@dataclass(frozen=True)
class Prompt:
    """What a language model is asked.

    Attributes:
        text: The text that it goes on from or, in a chat, that its user says.
        is_chat: Whether it answers as in a chat.
        tokens_max: How many tokens its answer may have; None: as many as the server gives.
    """

    text: str
    is_chat: bool = False
    tokens_max: int | None = None

    @property
    def path(self) -> str:
        """The route that answers it."""
        return CHAT if self.is_chat else COMPLETIONS

    def to_document(self, model: str) -> dict[str, Any]:
        """Return the request for a stream. The same prompt has the same answer."""
        asked: dict[str, Any] = (
            {"messages": [{"role": "user", "content": self.text}]} if self.is_chat else {"prompt": self.text}
        )
        tokens = {} if self.tokens_max is None else {"max_tokens": self.tokens_max}
        return {"model": model, **asked, **tokens, "temperature": 0, "seed": 0, "stream": True}


def pieces_of(lines: Iterable[str]) -> Iterator[str]:
    """Yield the pieces of an answer's text.

    Args:
        lines: The lines of the stream.

    Raises:
        ValueError: The server says that something went wrong, writes another form, or the stream ends before its end.
    """
    for line in lines:
        if not line.startswith(_FIELD):
            continue
        event = line.removeprefix(_FIELD).strip()
        if event == _END:
            return
        yield _piece(event)
    raise ValueError("answer: got a stream that broke off, expected its end, fix: try again, or look at the pod's log")


def _piece(event: str) -> str:
    try:
        document = json.loads(event)
        if "error" in document:
            raise ValueError(f"answer: got {document['error']['message']}")
        # An event about the use of tokens has no choice.
        choice = document["choices"][0] if document["choices"] else {}
        text = choice["delta"].get("content") if "delta" in choice else choice.get("text")
    except (LookupError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise ValueError(f"answer: got {event[:200]!r}, expected an event of a completion") from error
    return str(text or "")
