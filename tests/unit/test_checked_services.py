"""What mypy reads of the two providers is what is called of them: a call of anything else would go unchecked."""

import ast
import importlib.util
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("components", "infra", "pipelines", "sandbox", "bench", "tests")
PROVIDERS = ("pulumi_aws", "pulumi_kubernetes")


def services_called(source: str, provider: str) -> set[str]:
    """The services of a provider that a module names, by an import or as an attribute of the imported package."""
    nodes = list(ast.walk(ast.parse(source)))
    names, found = set(), set()
    for node in nodes:
        for path in _imported(node):
            if path.startswith(f"{provider}."):
                found.add(path.split(".")[1])
        if isinstance(node, ast.Import):
            names |= {alias.asname or alias.name for alias in node.names if alias.name == provider}
    found |= {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names
    }
    return {name for name in found if (_folder(provider) / name).is_dir()}


def services_needed(called: Iterable[str], provider: str) -> set[str]:
    """Those, and the services whose types theirs are made of."""
    needed: set[str] = set()
    waiting = set(called)
    while waiting:
        service = waiting.pop()
        needed.add(service)
        for path in (_folder(provider) / service).rglob("*.py"):
            waiting |= {name for name in _siblings(path, provider) if name not in needed}
    return needed


def services_read(provider: str) -> set[str]:
    """The services that mypy is told to read."""
    return {name.split(".")[1] for name in _read() if name.startswith(f"{provider}.") and name.endswith(".*")}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_mypy_reads_every_service_that_is_called_and_no_other(provider: str) -> None:
    sources = (path.read_text() for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    called = {name for source in sources if provider in source for name in services_called(source, provider)}
    assert called
    assert services_read(provider) == services_needed(called, provider)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_mypy_reads_what_belongs_to_no_service(provider: str) -> None:
    modules = {f"{provider}.{path.stem}" for path in _folder(provider).glob("*.py")} - {f"{provider}.__init__"}
    assert modules | {provider} <= _read()


@pytest.mark.parametrize(
    "source",
    [
        "import pulumi_aws as aws\naws.lambda_.Function('a')",
        "def f() -> None:\n    import pulumi_aws\n    pulumi_aws.lambda_.Function('a')",
        "from pulumi_aws import lambda_",
        "from pulumi_aws.lambda_ import Function",
        "import pulumi_aws.lambda_.function",
    ],
)
def test_finds_a_service_however_it_is_called(source: str) -> None:
    assert services_called(source, "pulumi_aws") == {"lambda_"}


def _read() -> set[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["overrides"]
    return {name for one in settings if one.get("follow_imports") == "normal" for name in one["module"]}


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def _siblings(path: Path, provider: str) -> Iterator[str]:
    """Yield the other services that a file of a provider imports: `from ... import core as _core`."""
    folder = _folder(provider)
    above = "." * len(path.relative_to(folder).parts)
    for line in path.read_text().splitlines():
        if line.startswith(f"from {above} import "):
            name = line.split()[3]
            if (folder / name).is_dir():
                yield name


def _folder(provider: str) -> Path:
    spec = importlib.util.find_spec(provider)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent
