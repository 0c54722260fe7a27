"""Objects without rules of their own: what they say of themselves, and what `pulumi.com/waitFor` asks for."""

import json

from sandbox.plugins.kubernetes.awaiters.json_path import JsonPathError, find, parse
from sandbox.plugins.kubernetes.awaiters.observer import Observer
from sandbox.plugins.kubernetes.awaiters.progress import READY, Progress, waiting
from sandbox.plugins.kubernetes.objects import condition, int_at, name_of, text_at
from sandbox.plugins.protocol.errors import ProviderError
from sandbox.plugins.protocol.values import Object


class WaitForError(ProviderError):
    """The annotation `pulumi.com/waitFor` is not understood."""


def check(live: Object, observer: Observer) -> Progress:  # noqa: ARG001 - all looks have one form
    """Looks at an object's condition `Ready`; without one there is nothing to wait for."""
    ready = condition(live, "Ready")
    if not ready:
        return READY
    generation = int_at(live, "metadata", "generation")
    seen = int_at(ready, "observedGeneration", default=int_at(live, "status", "observedGeneration", default=generation))
    if text_at(ready, "status") == "True" and seen >= generation:
        return READY
    why = ": ".join(part for part in (text_at(ready, "reason"), text_at(ready, "message")) if part)
    return waiting(f"{text_at(live, 'kind')} {name_of(live)}: not Ready{f' ({why})' if why else ''}")


def wait_for(live: Object, expressions: str) -> Progress:
    """Looks at an object as the annotation `pulumi.com/waitFor` wants it.

    Args:
        live: The object.
        expressions: `jsonpath={.status.phase}=Running`, `condition=Ready` or `condition=Ready=False`; or a JSON list
            of such texts, all of which must hold.

    Raises:
        WaitForError: An expression is not understood.
    """
    missing = [each for each in _expressions(expressions) if not _holds(live, each)]
    if not missing:
        return READY
    return waiting(f"{text_at(live, 'kind')} {name_of(live)}: waits for {', '.join(missing)}")


def _expressions(text: str) -> list[str]:
    try:
        found = json.loads(text)
    except ValueError:
        return [text]
    return [str(each) for each in found] if isinstance(found, list) else [text]


def _holds(live: Object, expression: str) -> bool:
    kind, _, rest = expression.partition("=")
    if kind == "condition" and rest:
        name, _, wanted = rest.partition("=")
        return text_at(condition(live, name), "status").lower() == (wanted or "true").lower()
    if kind == "jsonpath" and rest:
        path, is_compared, wanted = _split(rest)
        try:
            found = find(live, parse(path))
        except JsonPathError as error:
            raise WaitForError(f"pulumi.com/waitFor: {expression!r}: {error}") from error
        return any(_text(each) == wanted for each in found) if is_compared else bool(found)
    raise WaitForError(f"pulumi.com/waitFor: got {expression!r}, expected jsonpath={{.path}}=value or condition=Name")


def _split(text: str) -> tuple[str, bool, str]:
    """Splits "{.path}=value", where the path may hold an equals sign in a filter."""
    end = text.rfind("}")
    path, rest = (
        (text[: end + 1], text[end + 1 :])
        if end >= 0
        else (text.partition("=")[0], text[len(text.partition("=")[0]) :])
    )
    return path, rest.startswith("="), rest[1:]


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value)
