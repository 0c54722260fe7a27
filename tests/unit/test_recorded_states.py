"""States that a release recorded: of the stack alone, and nothing of the machine that recorded them."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.upgrade import recorded_state
from tests.e2e.upgrade.recorded_state import Recording, State
from tests.e2e.workload_stack import CHECKOUT

URN = "urn:pulumi:test::mlops::aws:iam/role:Role::jobs"


def exported(**inputs: str) -> State:
    """A state as `pulumi stack export` writes it."""
    resource: dict[str, Any] = {
        "urn": URN,
        "inputs": inputs,
        "created": "2026-11-28T00:00:00Z",
        "modified": "2026-11-28T00:00:00Z",
        "sourcePosition": f"file://{CHECKOUT}/infra/__main__.py#13",
    }
    plugins = [{"name": "aws", "path": f"{CHECKOUT}/plugins"}]
    manifest = {"magic": "m", "version": "v3", "time": "2026-11-28T00:00:00Z", "plugins": plugins}
    return {"version": 3, "deployment": {"manifest": manifest, "resources": [resource]}}


@pytest.fixture
def recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recording:
    monkeypatch.setattr(recorded_state, "FOLDER", tmp_path)
    return Recording("sagemaker")


def test_what_is_recorded_is_the_stack_alone(recording: Recording) -> None:
    recording.write(exported(url="http://127.0.0.1:4711"), {"http://127.0.0.1:4711": "http://127.0.0.1:9"})
    state = recording.read({"http://127.0.0.1:9": "http://127.0.0.1:4712"})
    assert state["deployment"]["resources"] == [{"urn": URN, "inputs": {"url": "http://127.0.0.1:4712"}}]
    assert set(state["deployment"]["manifest"]) == {"magic", "version", "time"}


def test_a_state_that_names_a_folder_of_the_machine_is_not_recorded(recording: Recording) -> None:
    with pytest.raises(AssertionError, match="names folders of this machine"):
        recording.write(exported(script=f"{CHECKOUT}/run"), {})
    assert not recording.exists


@pytest.mark.parametrize("file", sorted(recorded_state.FOLDER.glob("*.json")), ids=lambda file: file.stem)
def test_a_recorded_state_is_small_and_names_no_file(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert len(text) < 400_000
    assert "file://" not in text
    manifest = json.loads(text)["deployment"]["manifest"]
    assert "plugins" not in manifest
