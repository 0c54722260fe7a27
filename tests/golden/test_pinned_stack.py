"""Production with a model pinned: what the promotion of one line deploys. Update with `make golden`."""

import re
from dataclasses import replace
from pathlib import Path

from pulumi_mlops.cli.render.program import render_stack
from pulumi_mlops.cli.render.text import to_text
from pulumi_mlops.stack.project import find_project

FOLDER = Path(__file__).parent
GOLDEN = FOLDER / "pinned.yaml"
PROJECT = find_project(FOLDER)
PIN = f'      model: {{version: 7, digest: "sha256:{"a" * 64}"}}\n'


def test_a_pinned_stacks_graph_is_the_reviewed_one(tmp_path: Path, update_golden: bool) -> None:
    stack = PROJECT.stack_file("prod-local").read_text()
    # Fixed images: the file then changes with the declaration alone, not with each image.
    stack = re.sub(r"(localhost/pulumi-mlops/\w+):[0-9a-f]{16}", r"\1:0123456789abcdef", stack)
    before, endpoint, after = stack.partition("      endpoint:\n")
    (tmp_path / "Pulumi.prod-local.yaml").write_text(before + PIN + endpoint + after)
    text = to_text([render_stack(replace(PROJECT, stacks=tmp_path), "prod-local")])
    if update_golden:
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text(), "a pinned stack declares something else; see the diff with `make golden`"
