"""The resource graph of each of the tests' own stacks. Update with `make golden`, and review the diff."""

from pathlib import Path

import pytest

from pulumi_mlops.cli.render.program import render_stack
from pulumi_mlops.cli.render.text import to_text
from tests.stack_files import PROJECT

FOLDER = Path(__file__).parent
STACKS = PROJECT.stack_names()


@pytest.mark.parametrize("stack", STACKS)
def test_a_stacks_graph_is_the_reviewed_one(stack: str, update_golden: bool) -> None:
    text = to_text([render_stack(PROJECT, stack)])
    golden = FOLDER / f"{stack}.yaml"
    if update_golden:
        golden.write_text(text)
    assert golden.is_file(), f"{golden} is not there; make it with `make golden`, and review it"
    assert text == golden.read_text(), f"stack {stack} declares something else; see the diff with `make golden`"


def test_rendering_twice_gives_the_same_bytes() -> None:
    stacks = [[render_stack(PROJECT, name) for name in STACKS] for _ in range(2)]
    assert to_text(stacks[0]) == to_text(stacks[1])


def test_every_golden_file_belongs_to_a_stack() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*-*.yaml")) == STACKS
