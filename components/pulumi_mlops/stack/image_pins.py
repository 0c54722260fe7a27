"""Writes the pins of a workload's images into the text of a stack file. Pure: text in, text out."""

import re
from collections.abc import Mapping, Sequence

from pulumi_mlops.stack.edit import with_value
from pulumi_mlops.stack.problems import Path

_LINE_OF_KEY = re.compile(r"(?P<indent> *)[^#]*:\s*(#.*)?")


def with_pins(text: str, path: Sequence[str], pins: Mapping[str, str], lines: Mapping[Path, int]) -> str:
    """Pin images of a workload. Comments, order and the layout of all else stay as they are.

    Args:
        text: The text of a stack file.
        path: The keys of the workload from the outermost on, as `config`, `mlops:workloads`, `flights`.
        pins: The references by image.
        lines: The line of each place below the project's keys, from 1, as a document has it.

    Raises:
        EditError: When the text cannot be changed there.
    """
    place = ("workloads", path[-1])
    if not any(line_path[:3] == (*place, "images") for line_path in lines):
        text = _with_block(text, lines.get(place), pins)
    # What stands there by now stays; a workload in another form gets it in one line.
    for image, reference in pins.items():
        text = with_value(text, [*path, "images", image], reference, before=("pipeline", "model", "endpoint"))
    return text


def _with_block(text: str, line: int | None, pins: Mapping[str, str]) -> str:
    """Return the text with a block of its own for the images, first in a workload that is a block as well."""
    whole = text.splitlines(keepends=True)
    if line is None or line >= len(whole):
        return text
    key = _LINE_OF_KEY.fullmatch(whole[line - 1].rstrip("\r\n"))
    following = next((one for one in whole[line:] if one.strip() and not one.lstrip().startswith("#")), "")
    indent = following[: len(following) - len(following.lstrip(" "))]
    if key is None or len(indent) <= len(key["indent"]) or following.lstrip().startswith("-"):
        return text
    end = whole[line - 1][len(whole[line - 1].rstrip("\r\n")) :]
    step = indent[len(key["indent"]) :]
    block = [f"{indent}images:{end}", *(f"{indent}{step}{image}: {pin}{end}" for image, pin in pins.items())]
    return "".join([*whole[:line], *block, *whole[line:]])
