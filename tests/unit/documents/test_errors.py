"""Every error has one order: where, what it got, what was expected, and the fix."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.documents.pages import ROOT
from tests.unit.documents.raises import Raise, error_classes, raises
from tests.unit.documents.texts import text_of

PACKAGES = ("components", "pipelines", "infra", "sandbox", "bench")
# What the plugins of the sandbox say of a resource's inputs has the form of the official plugins.
IMITATIONS = ROOT / "sandbox" / "plugins"
_PARTS = {part: re.compile(rf"(?<![\w-]){part}(?= |$)") for part in ("got", "expected", "fix:")}
_WRITTEN = {"got": "got", "expected": "expected", "fix": "fix:"}
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


# What these raise says for its part what is handed on, and from where.
HANDED_ON = {
    "components/pulumi_mlops/_shared/processes.py": "another program's own words",
    "components/pulumi_mlops/stack/encoded_text.py": "the part of a problem's text that says what was got",
    "pipelines/flight_delay/source.py": "a list of problems, each with its parts",
    "pipelines/flight_delay/validate.py": "a list of problems, each with its parts",
    "pipelines/mlops_runtime/serving/input_error.py": "a list of problems, each with its parts",
    "pipelines/mlops_runtime/serving/self_check.py": "what the truth check says",
    "pipelines/mlops_runtime/serving/served_model.py": "what the check of the golden rows says",
    "pipelines/mlops_runtime/supervised/validate.py": "a list of problems, each with its parts",
}


def lacking(path: Path, one: Raise) -> list[str]:
    """Return which parts an error's text lacks. In a pipeline, what was expected may say how to mend it."""
    wanted = ["got", "expected"] + ([] if path.is_relative_to(ROOT / "pipelines") else ["fix"])
    if one.hands_on:
        return []
    return [part for part in wanted if part not in one.parts and not _PARTS[_WRITTEN[part]].search(one.text)]


def own_raises(folder: Path, packages: tuple[str, ...]) -> Iterator[tuple[Path, Raise]]:
    """Yield each place below a folder's packages that raises an error of theirs which says something itself."""
    modules = sorted(path for package in packages for path in (folder / package).rglob("*.py"))
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in modules}
    classes = error_classes(trees)
    yield from ((path, one) for path, tree in trees.items() for one in raises(tree, classes) if one.is_told_here)


def test_every_error_that_is_raised_has_each_part() -> None:
    told = list(own_raises(ROOT, ("components", "pipelines")))
    names = [(path.relative_to(ROOT).as_posix(), one, lacking(path, one)) for path, one in told]

    assert len(told) > 120
    assert [
        f"{name}:{one.line}: {one.error} without {', '.join(parts)}: {one.text}"
        for name, one, parts in names
        if parts and name not in HANDED_ON
    ] == []
    assert {name for name, _, parts in names if parts} >= HANDED_ON.keys()


@pytest.mark.parametrize(
    ("raised", "missing"),
    [
        ('raise OwnError("cpu: got 1x, expected a quantity, fix: write it like 500m")', []),
        ('raise OwnError("cpu: the quantity cannot be read")', ["got", "expected", "fix"]),
        ('got = "got nothing at all"\n    raise OwnError(f"cpu: {got}, expected more of it")', ["fix"]),
        ('raise FixedError("cpu: got 1x, expected a quantity", "write it like 500m")', []),
        ('raise FixedError("cpu: got 1x, expected a quantity")', ["fix"]),
        ('raise FixedError(f"{path}: {error}", "write it like this and that")', []),
        ('raise OwnError(f"{path}: {error}")', None),
        ('raise ValueError("cpu: the quantity cannot be read")', None),
    ],
)
def test_a_raise_without_a_part_is_found(raised: str, missing: list[str] | None, tmp_path: Path) -> None:
    (tmp_path / "planted").mkdir()
    (tmp_path / "planted/module.py").write_text(
        "class OwnError(Exception):\n    pass\n\n"
        "class FixedError(Exception):\n    def __init__(self, problem: str, fix: str = '') -> None:\n        pass\n\n"
        f"def check(path, error):\n    {raised}\n"
    )
    found = [lacking(path, one) for path, one in own_raises(tmp_path, ("planted",))]
    assert found == ([] if missing is None else [missing])
