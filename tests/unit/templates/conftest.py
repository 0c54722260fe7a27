import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pulumi_mlops.cli.app import app


def mlops(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


def succeed(*arguments: str) -> Result:
    result = mlops(*arguments)
    assert result.exit_code == 0, result.stderr
    return result


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(autouse=True)
def path_of_this_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """No test finds the packages of another's project."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", None)).startswith(str(tmp_path_factory.getbasetemp())):
            del sys.modules[name]


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
