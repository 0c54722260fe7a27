"""What end-to-end tests stand on: the real engine, and for those that ask for it the real cluster."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from sandbox import environment
from sandbox.engine import current_engine, install_engine
from sandbox.engine.plugins import install_plugins
from tests.e2e.pulumi_project import Project

ProjectFactory = Callable[[str], Project]


@pytest.fixture(scope="session")
def engine_environment() -> Mapping[str, str]:
    """The whole environment with which `pulumi` runs programs in this Python, on the sandbox's own PULUMI_HOME."""
    if current_engine() is None and shutil.which("go") is None:
        pytest.skip("needs Pulumi on PATH, or Go 1.26 or newer to build it: neither is there")
    install_plugins(install_engine())
    whole = environment.merged(os.environ)
    whole["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), whole["PATH"]])
    return whole


@pytest.fixture
def new_project(engine_environment: Mapping[str, str], tmp_path: Path) -> Iterator[ProjectFactory]:
    """Makes throw-away projects by name; what they created is destroyed at the end, whatever happened."""
    made: list[Project] = []

    def make(name: str) -> Project:
        project = Project(tmp_path / name, name, engine_environment)
        made.append(project)
        return project

    yield make
    for project in made:
        project.destroy()
