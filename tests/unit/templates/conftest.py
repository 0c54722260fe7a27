import shutil
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from pulumi_mlops.cli.app import app


def mlops(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


def succeed(*arguments: str) -> Result:
    result = mlops(*arguments)
    assert result.exit_code == 0, result.stderr
    return result


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project, as it was made."""
    folder = tmp_path_factory.mktemp("made") / "acme"
    succeed("init", str(folder), "--workload", "my-tabular-classification")
    return folder


@pytest.fixture
def project(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new project to do as one likes with, and the working directory in it."""
    folder = tmp_path / "acme"
    shutil.copytree(made, folder)
    monkeypatch.chdir(folder)
    return folder
