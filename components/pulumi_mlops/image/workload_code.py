"""A workload's own code: the package of its step graph, and what that imports of the folder beside it."""

import ast
from collections.abc import Iterator, Mapping
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path

from pulumi_mlops.image.content import Source, digest_of, files_below
from pulumi_mlops.image.errors import ImageError

RUNTIME = "mlops_runtime"

_INSTALLED = ("site-packages", "dist-packages")


def code_of(graph: str, root: Path) -> dict[str, Source]:
    """Return the files of a step graph's package, and of the packages and modules beside it that it imports.

    Args:
        graph: The graph as module:name.
        root: The project's folder. A package from elsewhere is one that the lock file installs: it has no file here.

    Returns:
        By their path below the folder that they are imported from.

    Raises:
        ImageError: When a symbolic link is among them.
    """
    place = _place_of(graph.partition(":")[0].partition(".")[0], root)
    if place is None:
        return {}
    found: dict[str, Source] = {}
    waiting, seen = [place], {place}
    while waiting:
        one = waiting.pop()
        files: dict[str, Source] = {one.name: one} if one.is_file() else files_below(one, one.name)
        found |= files
        for other in _beside(one.parent, files):
            if other not in seen:
                seen.add(other)
                waiting.append(other)
    return dict(sorted(found.items()))


def source_digest(code: Mapping[str, Source]) -> str:
    """Return the digest of a workload's code, as `sha256:<hex>`."""
    return f"sha256:{digest_of(code)}"


def runtime_code() -> dict[str, Source]:
    """Return the files of the steps' runner and the model server, as this installation has them."""
    spec = find_spec(RUNTIME)
    if spec is None or not spec.submodule_search_locations:
        raise ImageError(f"{RUNTIME}: got no such package, expected this installation's", "install pulumi-mlops again")
    return files_below(Path(spec.submodule_search_locations[0]), RUNTIME)


def _place_of(package: str, root: Path) -> Path | None:
    """Return the folder or file of a top-level package of the project; None where it is none of the project's."""
    spec = find_spec(package) or PathFinder.find_spec(package, [str(root / "pipelines")])
    if spec is None:
        return None
    if spec.submodule_search_locations:
        place = Path(next(iter(spec.submodule_search_locations)))
    elif spec.origin:
        place = Path(spec.origin)
    else:
        return None
    place = place.resolve()
    is_own = place.is_relative_to(root.resolve()) and not any(part in _INSTALLED for part in place.parts)
    return place if is_own else None


def _beside(folder: Path, files: Mapping[str, Source]) -> Iterator[Path]:
    """Yield the packages and modules of a folder that files in it import."""
    for name in sorted(set(_imported(files)) - {RUNTIME}):
        if (folder / f"{name}.py").is_file():
            yield folder / f"{name}.py"
        elif (folder / name).is_dir() and any((folder / name).rglob("*.py")):
            yield folder / name


def _imported(files: Mapping[str, Source]) -> Iterator[str]:
    """Yield the top-level names that Python files import."""
    for source in files.values():
        if not isinstance(source, Path) or source.suffix != ".py":
            continue
        for node in ast.walk(ast.parse(source.read_bytes(), str(source))):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0]
