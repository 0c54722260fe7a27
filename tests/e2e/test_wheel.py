"""The wheel as a stranger installs it: into an empty environment, far from the checkout."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
STACK = CHECKOUT / "tests" / "stacks" / "Pulumi.dev-local.yaml"

pytestmark = pytest.mark.e2e

Result = subprocess.CompletedProcess[str]

USE_OF = {
    "cli": "from pulumi_mlops.cli import app",
    "kubernetes": "from pulumi_mlops import KubernetesEndpoint, KubernetesTrainingPipeline",
    "language-model": "import xllamacpp; from mlops_runtime.language_model import front, server, truth; "
    "from mlops_runtime.serving import fetch, truth_check",
    "operations": "from pulumi_mlops.cli.sagemaker import approve, executions, packages, predict",
    "pipelines": "import numpy, onnxruntime, pandera, skl2onnx, skops; from mlops_runtime import mlflow_tracking",
    "registry": "from mlflow.server import app; import prometheus_flask_exporter, psycopg2",
    "sagemaker": "from pulumi_mlops import SageMakerEndpoint, SageMakerTrainingPipeline",
    "serving": "from mlops_runtime.serving import general_routes, scorer, server, unknown_categories"
    if sys.version_info < (3, 13)
    else "from mlops_runtime.serving import scorer",
}
"""What each extra is for. KServe, which serves, has no release for Python 3.13."""


def run(*command: str | Path, folder: Path) -> Result:
    """Runs a program without the variables that would lead back to the checkout."""
    leading = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT")
    variables = {name: value for name, value in os.environ.items() if name not in leading}
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)


def succeed(*command: str | Path, folder: Path) -> str:
    result = run(*command, folder=folder)
    assert result.returncode == 0, f"{' '.join(map(str, command))}\n{result.stdout}{result.stderr}"
    return result.stdout


@dataclass(frozen=True)
class Installation:
    """An environment into which the wheel was installed, and an empty folder to work in."""

    environment: Path
    folder: Path

    def python(self, program: str) -> Result:
        return run(self.environment / "bin" / "python", "-c", program, folder=self.folder)

    def mlops(self, *arguments: str | Path) -> Result:
        return run(self.environment / "bin" / "mlops", *arguments, folder=self.folder)


def find_uv() -> str | None:
    own = CHECKOUT / ".uv" / "bin" / "uv"
    return shutil.which("uv") or (str(own) if own.is_file() else None)


def install(requirement: str, folder: Path) -> Installation:
    environment, work = folder / "environment", folder / "work"
    work.mkdir(parents=True)
    commands: Sequence[Sequence[str | Path]]
    if uv := find_uv():
        python = environment / "bin" / "python"
        commands = (
            (uv, "venv", "--quiet", "--python", sys.executable, environment),
            (uv, "pip", "install", "--quiet", "--python", python, requirement),
        )
    else:
        commands = (
            (sys.executable, "-m", "venv", environment),
            (environment / "bin" / "pip", "install", "--quiet", requirement),
        )
    for command in commands:
        succeed(*command, folder=work)
    return Installation(environment, work)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    if uv := find_uv():
        succeed(uv, "build", "--quiet", "--wheel", "--out-dir", folder, CHECKOUT, folder=folder)
    else:
        succeed(sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", folder, CHECKOUT, folder=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def with_cli(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return install(f"pulumi-mlops[cli] @ {wheel.as_uri()}", tmp_path_factory.mktemp("with-cli"))


@pytest.fixture(scope="module")
def without_extras(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return install(f"pulumi-mlops @ {wheel.as_uri()}", tmp_path_factory.mktemp("without-extras"))


def project(folder: Path, graph: str) -> Path:
    """Makes a project of one's own with one stack file, whose workload names this graph."""
    stack = folder / "stacks" / "Pulumi.dev-own.yaml"
    stack.parent.mkdir(parents=True)
    shutil.copy(CHECKOUT / "Pulumi.yaml", folder)
    named = STACK.read_text().replace("      pipeline:\n", f"      pipeline:\n        graph: {graph}\n", 1)
    assert graph in named
    stack.write_text(named)
    return stack


def test_both_packages_and_their_types_are_there_and_the_example_is_not(with_cli: Installation) -> None:
    program = """
import importlib.util, importlib.resources, pulumi_mlops, mlops_runtime, sys
for package in (pulumi_mlops, mlops_runtime):
    assert package.__file__.startswith(sys.prefix), package.__file__
    assert importlib.resources.files(package).joinpath("py.typed").is_file(), package
assert pulumi_mlops.KubernetesEndpoint
assert importlib.util.find_spec("flight_delay") is None
assert importlib.util.find_spec("sandbox") is None
"""
    result = with_cli.python(program)
    assert result.returncode == 0, result.stderr


def test_the_wheel_offers_these_extras_and_no_other(without_extras: Installation) -> None:
    program = "from importlib.metadata import metadata; print(*metadata('pulumi-mlops').get_all('Provides-Extra'))"
    result = without_extras.python(program)
    assert sorted(result.stdout.split()) == sorted(USE_OF), result.stderr


@pytest.mark.parametrize("extra", USE_OF)
def test_an_extra_brings_all_that_its_part_of_the_wheel_needs(extra: str, wheel: Path, tmp_path: Path) -> None:
    installation = install(f"pulumi-mlops[{extra}] @ {wheel.as_uri()}", tmp_path)
    result = installation.python(USE_OF[extra])
    assert result.returncode == 0, result.stderr


def test_the_command_explains_itself(with_cli: Installation) -> None:
    result = with_cli.mlops("--help")
    assert result.returncode == 0, result.stderr
    for command in ("config", "pipeline", "render", "status", "train"):
        assert command in result.stdout


def test_a_stack_file_is_checked(with_cli: Installation, tmp_path: Path) -> None:
    graph = tmp_path / "graphs" / "arrivals.py"
    graph.parent.mkdir()
    graph.write_text(
        "from mlops_runtime.graph import StepGraph\n"
        "from mlops_runtime.step import Step\n"
        "GRAPH = StepGraph(name='arrivals', reference='arrivals:GRAPH', steps=(\n"
        "    Step(name='measure', run='arrivals:measure', metrics=('mae_minutes',), is_gate=True),\n"
        "    Step(name='keep', run='arrivals:keep', after=('measure',), registers_model=True),\n"
        "))\n"
    )
    (site_packages,) = with_cli.environment.glob("lib/python3*/site-packages")
    link = site_packages / "arrivals.pth"
    link.write_text(f"{graph.parent}\n")
    try:
        result = with_cli.mlops("config", "check", project(tmp_path / "project", "arrivals:GRAPH"))
    finally:
        link.unlink()
    assert (result.returncode, result.stdout) == (0, "1 file checked, no problem\n"), result.stderr


def test_a_graph_that_is_not_installed_is_named_with_its_line_and_what_to_do(
    with_cli: Installation, tmp_path: Path
) -> None:
    stack = project(tmp_path, "flight_delay.graph:GRAPH")
    result = with_cli.mlops("config", "check", stack)
    assert result.returncode == 1
    line = 1 + stack.read_text().splitlines().index("        graph: flight_delay.graph:GRAPH")
    assert f"Pulumi.dev-own.yaml:{line}" in result.stderr
    assert "there is no module flight_delay" in result.stderr
    assert "fix:" in result.stderr
    assert "Traceback" not in result.stderr


def test_without_its_extra_the_command_says_what_to_install(without_extras: Installation) -> None:
    result = without_extras.mlops("--help")
    assert result.returncode != 0
    assert "the extra cli" in result.stderr
    assert "pip install 'pulumi-mlops[cli]'" in result.stderr
    assert "Traceback" not in result.stderr


def test_without_extras_the_configuration_and_the_graph_can_be_imported(without_extras: Installation) -> None:
    result = without_extras.python("import pulumi_mlops.stack, mlops_runtime.graph")
    assert result.returncode == 0, result.stderr
