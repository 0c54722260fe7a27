"""The payload records of a language model: one row a request, a prompt and its answer."""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import orjson

from mlops_runtime.monitoring.payloads.record import Captured, Row
from mlops_runtime.monitoring.payloads.settings import PayloadSettings
from mlops_runtime.serving.calling import Calling

PROMPT: Final = "prompt"
ANSWER: Final = "answer"
NAMES: Final = (PROMPT, ANSWER)
OVERHEAD_BYTES = 1024
_EVENT = b"data: "


def problem_of(settings: PayloadSettings) -> str | None:
    """Return what is wrong with what the settings redact, or None."""
    unknown = [name for name in settings.redacted_features if name not in NAMES]
    if not unknown:
        return None
    return f"payloads.redacted_features: got {', '.join(unknown)}, expected some of {', '.join(NAMES)}, fix: correct it"


def captured(
    document: dict[str, Any], content: bytes, prediction_id: str, calling: Calling, moment: float, seconds: float
) -> Captured:
    """Return an answered request for the payload log.

    Args:
        document: The request.
        content: The answer: a JSON object, or a stream of events.
        prediction_id: Its id.
        calling: What its headers say.
        moment: When it was answered, in seconds since 1970.
        seconds: How long the answer took.
    """
    size = len(content) + len(str(document.get("prompt") or document.get("messages") or "")) + OVERHEAD_BYTES
    trace_id = None if calling.trace is None else calling.trace.trace_id
    rows = partial(_rows, document, content)
    return Captured(prediction_id, moment, rows, 1, size, trace_id, calling.key, seconds * 1000)


def _rows(document: dict[str, Any], content: bytes) -> Iterator[Row]:
    prompt = document.get("prompt")
    if prompt is None:
        # A chat: who said what, as JSON.
        prompt = orjson.dumps(document.get("messages")).decode()
    elif not isinstance(prompt, str):
        prompt = orjson.dumps(prompt).decode()
    yield {PROMPT: prompt}, {ANSWER: answer_of(content)}


def answer_of(content: bytes) -> str:
    """Return the text of an answer, or of the events of a stream as far as they came."""
    if content.lstrip().startswith(b"{"):
        return _text(orjson.loads(content))
    parts = []
    for line in content.splitlines():
        event = line.removeprefix(_EVENT)
        if event is line or not event.startswith(b"{"):
            continue
        try:
            parts.append(_text(orjson.loads(event)))
        except orjson.JSONDecodeError:
            # The end of what is kept of a long stream.
            break
    return "".join(parts)


def _text(document: Any) -> str:
    choices = document.get("choices") if isinstance(document, dict) else None
    if not isinstance(choices, list) or not choices:
        return ""
    choice = choices[0]
    said = choice.get("text") or (choice.get("message") or choice.get("delta") or {}).get("content")
    return said if isinstance(said, str) else ""
