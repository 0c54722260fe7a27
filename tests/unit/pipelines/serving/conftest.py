import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("kserve", reason="KServe has no release for this Python yet")

from mlops_runtime.serving.served_model import ServedModel, load_served_model
from tests.unit.pipelines.serving.artifacts import write_artifact


@pytest.fixture(scope="session")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model artifact; tests that change files take `artifact_copy`."""
    directory = tmp_path_factory.mktemp("model") / "artifact"
    write_artifact(directory)
    return directory


@pytest.fixture
def artifact_copy(artifact: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "artifact"
    copy.mkdir()
    for each in artifact.iterdir():
        (copy / each.name).write_bytes(each.read_bytes())
    return copy


@pytest.fixture(scope="session")
def served(artifact: Path) -> ServedModel:
    return load_served_model(artifact, "flight-delay", "7")


@pytest.fixture(scope="session")
def golden(artifact: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((artifact / "golden.json").read_text())
    return document
