from pathlib import Path

import pytest

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
