"""The pages of a task each: their edits are made and their commands run as printed, on a small project.

What runs is `mlops`, `uv` and `python`. The target behind `mlops` holds what a test says, `kubectl` only judges what it
is given, and `pulumi` is not called: what it would do with these stack files is told by the rules that it asks.
"""

import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from pulumi_mlops.cli import build as build_command
from pulumi_mlops.cli import targets
from pulumi_mlops.cli.app import app
from pulumi_mlops.cli.kubernetes import registry_backup
from pulumi_mlops.stack import graphs
from pulumi_mlops.stack.file import load_stack_file
from pulumi_mlops.stack.losses import data_places, losses
from pulumi_mlops.stack.project import find_project
from tests.fake_target import Target
from tests.image_project import ECR, RecordingBuilder
from tests.unit.cli.test_registry_archive import postgresql, registry, state  # noqa: F401 - fixtures
from tests.unit.documents.pages import ROOT

PULUMI = {"up", "preview", "config"}
DIGEST = "sha256:" + "c" * 64
STACK = """\
config:
  mlops:platform:
    environment: dev
    target: kubernetes
    namespace: boats-dev
    owner: team-boats
    images:
      pipeline: localhost/mlops/pipeline:0123456789abcdef
      serving: localhost/mlops/serving:0123456789abcdef
      registry: localhost/mlops/registry:0123456789abcdef
    kubernetes: {context: a-cluster}
    registry: {database: sqlite}
  mlops:workloads:
    tumours:
      pipeline: {schedule: "0 4 * * 1"}
"""
STACK_ON_AWS = f"""\
config:
  mlops:platform:
    environment: dev
    target: sagemaker
    namespace: boats-dev
    owner: team-boats
    images: {{pipeline: "{ECR}@{DIGEST}", serving: "{ECR}@{DIGEST}"}}
    sagemaker: {{account_id: "111111111111", region: eu-west-1}}
    registry: {{}}
  mlops:workloads:
    tumours: {{}}
"""
GRAPH = """\
from mlops_runtime.graph import StepGraph
from mlops_runtime.step import Step

GRAPH = StepGraph(
    name="tumours",
    reference="tumours.graph:GRAPH",
    steps=(Step(name="train", run="tumours.steps:train", model_output="model"),),
)
"""
PYPROJECT = """\
[project]
name = "clinic"
version = "0.1.0"
requires-python = ">=3.11"

[dependency-groups]
training = ["gradients>=1,<2"]
serving = ["small"]
"""


class Page:
    """A page: its edits by their labels, and its commands."""

    def __init__(self, name: str) -> None:
        self.text = (ROOT / "docs" / name).read_text(encoding="utf-8")
        assert len(self.text.splitlines()) < 80

    def block(self, language: str, label: str) -> list[str]:
        return re.findall(rf"^```{language} {re.escape(label)}\n(.*?)^```", self.text, re.MULTILINE | re.DOTALL)

    @property
    def commands(self) -> list[str]:
        blocks = re.findall(r"^```console\n(.*?)^```", self.text, re.MULTILINE | re.DOTALL)
        return [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]

    @property
    def quotes(self) -> list[str]:
        found = re.findall(r"(?:^> .*\n)+", self.text, re.MULTILINE)
        return [" ".join(quote.replace("> ", "").split()) for quote in found]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    root = tmp_path / "clinic"
    files = {
        "Pulumi.yaml": "name: mlops\nruntime: python\nmain: infra\nstackConfigDir: stacks\n",
        "infra/__main__.py": "from pulumi_mlops import declare_stack\n\ndeclare_stack()\n",
        "stacks/Pulumi.dev.yaml": STACK,
        "stacks/Pulumi.dev-aws.yaml": STACK_ON_AWS,
        "pipelines/tumours/__init__.py": "",
        "pipelines/tumours/graph.py": GRAPH,
        "pipelines/tumours/steps.py": "def train(context):\n    raise ValueError('no rows')\n",
        "pyproject.toml": PYPROJECT,
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    monkeypatch.chdir(root)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(targets, "operations_of", Target)
    graphs._loaded.cache_clear()
    yield root
    graphs._loaded.cache_clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == "tumours"]:
        del sys.modules[name]


class Shell:
    """Runs the commands of a page, one after the other."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.pulumi: list[str] = []

    def __call__(self, command: str) -> Result | subprocess.CompletedProcess[str] | None:
        words = shlex.split(command, comments=True)
        if words[0] == "export":
            words = words[1:]
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
            name, _, value = words.pop(0).partition("=")
            self._monkeypatch.setenv(name, value)
        if not words:
            return None
        program, *arguments = words
        if program == "mlops":
            return CliRunner().invoke(app, arguments)
        if program == "pulumi":
            assert arguments[0] in PULUMI, command
            self.pulumi.append(" ".join(arguments))
            return None
        if program == "kubectl":
            arguments += ["--dry-run=client", "--output", "name"]
        path = sys.executable if program == "python" else program
        return subprocess.run([path, *arguments], capture_output=True, text=True, check=False)


@pytest.fixture
def shell(project: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(monkeypatch)


def merged(base: Any, more: Any) -> Any:
    if isinstance(base, dict) and isinstance(more, dict):
        return {**base, **{key: merged(base.get(key), value) for key, value in more.items()}}
    return more


def edit(project: Path, block: str, place: str, stack: str = "dev") -> None:
    """Make an edit of a page in a stack file."""
    file = project / "stacks" / f"Pulumi.{stack}.yaml"
    document = yaml.safe_load(file.read_text())
    more = yaml.safe_load(block)
    for key in reversed(place.split("/") if place else []):
        more = {key: more}
    document["config"] = merged(document["config"], more)
    file.write_text(yaml.safe_dump(document, sort_keys=False))


def succeeded(result: Result | subprocess.CompletedProcess[str] | None) -> str:
    assert result is not None
    code = result.exit_code if isinstance(result, Result) else result.returncode
    assert code == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


def test_bring_data_with_credentials(project: Path, shell: Shell) -> None:
    page = Page("data-with-credentials.md")
    (code,) = page.block("python", "pipelines/tumours/steps.py")
    (project / "pipelines/tumours/steps.py").write_text(code)
    with closing(sqlite3.connect(project / "warehouse.db")) as warehouse:
        warehouse.executescript("CREATE TABLE tumours (id INTEGER); INSERT INTO tumours VALUES (1), (2), (3);")
    (project / "warehouse.env").write_text("WAREHOUSE_FILE=/data/warehouse.db\n")
    local, create = page.commands
    result = shell(local)
    assert result is not None
    assert "3 rows" in result.stdout + result.stderr
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not on PATH, which judges the Secret's command; install it, or: python -m sandbox env")
    assert succeeded(shell(create)) == "secret/warehouse\n"

    rendered = []
    for block in page.block("yaml", "kubernetes"):
        edit(project, block, "mlops:workloads/tumours")
        succeeded(shell("mlops config check"))
        rendered.append(succeeded(shell("mlops render --stack dev")))
    assert "secretRef" in rendered[0]
    assert "eks.amazonaws.com/role-arn" in rendered[1]
    assert "10.20.0.0/16" in rendered[0]
    assert "/data/warehouse.db" not in "".join(rendered)
    assert 'name": "tumours-pipeline"' in rendered[1] or "name: tumours-pipeline" in rendered[1]
    (block,) = page.block("yaml", "sagemaker")
    edit(project, block, "mlops:workloads/tumours", "dev-aws")
    assert "tumours-data/2026" in succeeded(shell("mlops render --stack dev-aws"))


@pytest.fixture
def builder(monkeypatch: pytest.MonkeyPatch) -> RecordingBuilder:
    recorder = RecordingBuilder()
    monkeypatch.setattr(build_command, "builder_of_this_machine", lambda: recorder)
    return recorder


@pytest.fixture
def locked(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project with a lock file, and an index of three wheels."""
    wheels = project.parent / "wheels"
    wheels.mkdir()
    for name, version in (("gradients", "1.0"), ("gradients", "2.0"), ("small", "1.0")):
        with zipfile.ZipFile(wheels / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
            folder = f"{name}-{version}.dist-info"
            wheel.writestr(f"{name}.py", "")
            wheel.writestr(f"{folder}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
            wheel.writestr(f"{folder}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{folder}/RECORD", "")
    for name in [name for name in os.environ if name.startswith("UV_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(wheels))
    subprocess.run(["uv", "lock", "--quiet"], cwd=project, check=True)
    return project


def test_debug_a_failed_run(locked: Path, shell: Shell, builder: RecordingBuilder) -> None:
    commands = Page("debug-a-failed-run.md").commands
    runs, log, step_log, local, export, step, *bring = commands
    assert "train: no data" in succeeded(shell(runs))
    assert "one" in succeeded(shell(log))
    with pytest.raises(AssertionError):
        succeeded(shell(step_log.replace("--stack dev", "--stack prod")))
    succeeded(shell(step_log))
    failed = shell(local)
    assert isinstance(failed, Result)
    assert failed.exit_code == 1
    assert "no rows" in failed.output
    shell(export)
    (locked / "pipelines/tumours/steps.py").write_text("def train(context):\n    context.message = 'mended'\n")
    assert "mended" in succeeded(shell(step))
    build, up, train = bring
    succeeded(shell(build))
    shell(up)
    assert "r1" in succeeded(shell(train))
    assert (len(builder.recipes), shell.pulumi) == (2, ["up"])


def test_change_a_library(locked: Path, shell: Shell, builder: RecordingBuilder) -> None:
    add, check, build, up, train = Page("change-a-library.md").commands
    succeeded(shell(build))
    succeeded(shell(check))
    succeeded(shell(add))
    assert "gradients==2.0" not in builder.context("pipeline")["mlops/requirements.txt"]
    told = shell(check)
    assert isinstance(told, Result)
    assert told.exit_code == 1
    assert told.stderr.count("the locked packages") == 1
    succeeded(shell(build))
    assert "gradients==2.0" in builder.context("pipeline")["mlops/requirements.txt"]
    assert len(builder.recipes) == 3, "the serving image stays"
    succeeded(shell(check))
    shell(up)
    succeeded(shell(train))


def test_delete_and_rename(project: Path, shell: Shell) -> None:
    page = Page("delete-and-rename.md")
    file = project / "stacks/Pulumi.dev.yaml"

    def places() -> Mapping[str, Any]:
        return data_places(load_stack_file(file, find_project()))

    before = places()
    text = file.read_text()
    (block,) = page.block("yaml", "renamed")
    file.write_text(text.partition("    tumours:\n")[0] + re.sub("(?m)^", "    ", block).rstrip(" "))
    check, preview = page.commands
    succeeded(shell(check))
    shell(preview)
    renamed, deleted = page.quotes
    (sentence,) = losses(before, places())
    assert sentence.startswith(renamed)
    assert "tumours is pinned" not in succeeded(shell("mlops versions growths --stack dev"))

    file.write_text(text.partition("  mlops:workloads:\n")[0] + "  mlops:workloads: {}\n")
    (sentence,) = losses(before, places())
    assert sentence.startswith(deleted)


class Database:
    """A cluster whose registry has its data at these addresses."""

    def __init__(self, uri: str, artifacts: Path) -> None:
        self._command = ["mlflow", "server", "--backend-store-uri", uri, "--artifacts-destination", str(artifacts)]

    def ready_pod(self, _: object) -> Any:
        return {"spec": {"containers": [{"name": "mlflow", "command": self._command}]}}

    def run(self, _: Any, __: str, command: Any, *, given: Iterable[bytes], take: Callable[[bytes], object]) -> None:
        words = [sys.executable, "-W", "ignore", *command[1:]]
        take(subprocess.run(words, input=b"".join(given), capture_output=True, check=True).stdout)


@pytest.mark.filterwarnings("ignore")
def test_move_a_registry_to_postgresql(
    project: Path,
    shell: Shell,
    registry: tuple[str, Path],  # noqa: F811 - a fixture
    postgresql: str,  # noqa: F811 - a fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = Page("registry-on-postgresql.md")
    file = project / "stacks/Pulumi.dev.yaml"
    backup, first, secret, second, restore, versions, third = page.commands
    monkeypatch.setattr(registry_backup, "cluster_of", lambda _: Database(*registry))
    assert "holds 2 versions and 2 runs" in succeeded(shell(backup))
    for step, commands in (("first", [first]), ("second", [secret, second]), ("third", [third])):
        (block,) = page.block("yaml", step)
        edit(project, block, "mlops:platform")
        for command in commands:
            shell(command)
            if command == secret:
                # What Pulumi writes for a secret.
                edit(project, "{mlops:registry_database_password: {secure: v1:abc}}", "", "dev")
        succeeded(shell("mlops config check stacks/Pulumi.dev.yaml"))
        if step == "second":
            monkeypatch.setattr(registry_backup, "cluster_of", lambda _: Database(postgresql, registry[1]))
            succeeded(shell(restore))
            succeeded(shell(versions))
    assert state(postgresql) == state(registry[0])
    assert load_stack_file(file, find_project()).platform.registry.protect_data is True  # type: ignore[union-attr]
