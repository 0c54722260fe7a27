"""What the real engine reads of each form of a stack file. Unit tests hold our own reader against these answers."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import ProjectFactory
from tests.e2e.pulumi_project import Project
from tests.stack_file_forms import AT_RANDOM, FORMS

pytestmark = pytest.mark.e2e

ANSWERS = Path(__file__).parent.parent / "unit" / "stack" / "engine_answers.json"
_SECONDS = 60.0


def ask(project: Project, form: bytes) -> dict[str, str | None] | None:
    """Returns the text of each key, None for a secret; or None where the engine refuses the file."""
    (project.folder / "Pulumi.test.yaml").write_bytes(form)
    command = ["pulumi", "--non-interactive", "config", "--json"]
    ended = subprocess.run(
        command, cwd=project.folder, env=project.environment, capture_output=True, timeout=_SECONDS, check=False
    )
    if ended.returncode != 0:
        return None
    read = json.loads(ended.stdout)
    return {key: None if value["secret"] else value["value"] for key, value in read.items()}


def test_the_recorded_answers_are_the_engines(new_project: ProjectFactory) -> None:
    """Where an engine answers otherwise, correct engine_answers.json, and then our reader."""
    mlops = new_project("mlops")
    file = mlops.folder / "Pulumi.test.yaml"
    own = file.read_bytes() if file.exists() else None
    try:
        answers = {name: ask(mlops, form) for name, form in FORMS.items() if name not in AT_RANDOM}
    finally:
        # What ends the stack has to read its file.
        if own is None:
            file.unlink(missing_ok=True)
        else:
            file.write_bytes(own)
    assert answers == json.loads(ANSWERS.read_text())
