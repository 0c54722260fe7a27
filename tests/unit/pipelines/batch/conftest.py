from pathlib import Path

import pytest

from mlops_runtime.serving.served_model import ServedModel, load_served_model
from tests.unit.pipelines.serving.artifacts import write_artifact


@pytest.fixture(scope="session")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("batch-model") / "artifact"
    write_artifact(directory)
    return directory


@pytest.fixture(scope="session")
def served(artifact: Path) -> ServedModel:
    return load_served_model(artifact, "flight-delay", "7")
