"""Installing what a program or plugin needs, and telling what is installed."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from .options import Interpreter, RuntimeOptions, is_locked, is_virtualenv, toolchain, virtualenv_path

_DEFAULT_VIRTUALENV = "venv"

_LIST = """
import importlib.metadata as metadata, json
print(json.dumps({d.metadata["Name"]: d.version for d in metadata.distributions() if d.metadata["Name"]}))
"""


def install_commands(
    options: RuntimeOptions, root: Path, program: Path, environment: Mapping[str, str], *, is_plugin: bool
) -> list[list[str]]:
    """Plans the commands that install a program's dependencies.

    Args:
        options: The project's options.
        root: Folder of Pulumi.yaml or PulumiPlugin.yaml.
        program: Folder of the program.
        environment: Environment of the commands.
        is_plugin: A plugin without options gets a virtual environment of its own.

    Returns:
        Commands to be run in `program`, in order; none when nothing says what to install. What is installed beyond
        the lock file, such as extras, stays, and the lock file is not changed.
    """
    if toolchain(options, program) == "uv":
        return [["uv", "sync", "--inexact", *(["--frozen"] if is_locked(program) else [])]]
    folder = virtualenv_path(options, root, program, environment)
    if folder is None and is_plugin:
        folder = root / _DEFAULT_VIRTUALENV
    python = "python3" if folder is None else str(folder / "bin" / "python")
    create = [] if folder is None or is_virtualenv(folder) else [["python3", "-m", "venv", str(folder)]]
    if (program / "requirements.txt").is_file():
        return [*create, [python, "-m", "pip", "install", "-r", "requirements.txt"]]
    if (program / "pyproject.toml").is_file():
        return [*create, [python, "-m", "pip", "install", "-e", "."]]
    return create


def plugin_options(options: RuntimeOptions, root: Path) -> RuntimeOptions:
    """Add to a plugin's options the virtual environment that `install_commands` makes for it, if it is there."""
    if options.virtualenv or options.toolchain or not is_virtualenv(root / _DEFAULT_VIRTUALENV):
        return options
    return RuntimeOptions(virtualenv=_DEFAULT_VIRTUALENV, toolchain=options.toolchain, typechecker=options.typechecker)


def installed_versions(interpreter: Interpreter, environment: Mapping[str, str], cwd: Path) -> dict[str, str]:
    """Return the version of every distribution that an interpreter has installed.

    Raises:
        subprocess.CalledProcessError: The interpreter does not run.
    """
    answer = subprocess.run(
        [str(interpreter.executable), "-c", _LIST],
        env=interpreter.environment(environment),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=True,
    )
    versions: dict[str, str] = json.loads(answer.stdout)
    return dict(sorted(versions.items()))
