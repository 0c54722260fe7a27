"""Turns what pydantic found into problems that tell a reader of the stack file what to do."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pulumi_mlops._shared.suggest import did_you_mean
from pulumi_mlops.stack.document import StackDocument
from pulumi_mlops.stack.model import StackConfig
from pulumi_mlops.stack.problems import Path, Problem, shown
from pulumi_mlops.stack.pulumi_config import quote

# How pydantic names the branch of a union that a value took, and the model behind it.
_BRANCHES = {
    "own": "OwnRegistry",
    "existing": "ExistingRegistry",
    "account": "AccountRegistry",
}
_TYPES = {
    "string_type": ("a text", "put it in quotes"),
    "int_type": ("a whole number", "write it without quotes and without a decimal point"),
    "int_from_float": ("a whole number", "write it without a decimal point"),
    "float_type": ("a number", "write it without quotes"),
    "finite_number": ("a finite number", "write one of fewer digits"),
    "bool_type": ("true or false", "write true or false, without quotes"),
    "dict_type": ("a mapping", "write its keys below it, indented"),
    "model_type": ("a mapping", "write its keys below it, indented"),
    "tuple_type": ("a list", "write it as [first, second]"),
}
_BOUNDS = {
    "greater_than_equal": ("at least {ge}", "raise it"),
    "less_than_equal": ("at most {le}", "lower it"),
    "greater_than": ("more than {gt}", "raise it"),
    "less_than": ("less than {lt}", "lower it"),
    "string_pattern_mismatch": ("a text that matches {pattern}", "correct it"),
    "string_too_short": ("a text that is not empty", "write one"),
}


def problems_of(error: ValidationError, document: StackDocument) -> list[Problem]:
    """Describe each of pydantic's errors at its place in the document."""
    if not document.is_readable:
        return []
    return [_problem_of(details, document) for details in error.errors(include_url=False)]


def wrong_paths(error: ValidationError) -> list[Path]:
    """Return what has to go so that the rest can be judged: each wrong value, or what lacks a key."""
    paths = []
    for details in error.errors(include_url=False):
        path, _ = _locate(details["loc"])
        # A list with a wrong item goes as a whole, and so does a mapping that lacks a key.
        while path and (isinstance(path[-1], int) or details["type"] == "missing"):
            path = path[:-1]
            if details["type"] == "missing":
                break
        if path:
            paths.append(path)
    return paths


def _problem_of(details: ErrorDetails, document: StackDocument) -> Problem:
    path, siblings = _locate(details["loc"])
    if details["type"] == "extra_forbidden":
        return _unknown_key(document, path, siblings)
    got, expected, fix = judge(details, document.written.get(path))
    if details["type"] == "missing":
        key = document.key(path)
        got, expected, fix = "nothing", f"the key {key}", f"add {key}: …{_meaning(details['loc'])}"
    return document.problem(path, got=got, expected=expected, fix=fix)


def judge(details: ErrorDetails, written: str | None = None) -> tuple[str, str, str]:
    """Return what was got, what was expected, and the fix, for one of pydantic's errors.

    Args:
        details: The error.
        written: What stands in the stack file, where a value without quotes is something else than its text.
    """
    context: Mapping[str, Any] = details.get("ctx", {})
    value, kind = details["input"], details["type"]
    got, expected, fix = shown(value), details["msg"], "correct it"
    if written and written != str(value) and not isinstance(value, bool):
        got = f"{written}, which Pulumi reads as {got}"
    if kind == "refused":
        got, expected, fix = context.get("got", got), context["expected"], context["fix"]
    elif kind == "value_error":
        # A model's own check says `expected …, got …`, as everything here does.
        told, _, found = str(context["error"]).partition(", got ")
        got, expected = found or "values that do not go together", told.removeprefix("expected ")
    elif kind in {"enum", "literal_error"}:
        expected = "one of " + str(context["expected"]).replace("'", "").replace(" or ", ", ")
        fix = did_you_mean(str(value), expected.removeprefix("one of ").split(", ")) or "choose one of them"
    elif kind in _TYPES:
        expected, fix = _TYPES[kind]
        if isinstance(value, dict | list) or value is None:
            fix = f"give it {expected}"
        elif kind == "string_type":
            # The value alone does not tell what stood in the file: 012345670123 is read as 1402433619.
            fix = quote(written)
    elif kind in _BOUNDS:
        expected, fix = (text.format(**context) for text in _BOUNDS[kind])
    return got, expected, fix


def _unknown_key(document: StackDocument, path: Path, siblings: Mapping[str, Any]) -> Problem:
    known = sorted(document.key((*path[:-1], sibling)) for sibling in siblings)
    key = document.key(path)
    return document.problem(
        path,
        got="an unknown key",
        expected=f"one of {', '.join(known)}",
        fix=did_you_mean(key, known) or "remove it, or see the schema (mlops config schema)",
    )


@cache
def _schema() -> dict[str, Any]:
    return StackConfig.model_json_schema()


def _locate(location: tuple[int | str, ...]) -> tuple[Path, Mapping[str, Any]]:
    """Return the path in the file, and what may stand beside its last part.

    Pydantic's location also names branches of unions and marks keys; neither stands in the file.
    """
    definitions = _schema()["$defs"]
    node: Mapping[str, Any] = _schema()
    path: list[str | int] = []
    siblings: Mapping[str, Any] = {}
    for part in location:
        branches = _branches(node, definitions)
        if part == "[key]":
            continue
        if isinstance(part, str) and part in _BRANCHES and len(branches) > 1:
            node = definitions[_BRANCHES[part]]
            continue
        node = branches[0] if branches else {}
        siblings = node.get("properties", {})
        path.append(part)
        node = _child(node, part)
    return tuple(path), siblings


def _child(node: Mapping[str, Any], part: int | str) -> Mapping[str, Any]:
    if isinstance(part, int):
        child = node.get("items")
    else:
        named: Mapping[str, Any] = node.get("properties", {})
        any_name = [*node.get("patternProperties", {}).values(), node.get("additionalProperties")]
        child = named.get(part, any_name[0])
    return child if isinstance(child, Mapping) else {}


def _branches(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the object schemas that a node may stand for, references resolved."""
    choices = node.get("oneOf") or node.get("anyOf") or [node]
    resolved = [
        definitions[choice["$ref"].removeprefix("#/$defs/")] if "$ref" in choice else choice for choice in choices
    ]
    return [choice for choice in resolved if choice.get("type") != "null"]


def _meaning(location: tuple[int | str, ...]) -> str:
    _, siblings = _locate(location)
    description = siblings.get(str(location[-1]), {}).get("description")
    return f" ({description.splitlines()[0].rstrip('.')})" if description else ""
