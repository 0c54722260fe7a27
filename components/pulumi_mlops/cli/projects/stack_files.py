"""A workload's settings into a stack file: a block of lines, every other line as it was. Pure: text in, text out."""

import json
import re
from collections.abc import Mapping
from typing import Any

from pulumi_mlops.stack.edit import with_value

_MARK = "settings-of-the-workload-stand-here"
# A key of a block, with nothing else in its line but a comment: within braces a block cannot stand.
_LINE = re.compile(
    rf"^(?P<indent> *)(?P<key>[^\s#{{}}\[\],][^\n{{}}\[\],]*?): *{_MARK}(?P<rest>\r?| *#[^\n]*)$", re.MULTILINE
)
_FLOW_DEPTH = 2


def with_workload(text: str, project: str, workload: str, settings: Mapping[str, Any], *, has_others: bool) -> str:
    """Add a workload to a stack file, after those that it has.

    Args:
        text: The stack file.
        project: The project, whose name stands before each key.
        workload: The workload, which the file does not have yet.
        settings: Its settings.
        has_others: Whether the file has workloads already.

    Returns:
        The text. Where the file's workloads stand in lines of their own, the new one does too.

    Raises:
        EditError: When the workloads stand in what cannot be changed, such as an alias.
    """
    # Without others, the whole value is new: there may be no mapping yet to add to.
    workloads = ("config", f"{project}:workloads")
    path, value = ((*workloads, workload), settings) if has_others else (workloads, {workload: settings})
    marked = with_value(text, path, _MARK)
    found = _LINE.search(marked)
    if found is None:
        return with_value(text, path, value)
    lines = _block(value, len(found["indent"]) + 2, 0 if has_others else -1)
    end = "\r" if found["rest"].endswith("\r") else ""
    head = f"{found['indent']}{found['key']}:{found['rest'].rstrip()}"
    return marked[: found.start()] + f"{end}\n".join([head, *lines]) + end + marked[found.end() :]


def _block(values: Mapping[str, Any], indent: int, depth: int) -> list[str]:
    """Return lines of YAML: a line for each setting, what is deeper in one line."""
    lines: list[str] = []
    for key, value in values.items():
        if isinstance(value, Mapping) and depth < _FLOW_DEPTH - 1:
            lines += [f"{' ' * indent}{key}:", *_block(value, indent + 2, depth + 1)]
        else:
            lines.append(f"{' ' * indent}{key}: {_flow(value)}")
    return lines


def _flow(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, str) and re.fullmatch(r"[a-z][a-z0-9_-]*", value):
        return value
    return json.dumps(value)
