"""The part of kubectl's JSONPath that waits use: properties, positions, `[*]` and filters by equality."""

import re
from dataclasses import dataclass
from typing import Any

_STEP = re.compile(
    r"""\.(?P<name>[A-Za-z0-9_\-/$]+(?:\\\.[A-Za-z0-9_\-/$]+)*)
    |\[(?P<index>-?\d+)\]
    |(?P<all>\[\*\]|\.\*)
    |\[(?P<quote>['"])(?P<quoted>.*?)(?P=quote)\]
    |\[\?\(\s*@\.(?P<key>[A-Za-z0-9_\-/]+)\s*==\s*(?P<mark>['"])(?P<value>.*?)(?P=mark)\s*\)\]""",
    re.VERBOSE,
)


class JsonPathError(ValueError):
    """The path is not understood."""


@dataclass(frozen=True)
class Step:
    """One step of a path.

    Attributes:
        name: Property to go to.
        index: Position to go to.
        where: (property, text) that the list's elements must have; all elements when the property is empty.
    """

    name: str | None = None
    index: int | None = None
    where: tuple[str, str] | None = None


def parse(text: str) -> list[Step]:
    """Reads a path such as `{.status.conditions[?(@.type=="Ready")].status}`; braces and the first dot may be absent.

    Raises:
        JsonPathError: The path is not understood; says from where on.
    """
    path = text.strip().removeprefix("{").removesuffix("}").removeprefix("$")
    if path and path[0] not in ".[":
        path = f".{path}"
    steps, position = [], 0
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            raise JsonPathError(f"not understood from {path[position:]!r} on")
        steps.append(_step(match))
        position = match.end()
    if not steps:
        raise JsonPathError("empty")
    return steps


def find(value: Any, steps: list[Step]) -> list[Any]:
    """Returns everything at a path."""
    found = [value]
    for step in steps:
        found = [inner for each in found for inner in _walk(each, step)]
    return found


def _step(match: re.Match[str]) -> Step:
    if match["name"] is not None:
        return Step(name=match["name"].replace("\\.", "."))
    if match["quoted"] is not None:
        return Step(name=match["quoted"])
    if match["index"] is not None:
        return Step(index=int(match["index"]))
    if match["key"] is not None:
        return Step(where=(match["key"], match["value"]))
    return Step(where=("", ""))


def _walk(value: Any, step: Step) -> list[Any]:
    if step.name is not None:
        return [value[step.name]] if isinstance(value, dict) and step.name in value else []
    if not isinstance(value, list):
        return list(value.values()) if isinstance(value, dict) and step.where == ("", "") else []
    if step.index is not None:
        return [value[step.index]] if -len(value) <= step.index < len(value) else []
    key, wanted = step.where or ("", "")
    return [each for each in value if not key or (isinstance(each, dict) and each.get(key) == wanted)]
