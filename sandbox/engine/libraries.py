"""A private copy of the Python libraries that the engine's plugins need.

The language host and the provider plugins run for as long as a stack lives, and for every clone on the machine. They
cannot lean on the virtual environment of one checkout, which may be gone tomorrow.
"""

import hashlib
import re
import shutil
import sys
import sysconfig
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from sandbox import paths
from sandbox.engine.folders import made_whole
from sandbox.errors import SandboxError
from sandbox.files import exclusive
from sandbox.progress import step

ROOTS = ("grpcio", "protobuf", "pulumi", "kubernetes", "boto3")
"""The distributions that plugins import; theirs are copied too."""


@dataclass(frozen=True)
class Runtime:
    """A Python of our own for plugins.

    Attributes:
        python: The interpreter, never one of a virtual environment.
        libraries: Folder to put on its path.
    """

    python: Path
    libraries: Path


def plugin_runtime() -> Runtime:
    """Return the Python for plugins, copying its libraries when this very set is not there yet.

    Raises:
        SandboxError: A library is not installed beside this program.
    """
    distributions = closure(ROOTS, _find)
    folder = paths.cache_root() / "libraries" / libraries_key({name: d.version for name, d in distributions.items()})
    if not folder.is_dir():
        with exclusive(paths.claim(paths.cache_root()) / "locks" / "libraries", "copying the plugins' libraries"):
            if not folder.is_dir():
                _copy(distributions.values(), folder)
    return Runtime(python=base_python(), libraries=folder)


def base_python() -> Path:
    """Return the interpreter that this program's virtual environment, if it has one, was made from."""
    return Path(getattr(sys, "_base_executable", None) or sys.executable).resolve()


def closure(
    roots: Iterable[str], find: Callable[[str], metadata.Distribution | None]
) -> dict[str, metadata.Distribution]:
    """Collect distributions and everything that they need, by normalised name.

    Args:
        roots: Names of the distributions to begin with.
        find: Returns an installed distribution, or None.

    Returns:
        The distributions that are installed; what only an extra or another platform needs may be missing.

    Raises:
        SandboxError: A root is not installed.
    """
    found: dict[str, metadata.Distribution] = {}
    roots = [normalised(name) for name in roots]
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        distribution = find(name)
        if distribution is not None:
            found[name] = distribution
            waiting.extend(_needed(distribution.requires or []))
        elif name in roots:
            raise SandboxError(
                f"{name}: not installed beside {sys.executable}", "run `uv sync --all-packages --all-extras`"
            )
    return found


def normalised(name: str) -> str:
    """Return a distribution's name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def libraries_key(distributions: Mapping[str, str]) -> str:
    """Names a set of libraries: by their versions and by the Python that they are compiled for."""
    lines = [f"{name}=={version}" for name, version in sorted(distributions.items())]
    lines.append(sysconfig.get_config_var("EXT_SUFFIX") or sys.version)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _needed(requirements: Iterable[str]) -> list[str]:
    names = [re.match(r"[A-Za-z0-9._-]+", line) for line in requirements if "extra ==" not in line]
    return [normalised(match[0]) for match in names if match]


def _find(name: str) -> metadata.Distribution | None:
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return None


def _copy(distributions: Iterable[metadata.Distribution], folder: Path) -> None:
    with step("copy the plugins' Python libraries"), made_whole(folder) as making:
        for distribution in distributions:
            for file in distribution.files or []:
                source = Path(str(file.locate()))
                # Commands and the like stand outside the library folder; nothing imports them.
                if ".." in file.parts or file.suffix == ".pyc" or not source.is_file():
                    continue
                target = making / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
