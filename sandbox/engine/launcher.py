"""Executables that start a Python plugin from a copy of its code, so that the checkout may move or go."""

import hashlib
import shlex
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from sandbox import paths
from sandbox.engine.folders import made_whole
from sandbox.engine.libraries import Runtime
from sandbox.files import exclusive

_START = """\
import runpy
import sys

sys.path[:0] = [{code!r}, {libraries!r}]
sys.argv[0] = {module!r}
runpy.run_module({module!r}, run_name="__main__", alter_sys=True)
"""


def copied_code(packages: Iterable[str]) -> Path:
    """Copy packages of the sandbox into the cache, under a name that is a hash of their content.

    Args:
        packages: Folders relative to `sandbox/`, with slashes; "" stands for the files of `sandbox` itself.

    Returns:
        A folder to put on the path: it holds `sandbox/…`.
    """
    files = _source_files(packages)
    digest = hashlib.sha256()
    for relative, source in files:
        digest.update(f"{relative}\0{hashlib.sha256(source.read_bytes()).hexdigest()}\n".encode())
    folder = paths.cache_root() / "code" / digest.hexdigest()[:16]
    if folder.is_dir():
        return folder
    with exclusive(paths.claim(paths.cache_root()) / "locks" / "code", "copying the plugins' code"):
        if not folder.is_dir():
            _copy(files, folder)
    return folder


def launcher_text(runtime: Runtime, code: Path, module: str, arguments: Sequence[str] = ()) -> str:
    """Write the script that becomes a plugin's executable.

    Args:
        runtime: The Python to run it with.
        code: What `copied_code` returned.
        module: The package to run, as `python -m` would.
        arguments: Put before the engine's own.

    Returns:
        A shell script which is replaced by the plugin's process, so that signals reach that.
    """
    start = _START.format(code=str(code), libraries=str(runtime.libraries), module=module)
    command = shlex.join([str(runtime.python), "-I", "-S", "-u", "-c", start, *arguments])
    return f'#!/bin/sh\nexec {command} "$@"\n'


def _source_files(packages: Iterable[str]) -> list[tuple[Path, Path]]:
    """List (path below the copy, file) of the packages and of the packages that these stand in."""
    root = paths.sources()
    found = {root / "__init__.py"}
    for package in packages:
        folder = root / package
        found.update(path for path in (folder.glob("*.py") if package == "" else folder.rglob("*.py")))
        found.update(parent / "__init__.py" for parent in folder.parents if parent.is_relative_to(root))
    return sorted((path.relative_to(root.parent), path) for path in found if path.is_file())


def _copy(files: Iterable[tuple[Path, Path]], folder: Path) -> None:
    with made_whole(folder) as making:
        for relative, source in files:
            target = making / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
