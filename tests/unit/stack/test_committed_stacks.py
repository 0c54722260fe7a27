"""The committed stacks are examples that work: the checks take them, editors too, and they render.

What they say is nobody's business here: a promotion changes one of them, and no test.
"""

import json
from pathlib import Path
from typing import Any

import jsonschema  # kubernetes-validate brings it
import pytest
from ruamel.yaml import YAML

from pulumi_mlops.cli.config_commands import check_files
from pulumi_mlops.cli.render.program import render_stack
from pulumi_mlops.stack.project import find_project

PROJECT = find_project(Path(__file__).parent)
# A personal stack is made on each machine.
STACKS = [name for name in PROJECT.stack_names() if not name.startswith("local")]


def test_there_is_one_for_each_environment_and_target() -> None:
    assert [
        f"{environment}-{target}" for environment in ("dev", "prod", "staging") for target in ("aws", "local")
    ] == STACKS


def test_the_checks_take_them_together() -> None:
    assert list(check_files([PROJECT.stack_file(name) for name in STACKS], PROJECT.name)) == []


@pytest.mark.parametrize("stack", STACKS)
def test_its_schema_takes_it(stack: str) -> None:
    schema = json.loads((PROJECT.stacks / "schema.json").read_text())
    document: Any = YAML(typ="safe").load(PROJECT.stack_file(stack))
    jsonschema.validate(document, schema)


@pytest.mark.parametrize("stack", STACKS)
def test_it_renders(stack: str) -> None:
    paths = [resource.path for resource in render_stack(PROJECT, stack).resources]
    kinds = {path.rpartition("::")[0].rpartition("$")[2] for path in paths}
    assert {"mlops:index:Platform", "mlops:index:Workload"} <= kinds
    assert any(kind.startswith(("kubernetes:", "aws:")) for kind in kinds)
