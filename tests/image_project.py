"""A small project of somebody's own: one workload, a lock file, a stack for each target."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pulumi_mlops.image.builder import Format, Login, Recipe

PACKAGE = "boat_prices"
DIGEST = "sha256:" + "f" * 64
ECR = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/models"

GRAPH = """\
from boat_shared import COLUMNS
from mlops_runtime.graph import StepGraph
from mlops_runtime.step import Step

GRAPH = StepGraph(
    name="boat-prices",
    reference="boat_prices.graph:GRAPH",
    steps=(Step(name="train", run="boat_prices.steps:train", metrics=COLUMNS),),
)
"""
STACK = """\
# A stack of somebody's own.
config:
  mlops:platform:
    environment: dev
    target: kubernetes
    namespace: boats-dev
    owner: team-boats
    kubernetes: {context: a-cluster}
    registry: {url: "http://mlflow.elsewhere.svc:5000"}
  mlops:workloads:
    boat-prices:  # the first one
      # Every Monday.
      pipeline: {schedule: "0 4 * * 1"}
"""
STACK_ON_AWS = f"""\
config:
  mlops:platform:
    environment: dev
    target: sagemaker
    namespace: boats-dev
    owner: team-boats
    images: {{repository: {ECR}}}
    sagemaker: {{account_id: "111111111111", region: eu-west-1}}
    registry: {{}}
  mlops:workloads:
    boat-prices:
      pipeline: {{schedule: "0 4 * * 1"}}
"""
PROJECT = """\
[project]
name = "boats"
version = "0.1.0"
requires-python = ">=3.11"

[dependency-groups]
training = ["small==1.0"]
serving = ["small==1.0", "large==1.0"]
"""
LOCK = """\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "boats"
version = "0.1.0"
source = { virtual = "." }

[package.dev-dependencies]
training = [{ name = "small" }]
serving = [{ name = "large" }, { name = "small" }]

[package.metadata]

[package.metadata.requires-dev]
training = [{ name = "small", specifier = "==1.0" }]
serving = [{ name = "large", specifier = "==1.0" }, { name = "small", specifier = "==1.0" }]
""" + "".join(
    f"""
[[package]]
name = "{name}"
version = "1.0"
source = {{ registry = "https://pypi.org/simple" }}
wheels = [{{ url = "https://files.example.com/{name}-1.0-py3-none-any.whl", hash = "sha256:{digit * 64}" }}]
"""
    for name, digit in (("small", "a"), ("large", "b"))
)


def write_project(root: Path) -> Path:
    """Write the project and return its folder."""
    files = {
        "Pulumi.yaml": "name: mlops\nruntime: python\nmain: infra\nstackConfigDir: stacks\n",
        "infra/__main__.py": "",
        "stacks/Pulumi.dev.yaml": STACK,
        "stacks/Pulumi.dev-aws.yaml": STACK_ON_AWS,
        "pyproject.toml": PROJECT,
        "uv.lock": LOCK,
        f"pipelines/{PACKAGE}/__init__.py": "",
        f"pipelines/{PACKAGE}/graph.py": GRAPH,
        f"pipelines/{PACKAGE}/steps.py": "def train(context: object) -> None: ...\n",
        "pipelines/boat_shared/__init__.py": 'COLUMNS = ("model",)\n',
        "pipelines/boat_unused/__init__.py": "",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


class RecordingBuilder:
    """Keeps what it was asked for: the recipes, each with the files of its context."""

    description = "a recorder"

    def __init__(self) -> None:
        self.recipes: list[Recipe] = []
        self.contexts: list[dict[str, str]] = []
        self.pushed: list[tuple[str, Format, Login | None]] = []

    def holds(self, tag: str) -> bool:
        return any(recipe.tag == tag for recipe in self.recipes)

    def build(self, recipe: Recipe, report: Callable[[str], None]) -> None:
        report("a line")
        self.recipes.append(recipe)
        files = (path for path in recipe.context.rglob("*") if path.is_file())
        self.contexts.append({path.relative_to(recipe.context).as_posix(): path.read_text() for path in files})

    def push(self, tag: str, target: str, image_format: Format, login: Login | None) -> str:
        assert self.holds(tag)
        self.pushed.append((target, image_format, login))
        return f"sha256:{len(self.pushed):064x}"

    def size_bytes(self, tag: str) -> int:
        return 5_000_000 if self.holds(tag) else 0

    def recipe(self, image: str) -> Any:
        return next(recipe for recipe in reversed(self.recipes) if f"-{image}:" in recipe.tag)

    def context(self, image: str) -> dict[str, str]:
        number = max(index for index, recipe in enumerate(self.recipes) if f"-{image}:" in recipe.tag)
        return self.contexts[number]
