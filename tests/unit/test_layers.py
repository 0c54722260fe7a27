"""What may import what: `_shared` stands below the nouns, the nouns below the stack, the stack below the commands."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "pulumi_mlops"
# What each room may import beside itself. A folder without a line is a noun, and nouns know nothing of one another.
BELOW: Mapping[str, frozenset[str]] = {
    "_shared": frozenset(),
    "dynamic": frozenset({"_shared"}),
}
OUTSIDE = frozenset({"bench", "infra", "sandbox", "tests"})
NOUN = frozenset({"_shared", "dynamic"})
ABOVE_NOUNS: Mapping[str, frozenset[str]] = {"stack": frozenset(), "cli": frozenset({"stack"})}


def imports_of(module: Path, root: Path) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of each import of a module, those within functions and type checks among them."""
    here = module.relative_to(root).with_suffix("").parts
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = [*here[: len(here) - node.level]] if node.level else []
            base += (node.module or "").split(".") if node.module else []
            yield from ((node.lineno, ".".join([*base, alias.name])) for alias in node.names)


def rooms(package: Path) -> dict[str, frozenset[str]]:
    """What each folder of the package may import, itself included."""
    folders = {path.name for path in package.iterdir() if (path / "__init__.py").is_file()}
    nouns = folders - BELOW.keys() - ABOVE_NOUNS.keys()
    allowed = dict(BELOW) | dict.fromkeys(nouns, NOUN)
    allowed |= {name: NOUN | nouns | more for name, more in ABOVE_NOUNS.items()}
    return {name: allowed[name] | {name} for name in folders}


def wrong_imports(package: Path) -> list[str]:
    """Each import that leads up, from a noun to another, or out of the product."""
    return [
        f"{module.relative_to(package)}:{line}: {name}"
        for room, allowed in rooms(package).items()
        for module in sorted((package / room).rglob("*.py"))
        for line, name in imports_of(module, package.parent)
        if not _may_be_imported(name.split("."), package.name, allowed)
    ]


def _may_be_imported(parts: list[str], package: str, allowed: frozenset[str]) -> bool:
    if parts[0] != package:
        return parts[0] not in OUTSIDE
    return len(parts) > 1 and parts[1] in allowed


def circles(package: Path) -> list[set[str]]:
    """The sets of modules that import one another, whatever the way round."""
    files = {".".join(path.relative_to(package.parent).with_suffix("").parts): path for path in package.rglob("*.py")}
    modules = {name.removesuffix(".__init__"): path for name, path in files.items()}
    reach = {
        name: {known for _, found in imports_of(path, package.parent) if (known := _module(found, modules))} - {name}
        for name, path in modules.items()
    }
    while any(more := {name: _further(name, reach) for name in reach}.values()):
        reach = {name: known | further for (name, known), further in zip(reach.items(), more, strict=True)}
    in_circles = [name for name in reach if name in reach[name]]
    together = {frozenset(other for other in reach[name] if name in reach[other]) for name in in_circles}
    return [set(one) for one in sorted(together, key=sorted)]


def _further(name: str, reach: Mapping[str, set[str]]) -> set[str]:
    """Return what is reached from what a module reaches, and is not known yet."""
    return {far for near in reach[name] for far in reach[near]} - reach[name]


def _module(name: str, modules: Mapping[str, Path]) -> str | None:
    """Return the module that an import of a name loads, but for the packages around it."""
    if name in modules:
        return name
    parent = name.rpartition(".")[0]
    return parent if parent in modules else None


def test_nothing_imports_what_stands_above_it() -> None:
    assert wrong_imports(ROOT / "components" / PACKAGE) == []


def test_no_modules_import_one_another() -> None:
    assert circles(ROOT / "components" / PACKAGE) == []


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """A package with one noun more than anybody has thought of."""
    package = tmp_path / PACKAGE
    for name in ("_shared", "dynamic", "endpoint", "feature_store", "stack", "cli"):
        (package / name).mkdir(parents=True)
        (package / name / "__init__.py").touch()
        (package / name / "module.py").touch()
    (package / "__init__.py").touch()
    return package


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("_shared/module.py", "from pulumi_mlops.feature_store import module"),
        ("_shared/module.py", "import pulumi_mlops.stack.module"),
        ("_shared/module.py", "from pulumi_mlops import Workload"),
        ("dynamic/module.py", "from pulumi_mlops.endpoint.module import anything"),
        ("feature_store/module.py", "from pulumi_mlops.endpoint import module"),
        ("feature_store/module.py", "def later():\n    from pulumi_mlops.stack.module import anything"),
        ("feature_store/module.py", "if TYPE_CHECKING:\n    from ..cli import module"),
        ("stack/module.py", "def later():\n    import pulumi_mlops.cli.module"),
        ("cli/module.py", "from sandbox.errors import SandboxError"),
    ],
)
def test_an_import_that_leads_up_is_found(module: str, line: str, planted: Path) -> None:
    (planted / module).write_text(f"{line}\n")
    (wrong,) = wrong_imports(planted)
    assert wrong.startswith(f"{module}:{len(line.splitlines())}: ")


def test_imports_that_lead_down_are_right(planted: Path) -> None:
    (planted / "cli" / "module.py").write_text("from pulumi_mlops.stack import module\nimport pulumi_mlops.dynamic.x\n")
    (planted / "stack" / "module.py").write_text("from pulumi_mlops.feature_store import module\nimport pulumi\n")
    (planted / "feature_store" / "module.py").write_text("from pulumi_mlops._shared.module import anything\n")
    assert wrong_imports(planted) == []
    assert circles(planted) == []


def test_modules_that_import_one_another_are_found(planted: Path) -> None:
    first, second, third = (planted / "cli" / f"{name}.py" for name in ("first", "second", "third"))
    first.write_text("from pulumi_mlops.cli import second\n")
    second.write_text("def later():\n    from pulumi_mlops.cli.third import anything\n")
    third.write_text("from . import first\n")
    assert circles(planted) == [{f"{PACKAGE}.cli.{name}" for name in ("first", "second", "third")}]
