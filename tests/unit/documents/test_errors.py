"""Every error has one order: where, what it got, what was expected, and the fix."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.documents.pages import ROOT
from tests.unit.documents.texts import text_of

PACKAGES = ("components", "pipelines", "infra", "sandbox", "bench")
# What the plugins of the sandbox say of a resource's inputs has the form of the official plugins.
IMITATIONS = ROOT / "sandbox" / "plugins"
_PARTS = {part: re.compile(rf"(?<![\w-]){part}(?= |$)") for part in ("got", "expected", "fix:")}
_OTHER_FIX = re.compile(r"(?<![\w-])expected [^;]*; [a-z]")


def problem_with(text: str) -> str | None:
    """Return what is wrong with the order of an error's text; None if it is right, or no error's."""
    places = [match.start() for part in _PARTS.values() if (match := part.search(text))]
    if len(places) < 2 and not _OTHER_FIX.search(text):
        return None
    if places != sorted(places):
        return "expected got, then expected, then fix:"
    return "expected the fix after ', fix: '" if _OTHER_FIX.search(text) and "fix: " not in text else None


def errors_in(path: Path) -> Iterator[str]:
    """Yield the texts of a module that no docstring is."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    apart = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    apart |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if id(node) not in apart and (text := text_of(node)) is not None:
            yield text


def test_every_error_says_what_it_got_then_what_was_expected_then_the_fix() -> None:
    paths = [
        path
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if not path.is_relative_to(IMITATIONS) and "expected" in path.read_text(encoding="utf-8")
    ]
    told = [(path.relative_to(ROOT).as_posix(), text) for path in paths for text in errors_in(path)]

    assert len(told) > 100
    assert [(path, text, problem) for path, text in told if (problem := problem_with(text))] == []


@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ("cpu: got 1x, expected a quantity, fix: write it like 500m", True),
        ("cpu: got 1x, expected a quantity", True),
        ("an unexpected end, as expected", True),
        ("cpu: expected a quantity, got 1x", False),
        ("cpu: got 1x, fix: write it like 500m, expected a quantity", False),
        ("cpu: got 1x, expected a quantity; write it like 500m", False),
        ("cpu: expected a quantity; write it like 500m", False),
    ],
)
def test_another_order_is_found(text: str, is_right: bool) -> None:
    assert (problem_with(text) is None) == is_right
