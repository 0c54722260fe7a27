"""Stacks on SageMaker with a model pinned, of the tests' own. Update with `make golden`, and review the diff."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from pulumi_mlops.cli.render.program import render_stack
from pulumi_mlops.cli.render.text import to_text
from tests.stack_files import PINNED_AWS as PROJECT

FOLDER = PROJECT.stacks


@pytest.mark.parametrize("stack", ["other-aws", "own-aws"])
def test_a_pinned_stacks_graph_is_the_reviewed_one(stack: str, update_golden: bool) -> None:
    text = to_text([render_stack(PROJECT, stack)])
    golden = FOLDER / f"{stack}.yaml"
    if update_golden:
        golden.write_text(text)
    assert text == golden.read_text(), f"stack {stack} declares something else; see the diff with `make golden`"


@pytest.mark.parametrize("stack", ["other-aws", "own-aws"])
def test_a_review_sees_the_whole_pipeline_of_a_pinned_stack(stack: str, tmp_path: Path) -> None:
    """The promise of `mlops render`: a changed gate is a changed line, also where a model is pinned."""
    file = (FOLDER / f"Pulumi.{stack}.yaml").read_text()
    assert "max: 13.0" in file
    (tmp_path / f"Pulumi.{stack}.yaml").write_text(file.replace("max: 13.0", "max: 99.0"))
    changed = replace(PROJECT, stacks=tmp_path)
    before, after = (to_text([render_stack(project, stack)]) for project in (PROJECT, changed))
    outputs, _, resources = before.partition("---\nresource:")
    assert re.findall(r"<known [^>]*>", resources) == []
    assert "serving_version: <known later>" in outputs, "nothing is proved yet"
    assert '"RightValue":13.0' in before
    assert '"RightValue":99.0' in after
