from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pulumi_mlops.cli import targets
from pulumi_mlops.cli.app import app
from pulumi_mlops.cli.operations import Operations
from pulumi_mlops.cli.stacks import Place
from tests.fake_target import Mlops, Target

STACK = """\
config:
  mlops:platform:
    environment: dev
    target: kubernetes
    namespace: flights-dev
    owner: team-flights
    images:
      pipeline: localhost/pulumi-mlops/pipeline:0123456789abcdef
      serving: localhost/pulumi-mlops/serving:0123456789abcdef
      registry: localhost/pulumi-mlops/registry:0123456789abcdef
      postgres: localhost/pulumi-mlops/postgres:0123456789abcdef
    kubernetes: {context: mlops-sandbox}
    registry: {database: postgresql}
  mlops:registry_database_password: {secure: v1:never-decrypted}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project, with the working directory in it."""
    (tmp_path / "Pulumi.yaml").write_text("name: mlops\nruntime: python\nmain: infra\nstackConfigDir: stacks\n")
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "__main__.py").write_text("")
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.dev-local.yaml").write_text(STACK)
    monkeypatch.chdir(tmp_path / "infra")
    return tmp_path


@pytest.fixture
def stack(project: Path) -> Path:
    """A stack on Kubernetes with a workload."""
    path = project / "stacks" / "Pulumi.dev-local.yaml"
    path.write_text(path.read_text() + "  mlops:workloads: {flight-delay: {}}\n")
    return project


@pytest.fixture
def mlops(stack: Path, monkeypatch: pytest.MonkeyPatch) -> Mlops:
    """Calls a command on a workload of a target that holds what is given."""

    def run(command: str, *options: str, rows: str = "", on: str = "dev-local", **held: Any) -> Result:
        def operations_of(place: Place) -> Operations:
            return Target(place, **held)

        monkeypatch.setattr(targets, "operations_of", operations_of)
        return CliRunner().invoke(app, [*command.split(), "flight-delay", "--stack", on, *options], input=rows)

    return run
