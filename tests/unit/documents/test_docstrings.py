"""Docstrings of functions have one mood, the imperative: ruff's D401, which its convention for Google's style omits."""

import subprocess
import sys

import pytest

from tests.unit.documents.pages import ROOT


def found_by_ruff(text: str, path: str) -> str:
    """Return what ruff says of a module by the project's own settings."""
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "concise"]
    ended = subprocess.run(
        [*command, "--stdin-filename", path, "-"], cwd=ROOT, input=text, capture_output=True, text=True, check=False
    )
    assert ended.returncode in (0, 1), ended.stderr
    return ended.stdout


@pytest.mark.parametrize("package", ["components/pulumi_mlops", "pipelines/mlops_runtime", "sandbox", "quickstart"])
@pytest.mark.parametrize(("first", "is_refused"), [("Return a number.", False), ("Returns a number.", True)])
def test_another_mood_is_refused(package: str, first: str, is_refused: bool) -> None:
    text = f'"""A module."""\n\n\ndef planted() -> int:\n    """{first}"""\n    return 1\n'
    assert ("D401" in found_by_ruff(text, f"{package}/planted.py")) == is_refused
