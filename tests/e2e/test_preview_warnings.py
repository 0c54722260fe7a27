"""A preview by the real engine warns of what an edit of the stack file takes away, whatever `protect_data` is."""

from pathlib import Path

import pytest

from tests.e2e.conftest import ProjectFactory

pytestmark = pytest.mark.e2e

STACK_FILE = Path(__file__).parents[1] / "stacks" / "Pulumi.dev-local.yaml"
# The stack's settings, without anything that needs a cluster.
PROGRAM = """
from pulumi_mlops.stack.load import load_stack
from pulumi_mlops.stack.preview_warnings import warn_of_losses

warn_of_losses(load_stack())
"""


def test_a_preview_tells_what_an_edit_takes_away(new_project: ProjectFactory) -> None:
    project = new_project("mlops")
    project.program(PROGRAM)
    text = STACK_FILE.read_text(encoding="utf-8")
    project.write("Pulumi.test.yaml", text)
    assert "warning" not in project.up()
    assert "warning" not in project.pulumi("preview"), "nothing is lost"

    project.write("Pulumi.test.yaml", text.replace("namespace: flights-dev", "namespace: flights-new"))
    told = project.pulumi("preview")

    assert "warning: mlops:platform.namespace: changes from flights-dev to flights-new" in told
    assert project.outputs()["data_places"]["namespace"] == "flights-dev", "a preview changes nothing"


def test_a_preview_refuses_a_smaller_volume(new_project: ProjectFactory) -> None:
    project = new_project("mlops")
    project.program(PROGRAM)
    text = STACK_FILE.read_text(encoding="utf-8")
    before = text.replace("database_volume_gib: 1", "database_volume_gib: 3")
    assert before != text
    project.write("Pulumi.test.yaml", before)
    project.up()

    project.write("Pulumi.test.yaml", before.replace("volume_gib: 3", "volume_gib: 2"))
    ended = project.attempt("preview")

    assert ended.returncode != 0
    assert "mlops:platform.registry.database_volume_gib: got 2, expected at least 3" in ended.stdout
    assert "Traceback" not in ended.stdout
